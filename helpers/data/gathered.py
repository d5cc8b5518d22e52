"""What files say of pictures, gathered picture by picture; what in them is of no use is counted and named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from helpers.base.terminals import printable
from helpers.data.folders import NO_LOSS, PASSED_OVER
from helpers.data.named_pictures import NamedPictures

SPLITS = ("train", "val", "test")
NO_CAPTION = {"nan", "null", "none", "n/a", "#n/a", "<na>"}  # what programs write where there is no caption
_CONTROL = re.compile("[\0-\x1f\x7f]")
REASONS = {
    "missing": "pictures mentioned and not there",
    "uncaptioned": "pictures without a caption",
    "unmentioned": "pictures there and not mentioned",
    "blank": "captions that are no text (null, NaN)",
    "stray": "captions of no known picture",
    "damaged": "entries or lines that cannot be understood",
    "foreign": "files not read as captions",
    "beside": "pictures beside Parquet files or tars",
    **PASSED_OVER,
}


class Listing(NamedTuple):
    """What a data set says of one picture."""

    path: Path | None  # None: the picture is not there
    captions: list[str]
    split: str | None  # "train", "val", "test"; None: in none of them
    label: str | None = None
    objects: list[dict] | tuple = ()


class Listings(list[Listing]):
    """All pictures that a data set speaks of, and beside them what is left out.

    left_out: {reason: names}, "missing" and "uncaptioned" always, the other keys of REASONS if there are any.
    """

    def __init__(self, listings: Iterable[Listing], left_out: dict[str, list[str]] | None = None):
        super().__init__(listings)
        self.left_out = {"missing": [], "uncaptioned": []} | (left_out or {})

    @property
    def lost(self) -> dict[str, list[str]]:
        """`left_out`, but beside captions only what may be missed: not the readme of a data set, say."""
        untold = NO_LOSS if any(listing.captions for listing in self) else ()
        return {why: names for why, names in self.left_out.items() if why not in untold}

    def told(self) -> str:
        """What is `lost`, in one line; "" if nothing is."""
        return told_of(self.lost)


@dataclass
class Gathered:
    """Files are read into this, one after the other."""

    pictures: NamedPictures
    listings: dict[str, Listing] = field(default_factory=dict)  # by the names that the files use
    left_out: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # to be told once all is read
    _names: dict[Path, str] = field(default_factory=dict)
    _earlier: frozenset[str] = frozenset()

    def begin(self, note: str = "") -> None:
        """The next file: captions of an earlier one that it repeats are not taken twice."""
        self._earlier = frozenset(self.listings)
        self.notes += [note] if note else []

    def leave_out(self, why: str, what: str) -> None:
        """Count and name something of no use; `why` is a key of REASONS."""
        self.left_out.setdefault(why, []).append(what)

    def add(self, picture, captions, where: str, split=None, label=None, objects=()) -> str | None:
        """Add captions to a picture; returns the name by which it goes, None if `picture` is no name.

        Args:
            picture, captions: whatever stands in the file for them.
            where: names the place in the file.
            split: "train", "val", "test" or None; the first one counts.
        """
        if not (name := _name(picture)):
            return self.leave_out("damaged", where)
        path = self.pictures.find(name)
        name = self._key(name, path)
        texts, blank = _texts(captions)
        for _ in range(blank):
            self.leave_out("blank", where)
        if old := self.listings.get(name):
            if name in self._earlier:
                texts = [text for text in texts if text not in old.captions]
            texts, split, label = old.captions + texts, old.split or split, old.label or label
            objects = old.objects or objects
        self.listings[name] = Listing(path, texts, split, label, objects)
        return name

    def _key(self, name: str, path: Path | None) -> str:
        """One picture goes by one name, also when files use several, or use one name for several pictures."""
        if path and (known := self._names.get(path)):
            return known
        taken = name in self.listings and self.listings[name].path != path
        key = (path or self.pictures.folder / name).as_posix() if taken else name
        if path:
            self._names[path] = key
        return key

    def finish(self, read: Iterable[Path] = ()) -> None:
        """Count pictures that are missing, uncaptioned or not mentioned, and files that are not `read`."""
        listings = self.listings.items()
        self.left_out["missing"] = [name for name, x in listings if not x.path]
        self.left_out["uncaptioned"] = [name for name, x in listings if not x.captions]
        unmentioned = [path for path in self.pictures.pictures if path not in self._names]
        if unmentioned:
            names = [path.relative_to(self.pictures.folder).as_posix() for path in unmentioned]
            self.left_out["unmentioned"] = names
        known = {*read, *(self.pictures.folder / name for name in self.left_out.get("foreign", []))}
        rest = [(path, why) for path, why in self.pictures.passed_over if path not in known]
        self.left_out |= passed_over_in(self.pictures.folder, rest)


def told_of(left_out: dict[str, list[str]]) -> str:
    """What is left out, {key of REASONS: names}, in one line."""
    return "; ".join(f"{REASONS[why]}: {counted(names)}" for why, names in left_out.items() if names)


def passed_over_in(folder: Path, passed_over: Iterable[tuple[Path, str]]) -> dict[str, list[str]]:
    """{reason: names} of (path, reason), such as `walk` passes over in `folder`."""
    found: dict[str, list[str]] = {}
    for path, why in passed_over:
        found.setdefault(why, []).append(path.relative_to(folder).as_posix())
    return found


def split_named(word) -> str | None:
    """train2017 -> train, restval -> train, dev -> val; None for anything else."""
    starts = {"train": "train", "restval": "train", "val": "val", "dev": "val", "test": "test"}
    word = str(word).lower() if isinstance(word, str) else ""
    return next((split for start, split in starts.items() if word.startswith(start)), None)


def counted(names: list[str]) -> str:
    """`3 (a.jpg; b.jpg; c.jpg)`, or the first three of more."""
    return f"{len(names):,} ({some_of(names, '; ')})"


def some_of(names: list[str], between: str = ", ") -> str:
    """The first three, in a line that every terminal can show."""
    first = between.join(" ".join(name.split())[:80] for name in names[:3]) + (" …" if len(names) > 3 else "")
    return printable(first)


def _name(picture) -> str | None:
    """A picture's name as text, be it a number in the file; None if it is none."""
    if isinstance(picture, float) and picture.is_integer():
        picture = int(picture)
    if isinstance(picture, bool) or not isinstance(picture, str | int):
        return None
    try:
        name = str(picture).strip()
    except ValueError:  # a number of thousands of digits
        return None
    return name if name.lower() not in NO_CAPTION else None


def _texts(captions) -> tuple[list[str], int]:
    """(tidy captions, how many are none) of a caption or a list of them; an empty text is no loss."""
    texts, blank = [], 0
    for caption in captions if isinstance(captions, list) else [captions]:
        if type(caption) in (int, float) and caption == caption:
            caption = str(caption)
        text = " ".join(caption.split()) if isinstance(caption, str) else "null"
        if not text.isascii() or not text.isprintable():
            text = " ".join(_CONTROL.sub(" ", text).encode(errors="replace").decode().split())
        if text.lower() in NO_CAPTION:
            blank += 1
        elif text:
            texts.append(text)
    return texts, blank
