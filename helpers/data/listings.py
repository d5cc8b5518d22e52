"""What a folder says about its pictures: in the files that data sets come with, or nothing but pictures.

`read_folder` turns each of them into the same list of `Listing`s without opening a picture;
`helpers.data.datasets` does the rest.
"""

import random
from collections.abc import Iterable
from pathlib import Path

from helpers.base.errors import UserError
from helpers.base.terminals import announce
from helpers.data.caption_files import LISTS, Survey, official, split_of, survey
from helpers.data.caption_tables import gather_lines, gather_records, gather_table, gather_tokens
from helpers.data.coco_files import gather_coco, gather_karpathy, is_karpathy
from helpers.data.folders import walk
from helpers.data.gathered import SPLITS, Gathered, Listing, Listings, passed_over_in, told_of
from helpers.data.named_pictures import NamedPictures
from helpers.data.text_files import read_json, read_text

COCO_2014 = (60_000, 10_000, 10_000)  # train / val / test pictures, drawn from train2014's 82,783


def recognise(folder: Path) -> tuple[str, list[Path]]:
    """(kind, caption files) of a folder as `survey` says, but what is called captions is not opened."""
    if folder.is_dir() and (known := official(folder)):
        return known
    named = sorted(path for path in folder.glob("*captions*.json") if path.name[0] != ".")
    return ("coco", named) if named else survey(folder)[:2]


def read_folder(folder: Path) -> Listings:
    """All pictures of a folder (or of one captions file), with all their captions, in all splits.

    Prints where an encoding had to be guessed.

    Raises:
        UserError: nothing there, damaged or foreign files, no caption for any picture.
    """
    plan = survey(folder)
    if plan.kind != "pictures":
        return _read(plan, _home(folder))
    pictures, passed_over = walk(folder)
    left_out = passed_over_in(folder, passed_over)
    if not pictures:
        but = f" What there is: {told_of(left_out)}." if left_out else ""
        raise UserError(f"There is no picture in {folder} (.jpg, .png, .webp …), nor a captions file.{but}")
    if plan.passed_over:
        left_out["foreign"] = plan.passed_over
    return Listings((Listing(path, [], None) for path in pictures), left_out)


def read_karpathy(folder: Path, file: Path) -> Listings:
    """The pictures of `folder` with the captions and splits of `file`, Karpathy & Fei-Fei's of 2015.

    Raises UserError when `file` is of another kind.
    """
    content = read_json(file)
    if not is_karpathy(content[0]):
        raise UserError(f"{file} is not in the format of Karpathy's dataset_coco.json.")
    return _read(Survey("karpathy", [file], {file: content}, []), _home(folder))


def _read(plan: Survey, folder: Path) -> Listings:
    gathered = Gathered(NamedPictures(folder))
    for name in plan.passed_over:
        gathered.leave_out("foreign", name)
    for file in plan.files:
        _gather(file, plan, gathered)
    beside = (
        [f"Flickr_8k.{theirs}.txt" for theirs in LISTS.values()]
        if plan.kind == "flickr8k"
        else ["truth.json"]
    )
    gathered.finish([*plan.files, *(file.with_name(name) for file in plan.files for name in beside)])
    for note in gathered.notes:
        announce(note)
    first, listings = plan.files[0], gathered.listings
    if not any(listing.captions for listing in listings.values()):
        raise UserError(f"{first} has no caption for any picture. Load the folder of its pictures instead.")
    if plan.kind == "flickr8k":
        listings = _official_splits(listings, first)
    return Listings(_with_splits(listings, first), gathered.left_out)


def _home(folder: Path) -> Path:
    """Where the pictures of a captions file are: beside it, or beside its `annotations`."""
    if not folder.is_file():
        return folder
    return folder.parent.parent if folder.parent.name == "annotations" else folder.parent


def _gather(file: Path, plan: Survey, gathered: Gathered) -> None:
    """Gather from one file in the format of `plan`; in a sub-folder for a split its pictures are there."""
    everywhere, folder = gathered.pictures, gathered.pictures.folder
    apart = plan.kind != "karpathy" and file.parent not in (folder, folder / "annotations")
    split = split_of(file, folder) if apart or len(plan.files) > 1 else None
    if apart and split:
        gathered.pictures = NamedPictures(file.parent)
    if plan.kind in ("coco", "karpathy", "records"):
        content, note = plan.contents.get(file) or read_json(file)
        gathered.begin(note)
        if plan.kind == "coco":
            gather_coco(content, file, gathered, split)
        elif plan.kind == "karpathy":
            gather_karpathy(content, file, gathered)
        else:
            gather_records(((f"entry {n}", it) for n, it in enumerate(content)), file, gathered, split)
    elif plan.kind in ("flickr8k", "tokens"):
        gather_tokens(file, gathered)
    elif plan.kind == "lines":
        gather_lines(file, gathered, split)
    else:
        gather_table(file, gathered, split)
    gathered.pictures = everywhere


def _official_splits(listings: dict[str, Listing], tokens: Path) -> dict[str, Listing]:
    """As the lists of file names beside Flickr8k's tokens say."""
    split_of_picture = {}
    for split, theirs in LISTS.items():
        text, _ = read_text(tokens.with_name(f"Flickr_8k.{theirs}.txt"))
        split_of_picture |= dict.fromkeys(text.split(), split)
    return {name: x._replace(split=split_of_picture.get(name)) for name, x in listings.items()}


def _with_splits(found: dict[str, Listing], file: Path) -> list[Listing]:
    """Draw, with a fixed seed, the splits that a data set does not name; never from its val or test."""
    captioned = {picture: listing for picture, listing in found.items() if listing.captions}
    named = {listing.split for listing in captioned.values()} - {None}
    drawn: dict[str, str] = {}
    if not named:
        n, part = len(captioned), _tenth(captioned)
        sizes = COCO_2014 if n >= sum(COCO_2014) else (n - 2 * part, part, part)
        drawn = _draw(captioned, zip(SPLITS, sizes, strict=True))
        if n > sum(sizes):
            announce(f"{file.name} names no splits: {sum(sizes):,} of its {n:,} pictures are drawn for them.")
    elif "train" in named and len(named) < len(SPLITS):
        absent = [split for split in SPLITS if split not in named]
        training = [picture for picture, listing in captioned.items() if listing.split == "train"]
        drawn = _draw(training, [(split, _tenth(training)) for split in absent])
        lacks = " and no ".join(absent)
        announce(f"{file.name} names no {lacks} pictures: {len(drawn):,} of its train pictures become these.")
    return [x._replace(split=drawn.get(picture, x.split)) for picture, x in found.items()]


def _tenth(pictures) -> int:
    """How many of `pictures` are for validation, or for testing: of three or more one at least."""
    return max(len(pictures) // 10, int(len(pictures) > 2))


def _draw(pictures: Iterable[str], sizes: Iterable[tuple[str, int]]) -> dict[str, str]:
    """{picture: split}, the same on every machine: sorted, shuffled with seed 0, dealt out."""
    pictures = sorted(pictures)
    random.Random(0).shuffle(pictures)
    deal = iter(pictures)
    return {next(deal): split for split, size in sizes for _ in range(size)}


def those_there(listings: list[Listing], name: str, split: str, folder: Path) -> list[Listing]:
    """Those whose picture exists; says how many do not."""
    kind = {"train": "training", "val": "validation", "all": "captioned"}.get(split, split)
    if not listings:
        raise UserError(
            f"{name} in {folder} has no {kind} pictures. Take another split, or add pictures with captions: "
            "three are enough for one each to learn from, to choose by and to test with."
        )
    there = [x for x in listings if x.path]
    gone = len(listings) - len(there)
    if not there:
        advice = "Put the folder of pictures beside the captions file."
        raise UserError(f"None of the {gone:,} {kind} pictures is in {folder}. {advice}")
    if gone:
        announce(f"{name}: {gone:,} of {len(listings):,} {kind} pictures are not there.")
    return there
