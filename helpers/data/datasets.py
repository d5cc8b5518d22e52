"""Pictures with their captions, in splits: drawn scenes, Flickr8k, COCO, or a folder of one's own.

folder ─ read_folder ─► what it says ─ prepare ─► 256×256 copies ─► CaptionedPictures
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from torch.utils.data import Dataset

from helpers.base.arguments import as_path, require_whole
from helpers.base.disks import disk_errors
from helpers.base.errors import UserError
from helpers.base.files import data_folder
from helpers.base.terminals import announce
from helpers.data.gathered import some_of
from helpers.data.listings import SPLITS, Listing, read_folder, read_karpathy, recognise, those_there
from helpers.data.packed import unpack
from helpers.data.prepared import prepare, unprepared
from helpers.data.transforms import SIDE, open_picture
from helpers.scenes.drawn_set import scenes_folder

NAMES = {"scenes": "", "flickr8k": "1.1 GB", "coco": "13.8 GB"}  # and what there is to download


class Record(NamedTuple):
    """One picture of a data set, as `dataset[i]` gives it."""

    image: Image.Image  # upright RGB; 256×256, or as it is with size=None
    captions: list[str]
    path: Path  # of the original
    label: str | None  # on scenes the place
    objects: list[dict]  # on scenes what is to be seen, with names and boxes


class CaptionedPictures(Dataset):
    """A torch Dataset of `Record`s, with lists beside it that open no picture.

    name, split: as they were asked for; of a path its last part and six hex digits that no other path has.
    paths, prepared: the originals and their 256×256 copies (with size=None the originals again).
    captions: a list of captions for each picture.
    labels, objects: as in `Record`.
    skipped: [(path, reason)] of the pictures that cannot be read.
    left_out: {"missing": n, "uncaptioned": n, …} over all splits, as in `gathered.REASONS`.
    fingerprint: changes when any picture does; the key for caches of features.
    """

    def __init__(
        self,
        name: str,
        split: str,
        size: int | None,
        listings: Sequence[Listing],
        prepared: Sequence[Path | None],
        skipped: Sequence[tuple[Path, str]] = (),
        left_out: dict[str, int] | None = None,
    ):
        self._listings = [x for x, copy in zip(listings, prepared, strict=True) if copy]
        self.name, self.split, self.size = name, split, size
        self.paths: list[Path] = [x.path for x in self._listings]
        self.prepared: list[Path] = [copy for copy in prepared if copy]
        self.captions: list[list[str]] = [x.captions for x in self._listings]
        self.labels: list[str | None] = [x.label for x in self._listings]
        self.objects: list[list[dict]] = [list(x.objects) for x in self._listings]
        self.skipped, self.left_out = list(skipped), dict(left_out or {})
        self.fingerprint = _fingerprint(name, split, size, self.paths)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i: int) -> Record:
        image = open_picture(self.prepared[i])
        return Record(image, self.captions[i], self.paths[i], self.labels[i], self.objects[i])

    def subset(self, n: int) -> "CaptionedPictures":
        """The first `n` pictures."""
        require_whole(n=n)
        listings, prepared = self._listings[:n], self.prepared[:n]
        return CaptionedPictures(
            self.name, self.split, self.size, listings, prepared, self.skipped, self.left_out
        )


@disk_errors()
def load(
    name_or_path: str | Path,
    split: str = "train",
    *,
    folder: str | Path | None = None,
    size: int | None = SIDE,
    limit: int | None = None,
    karpathy: str | Path | None = None,
) -> CaptionedPictures:
    """One split of a data set.

    Args:
        name_or_path: "scenes", "flickr8k", "coco"; or a folder of pictures with captions in any format that
            `caption_files.survey` knows, or with nothing but pictures (captions are then [], and every split
            is all of them); or such a captions file.
        split: "train", "val", "test", or "all" for the three together. Where no splits are named, a tenth of
            the captioned pictures each are for "val" and "test", from three pictures on at least one.
        folder: where a named data set lies, if not in `data/<name>`.
        size: side of the resized copies in pixels; None leaves the pictures as they are (and unchecked).
        limit: only the first so many pictures; only these are prepared.
        karpathy: Karpathy's `dataset_coco.json` (or its like for Flickr8k), whose captions and splits are
            then used. Its val and test pictures come from COCO's val2014.

    Raises:
        UserError: unknown name or split, nothing there, nothing readable, not a single caption.
    """
    if split not in (*SPLITS, "all"):
        raise UserError(f'There is no split "{split}". Choose "train", "val", "test" or "all".')
    require_whole(or_none=True, limit=limit)
    require_whole(1, 4096, or_none=True, size=size)
    name, folder = _find(name_or_path, folder, told_by=karpathy)
    listings = read_karpathy(folder, as_path(karpathy)) if karpathy else read_folder(folder)
    captioned = any(x.captions for x in listings)
    left_out = {why: len(names) for why, names in listings.lost.items()}
    if told := listings.told():
        announce(f"{name}: left out in all splits: {told}.")
    if captioned:  # a plain folder of pictures knows no splits
        wanted = SPLITS if split == "all" else (split,)
        listings = [x for x in listings if x.captions and x.split in wanted]
    chosen = those_there(listings, name, split, folder)[:limit]

    paths = [x.path for x in chosen]
    prepared, skipped = prepare(paths, data_folder("prepared"), size) if size else unprepared(paths)
    if len(skipped) == len(paths):
        raise UserError(f"None of the {len(paths)} pictures in {folder} can be read. {skipped[0][1]}")
    if skipped:
        first = some_of([path.name for path, _ in skipped])
        announce(
            f"{name}: {len(skipped):,} of {len(paths):,} pictures cannot be read and are left out: {first}"
        )
    return CaptionedPictures(name, split, size, chosen, prepared, skipped, left_out)


def default_backbone(name: str) -> str:
    """The encoder that suits a data set: our small CNN for drawn scenes, ResNet-101 for photographs."""
    return "small" if name == "scenes" else "resnet101"


def _find(name_or_path: str | Path, folder: str | Path | None, told_by=None) -> tuple[str, Path]:
    """(name, folder or captions file) of what the user asked for; captions may be `told_by` another file."""
    name = str(name_or_path)
    if name not in NAMES:
        path = as_path(name_or_path)
        if not path.exists():
            known = ", ".join(NAMES)
            raise UserError(f'"{name}" is no folder, and no data set known here. Known are: {known}.')
        return _name_of(path.resolve()), path

    if folder:
        path = as_path(folder)
    elif name == "scenes":
        path = scenes_folder()  # draws them if they are not there yet
    else:
        path = data_folder(name)
        unpack(name, path)  # what an earlier session on Colab has kept on Drive
    if not path.exists() or (not told_by and recognise(path)[0] == "pictures"):
        size = NAMES[name]
        command = f"python -m helpers.data.download {name} (in a notebook %run in the place of python)"
        fetch = f", or fetch it ({size}): {command}" if size else ""
        raise UserError(f'{name} is not in {path}. Say where it is, load("{name}", folder="…"){fetch}.')
    return name, path


def _name_of(path: Path) -> str:
    """What is trained and kept goes by this name, and folders in different places may end alike."""
    return f"{path.name}-{hashlib.sha256(str(path).encode(errors='surrogatepass')).hexdigest()[:6]}"


def _fingerprint(name: str, split: str, size: int | None, paths: list[Path]) -> str:
    digest = hashlib.sha256(f"{name}|{split}|{size}".encode(errors="surrogatepass"))
    for path in paths:
        facts = path.stat()
        digest.update(f"|{path.name}|{facts.st_size}|{facts.st_mtime_ns}".encode(errors="surrogatepass"))
    return digest.hexdigest()[:16]
