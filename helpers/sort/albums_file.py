"""What `sort_photos` made, and what is written of it beside the pictures: `albums.json`, `captions.csv`."""

import csv
import json
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.base.errors import UserError
from helpers.base.files import whole_file
from helpers.base.terminals import printable, valid_text
from helpers.data.folders import NO_LOSS, PASSED_OVER
from helpers.data.gathered import counted, passed_over_in
from helpers.sort.photos import THUMBS, Photo

if TYPE_CHECKING:  # it brings scikit-learn, for which the first caption should not wait
    from helpers.sort.clustering import Clusters

_FORMAT = "show-tell-sort albums 1"
_LIST = "albums.json"
_LINES = 30  # for all that was left out


@dataclass
class Albums:
    """What `sort_photos` made, the largest album first."""

    source: Path  # where the photos are
    folder: Path  # where the albums are
    members: dict[str, list[Photo]]
    clusters: "Clusters"  # its labels and vectors go with `photos`
    photos: list[Photo]  # all of them, by their paths
    skipped: list[tuple[Path, str]] = field(default_factory=list)  # pictures that stay out: (path, reason)
    passed_over: list[tuple[Path, str]] = field(default_factory=list)  # what `walk` finds beside
    kept: list[str] = field(default_factory=list)  # older copies whose photo has gone or changed: they stay
    learnt_from: str = ""  # the name of the data set that the captioner knows

    def __post_init__(self):
        """What may be missed among the rest counts as skipped, too."""
        lost = [(it, PASSED_OVER[why]) for it, why in self.passed_over if why not in NO_LOSS]
        self.skipped = self.skipped + lost  # a list of its own: the caller's stays as it is
        self.passed_over = [(it, PASSED_OVER[why]) for it, why in self.passed_over if why in NO_LOSS]

    @property
    def names(self) -> list[str]:
        """The albums' names, which are also those of their folders."""
        return list(self.members)

    @property
    def gallery(self) -> Path:
        """The page to open in a browser."""
        return self.folder / "index.html"

    def __str__(self):
        lines = [f"{len(members):5} {name}" for name, members in self.members.items()]
        if self.kept:
            lines.append(
                f"{len(self.kept):5} older copies stay where they are: their photos are gone or changed"
            )
        for these, what in ((self.skipped, "left out"), (self.passed_over, "passed over")):
            if these:
                lines += [f"{len(these):5} {what}:", *(f"      {reason}" for reason in self._reasons(these))]
        return printable("\n".join([*lines, f"Open {self.gallery}", *self._doubts()]))

    def _doubts(self) -> list[str]:
        """A line, if there are pictures unlike all that the captioner has learnt."""
        n, of = sum(photo.unsure for photo in self.photos), len(self.photos)
        if not n:
            return []
        look, whose = (
            ("looks", "its caption is a guess") if n == 1 else ("look", "their captions are guesses")
        )
        line = (
            f"{n:,} of {of:,} {'picture' if of == 1 else 'pictures'} {look} like nothing this captioner has "
        )
        line += f"learnt; {whose} (marked unsure)"
        if 2 * n > of and self.learnt_from:
            knows = self.learnt_from
            other = "photographs, take photos" if knows == "scenes" else "drawn scenes, take scenes"
            line += f". It has learnt from {knows}; if these are {other} (--captioner)"
        return [line + "."]

    @property
    def reasons(self) -> list[str]:
        """Why pictures were skipped, in a line for all that share a reason; of many lines the first."""
        return self._reasons(self.skipped)

    def _reasons(self, these: list[tuple[Path, str]]) -> list[str]:
        lines = [
            why if len(names) == 1 and Path(names[0]).name in why else f"{why}: {counted(names)}"
            for why, names in passed_over_in(self.source, these).items()
        ]
        more = [f"… and {len(lines) - _LINES:,} more: all are in {_LIST}"] if len(lines) > _LINES else []
        return [" ".join(line.split()) for line in lines[:_LINES]] + more


def earlier_files(folder: Path, out: Path) -> dict[str, tuple]:
    """The files of an earlier run, {path: (photo, stamp)}; UserError where we must not write."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Check the path.")
    inner, outer = out.resolve(), folder.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise UserError(f"The albums ({out}) must lie outside the photos ({folder}): choose another place.")
    if not out.exists() or (out.is_dir() and all(entry.name[0] == "." for entry in out.iterdir())):
        return {}
    try:
        earlier = json.loads((out / _LIST).read_text(encoding="utf-8"))
        if earlier["format"] != _FORMAT:
            raise KeyError
        pictures = [picture for album in earlier["albums"] for picture in album["pictures"]]
        files = {p["path"]: (p["photo"], (p["bytes"], p["changed"])) for p in pictures}
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{out} holds something other than our albums: choose a new folder for them."
        ) from None
    if earlier["photos"] != str(outer):
        raise UserError(f"{out} holds the albums of {earlier['photos']}: choose a new folder for these.")
    return files


def claim(folder: Path, out: Path) -> None:
    """Make `out` and let it say whose albums it holds: from now on it is known as ours."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / _LIST).exists():  # first: whoever looks in meanwhile must not take it for another's folder
        _write_json(folder, out, {"albums": []})
    (out / THUMBS).mkdir(exist_ok=True)


def write_list(albums: Albums) -> None:
    """`albums.json`: what lies, or shall lie, in each album, and what was left out."""
    listed = []
    for (name, members), words in zip(albums.members.items(), albums.clusters.words, strict=True):
        pictures = [{"path": it.path} | it.facts | {"thumbnail": it.thumbnail} for it in members]
        listed.append({"name": name, "words": dict(words), "pictures": pictures})
    left_out = {"left out": albums.skipped, "passed over": albums.passed_over}
    told = {
        what: [{"photo": it.relative_to(albums.source).as_posix(), "why": why} for it, why in these]
        for what, these in left_out.items()
    }
    _write_json(albums.source, albums.folder, {"albums": listed} | told)


def _write_json(folder: Path, out: Path, content: dict) -> None:
    content = {"format": _FORMAT, "photos": str(folder.resolve())} | content
    with whole_file(out / _LIST) as partial:
        partial.write_text(json.dumps(content, indent=1), encoding="utf-8")


def write_captions(albums: Albums) -> None:
    """`captions.csv`: path, caption and album of every photo, in UTF-8 with the mark that Excel asks for.

    Where the captioner tells them, also the classes that its CNN sees, and how familiar it all looks.
    """

    def text(value: str, mark: str = "'") -> str:
        return valid_text(mark + value if _like_a_formula(value) else value)

    seen = any(photo.description.classes for photo in albums.photos)
    judged = any(photo.description.familiarity is not None for photo in albums.photos)
    with (
        whole_file(albums.folder / "captions.csv") as partial,
        partial.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        rows = csv.writer(stream)
        more = ["classes"] * seen + ["familiarity", "unsure"] * judged
        rows.writerow(["path", "caption", "album", *more])
        for album, photos in albums.members.items():
            for photo in photos:
                classes = [text(", ".join(photo.description.classes))] * seen
                sure = [photo.description.familiarity, "unsure" if photo.unsure else ""] * judged
                row = [text(photo.name, "./"), text(photo.caption), text(album)]
                rows.writerow([*row, *classes, *sure])


def _like_a_formula(cell: str) -> bool:
    """Whether a spreadsheet might compute it: its first letter to be seen, of any width, begins a formula."""
    first = next((letter for letter in cell if unicodedata.category(letter)[0] not in "CZ"), "")
    return cell[:1] in ("\t", "\r", "\n") or unicodedata.normalize("NFKC", first) in ("=", "+", "-", "@")


def tidy(albums: Albums) -> None:
    """Away with thumbnails that no photo has any more, and halves of files that a killed run left behind."""
    used, thumbs = {photo.thumbnail for photo in albums.photos}, albums.folder / THUMBS
    for thumb in thumbs.glob(f"{'[0-9a-f]' * 16}.jpg"):
        if f"{THUMBS}/{thumb.name}" not in used:
            thumb.unlink()
    for half in [*albums.folder.glob(".*.partial*"), *thumbs.glob(".*.partial*")]:
        half.unlink()
