"""What a folder says about its pictures: Flickr8k's files, COCO captions format, or nothing but pictures.

`read_folder` turns each of them into the same list of `Listing`s without opening a picture;
`helpers.data.datasets` does the rest.
"""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from helpers.base.errors import UserError
from helpers.data.folders import pictures_below

SPLITS = ("train", "val", "test")
COCO_2014 = (60_000, 10_000, 10_000)  # train / val / test pictures, drawn from train2014's 82,783


class Listing(NamedTuple):
    """What a data set says of one picture."""

    path: Path | None  # None: the picture is not there
    captions: list[str]
    split: str | None  # "train", "val", "test"; None: in none of them
    label: str | None = None
    objects: list[dict] | tuple = ()


def recognise(folder: Path) -> tuple[str, list[Path]]:
    """("flickr8k", [token file]), ("coco", captions files) or ("pictures", []) by what lies in `folder`."""
    if folder.is_file():
        return "coco", [folder]
    tokens = sorted([*folder.glob("Flickr8k.token.txt"), *folder.glob("*/Flickr8k.token.txt")])
    if tokens:
        return "flickr8k", tokens[:1]
    train2014 = folder / "annotations" / "captions_train2014.json"
    if train2014.exists():
        return "coco", [train2014]
    files = sorted([*folder.glob("*captions*.json"), *folder.glob("annotations/*captions*.json")])
    files = files or [path for path in sorted(folder.glob("*.json")) if _looks_like_coco(path)]
    return ("coco", files) if files else ("pictures", [])


def read_folder(folder: Path) -> list[Listing]:
    """All pictures of a folder (or of one captions file), with all their captions, in all splits.

    Raises:
        UserError: nothing there, damaged or foreign files, no caption for any picture.
    """
    kind, files = recognise(folder)
    if kind == "flickr8k":
        return _read_flickr8k(files[0], folder)
    if kind == "coco":
        return _read_coco(files, folder.parent if folder.is_file() else folder)
    pictures = pictures_below(folder)
    if not pictures:
        raise UserError(f"There is no picture in {folder} (.jpg, .png, .webp …), nor a captions file.")
    return [Listing(path, [], None) for path in pictures]


def read_karpathy(folder: Path, file: Path) -> list[Listing]:
    """Karpathy & Fei-Fei's split of 2015: {"images": [{"filename", "split", "sentences": [{"raw"}]}]}.

    Its "restval" is for training. Raises UserError when `file` is of another kind.
    """
    content = _json(file)
    images = content.get("images") if isinstance(content, dict) else None
    if not images or not all({"filename", "split", "sentences"} <= image.keys() for image in images):
        raise UserError(f"{file} is not in the format of Karpathy's dataset_coco.json.")
    find = _finder(folder)
    return [
        Listing(
            find(image["filename"]),
            _cleaned(sentence["raw"] for sentence in image["sentences"]),
            _split_named(image["split"]),
        )
        for image in images
    ]


def _read_flickr8k(tokens: Path, folder: Path) -> list[Listing]:
    """Lines `picture.jpg#0<tab>caption`, and a list of file names for each split."""
    captions: dict[str, list[str]] = {}
    for line in tokens.read_text(encoding="utf-8").splitlines():
        key, _, caption = line.partition("\t")
        if "#" in key:
            captions.setdefault(key.rpartition("#")[0], []).append(caption)
    split_of: dict[str, str] = {}
    for split, theirs in (("train", "train"), ("val", "dev"), ("test", "test")):
        path = tokens.with_name(f"Flickr_8k.{theirs}Images.txt")
        if not path.exists():
            raise UserError(f"{path.name} is not beside {tokens}. It comes with Flickr8k_text.zip.")
        split_of |= dict.fromkeys(path.read_text(encoding="utf-8").split(), split)
    where = {path.name: path for path in pictures_below(folder)}
    found = [Listing(where.get(n), _cleaned(texts), split_of.get(n)) for n, texts in captions.items()]
    return _captioned(found, tokens)


def _read_coco(files: list[Path], folder: Path) -> list[Listing]:
    """{"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}, in one file or several.

    An image may bring its "split" and "place"; a `truth.json` beside the file may tell its objects.
    """
    find, found = _finder(folder), {}
    for file in files:
        content = _json(file)
        if not _is_coco(content):
            raise UserError(
                f'{file} is not in COCO captions format: it needs "images" (each with "id" and "file_name") '
                'and "annotations" (each with "image_id" and "caption").'
            )
        truth = _json(file.with_name("truth.json")) if file.with_name("truth.json").exists() else {}
        captions: dict = {}
        for annotation in content["annotations"]:
            captions.setdefault(annotation["image_id"], []).append(annotation.get("caption", ""))
        files_split = _split_named(file.stem.removeprefix("captions_")) if len(files) > 1 else None
        for image in content["images"]:
            picture, texts = image["file_name"], _cleaned(captions.get(image["id"], []))
            objects = truth.get(picture, {}).get("objects", [])
            split = _split_named(image.get("split")) or files_split
            found[picture] = Listing(find(picture), texts, split, image.get("place"), objects)
    _captioned(found.values(), files[0])
    return _with_splits(found, files[0])


def _with_splits(found: dict[str, Listing], file: Path) -> list[Listing]:
    """Draw, with a fixed seed, the splits that a data set does not name; never from its val or test."""
    captioned = {picture: listing for picture, listing in found.items() if listing.captions}
    named = {listing.split for listing in captioned.values()} - {None}
    drawn: dict[str, str] = {}
    if not named:
        n = len(captioned)
        sizes = COCO_2014 if n >= sum(COCO_2014) else (n - 2 * (n // 10), n // 10, n // 10)
        drawn = _draw(captioned, zip(SPLITS, sizes, strict=True))
    elif "train" in named and len(named) < len(SPLITS):
        absent = [split for split in SPLITS if split not in named]
        training = [picture for picture, listing in captioned.items() if listing.split == "train"]
        drawn = _draw(training, [(split, len(training) // 10) for split in absent])
        lacks = " and no ".join(absent)
        print(f"{file.name} names no {lacks} pictures: {len(drawn):,} of its train pictures become these.")
    return [x._replace(split=drawn.get(picture, x.split)) for picture, x in found.items()]


def _draw(pictures: Iterable[str], sizes: Iterable[tuple[str, int]]) -> dict[str, str]:
    """{picture: split}, the same on every machine: sorted, shuffled with seed 0, dealt out."""
    pictures = sorted(pictures)
    random.Random(0).shuffle(pictures)
    deal = iter(pictures)
    return {next(deal): split for split, size in sizes for _ in range(size)}


def _split_named(word: str | None) -> str | None:
    """train2017 -> train, restval -> train, dev -> val; None for anything else."""
    starts = {"train": "train", "restval": "train", "val": "val", "dev": "val", "test": "test"}
    return next((split for start, split in starts.items() if str(word).lower().startswith(start)), None)


def _captioned(listings: Iterable[Listing], file: Path) -> list[Listing]:
    listings = list(listings)
    if not any(listing.captions for listing in listings):
        raise UserError(f"{file} has no caption for any picture. Load the folder of its pictures instead.")
    return listings


def _cleaned(captions: Iterable[str]) -> list[str]:
    tidy = (" ".join(str(caption).split()) for caption in captions)
    return [caption for caption in tidy if caption]


def _finder(folder: Path) -> Callable[[str], Path | None]:
    """A function that finds a picture below `folder` by its file name (or the end of its path), or None."""
    by_name: dict[str, list[Path]] = {}
    for path in pictures_below(folder):
        by_name.setdefault(path.name, []).append(path)

    def find(picture: str) -> Path | None:
        parts = Path(picture.replace("\\", "/")).parts
        fits = [path for path in by_name.get(parts[-1], []) if path.parts[-len(parts) :] == parts]
        if len(fits) > 1:
            raise UserError(f"{picture} is there twice: {fits[0]} and {fits[1]}. Move one of them elsewhere.")
        return fits[0] if fits else None

    return find


def _looks_like_coco(path: Path) -> bool:
    try:
        return _is_coco(_json(path))
    except UserError:
        return False


def _is_coco(content) -> bool:
    try:
        images = all({"id", "file_name"} <= image.keys() for image in content["images"])
        return images and all({"image_id"} <= annotation.keys() for annotation in content["annotations"])
    except (AttributeError, KeyError, TypeError):
        return False


def _json(path: Path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as JSON ({error}). Get a whole copy of it.") from None
