"""A folder of photos, looked at: each picture is read once, what is said of it kept as soon as it is said.

    photo ─ reader threads ─► thumbnail, 256×256 picture ─ described, in batches ─► a line in captions.jsonl

The line names the photo, its size in bytes, its time of change and the captioner. While these stay the same
the picture is never captioned again; so a run that was interrupted goes on where it stopped.
"""

import base64
import hashlib
import json
import os
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock

import numpy as np

from helpers.base.device import in_parallel
from helpers.base.disks import disk_errors, while_there
from helpers.base.errors import GONE, UserError
from helpers.base.files import require_disk, save_jpeg
from helpers.base.progress import progress, read_ahead
from helpers.data.folders import walk
from helpers.data.gathered import passed_over_in, told_of
from helpers.data.transforms import SIDE, at_most, open_picture, square
from helpers.show.sight import UNSURE
from helpers.tell.describing import Description, at_a_time, describe_pictures

AT_ONCE = 24  # pictures captioned in one batch: more take more memory, fewer more time
AT_FIRST = 8  # in the first: the first captions come soon
AHEAD = 4  # batches that are read while others are captioned
THUMBNAIL = 400  # longest side in pixels
THUMBNAIL_BYTES = 40_000  # a generous guess
NOTES, THUMBS = "captions.jsonl", "thumbs"


@dataclass
class Photo:
    """One photo, and what became of it."""

    original: Path
    name: str  # below the photos' folder, with forward slashes
    stamp: tuple[int, int]  # size in bytes and time of change in ns: a photo with another stamp is another
    description: Description | None = None  # what it shows, once it is known
    size: tuple[int, int] = (0, 0)  # of its thumbnail
    path: str = ""  # where it lies in the albums' folder, with forward slashes
    place: tuple[int, int] = (0, 0)  # on the map

    @property
    def caption(self) -> str:
        """The sentence for it, "" as long as there is none."""
        return self.description.caption if self.description else ""

    @property
    def unsure(self) -> bool:
        """Whether it looks like nothing that the captioner has learnt: its caption is a guess then."""
        familiarity = self.description and self.description.familiarity
        return familiarity is not None and familiarity < UNSURE

    @property
    def thumbnail(self) -> str:
        """Its thumbnail in the albums' folder."""
        key = f"{self.name}|{self.stamp}".encode(errors="surrogatepass")  # names need not be valid Unicode
        return f"{THUMBS}/{hashlib.sha256(key).hexdigest()[:16]}.jpg"

    @property
    def facts(self) -> dict:
        """Which photo it is and what it shows, for JSON."""
        size, changed = self.stamp
        facts = {"photo": self.name, "bytes": size, "changed": changed, "caption": self.caption}
        shows = self.description
        return facts | {"classes": shows.classes, "familiarity": shows.familiarity, "unsure": self.unsure}


def find_photos(folder: Path, but: Path | None = None) -> tuple[list[Photo], list[tuple[Path, str]]]:
    """All pictures in and below `folder`, by their paths, none of them opened; and what else `walk` finds.

    The folder `but` is never looked into. Raises UserError if there is no picture at all.
    """
    pictures, passed_over = walk(folder, but)
    photos = []
    for path in pictures:
        try:
            facts = path.stat()
        except OSError as error:
            if error.errno in GONE or not folder.exists():
                raise
            passed_over.append((path, "locked"))
            continue
        stamp = (facts.st_size, facts.st_mtime_ns)
        photos.append(Photo(path, path.relative_to(folder).as_posix(), stamp))
    if not photos:
        but = f" What there is: {told_of(passed_over_in(folder, passed_over))}." if passed_over else ""
        raise UserError(f"There is no picture in {folder} or below it: choose another folder.{but}")
    return photos, passed_over


@disk_errors()
def caption_photos(
    photos: list[Photo], captioner, out: Path, beam_width: int = 3
) -> tuple[list[Photo], list[tuple[Path, str]]]:
    """Give every photo its description, out of the notes in `out` or by the captioner, and its thumbnail.

    Returns the photos that can be read, and (path, reason) of the others. Stop it whenever you like: what has
    been captioned is kept. Raises DiskError if the disk with the photos is gone, or that of `out` full.
    """
    notes, by = out / NOTES, f"{_name_of(captioner)}, beam {beam_width}"
    noted = notes.read_bytes() if notes.exists() else b""
    known = _read_notes(noted, by)
    for photo in photos:
        photo.description, photo.size = known.get((photo.name, photo.stamp), (None, (0, 0)))
    thumbs = {f"{THUMBS}/{thumb.name}" for thumb in (out / THUMBS).iterdir()}
    fresh = [photo for photo in photos if not photo.size[0] or photo.thumbnail not in thumbs]
    require_disk(out, THUMBNAIL_BYTES * len(fresh), f"Thumbnails of {len(fresh):,} pictures")

    skipped, workers, writing = [], min(4, os.cpu_count() or 1), Lock()
    looks = read_ahead(lambda photo: (photo, _look(photo, out)), fresh, AHEAD * AT_ONCE, workers)
    reading = while_there(looks, [photo.original for photo in photos])

    def describe(batch: list) -> list:
        pairs = [(photo, look) for photo, look in batch if not isinstance(look, UserError)]
        described = describe_pictures(captioner, [look for _, look in pairs], beam_width) if pairs else []
        lines = []
        for (photo, _), photo.description in zip(pairs, described, strict=True):
            lines.append(json.dumps(_note(photo) | {"by": by}) + "\n")
        with writing:  # at once: what has been described is kept, even if Ctrl-C comes before it is asked for
            stream.writelines(lines)
            stream.flush()
        return batch

    with (
        closing(reading),
        notes.open("a", encoding="ascii") as stream,
        closing(in_parallel(describe, _batches(reading), at_a_time(captioner))) as done,
        progress(desc="captioning", total=len(fresh), unit=" pictures") as bar,
    ):
        if noted and not noted.endswith(b"\n"):
            stream.write("\n")  # a torn last line must not swallow the next one
        for batch in done:
            skipped += [(photo.original, str(look)) for photo, look in batch if isinstance(look, UserError)]
            bar.update(len(batch))
    left_out = {path for path, _ in skipped}
    read = [photo for photo in photos if photo.original not in left_out]
    there = [photo for photo in read if photo.original.exists()]
    if not there:  # their disk is gone, which is said where they are filed
        return read, skipped
    gone = {photo.original for photo in read} - {photo.original for photo in there}
    return there, skipped + [(path, f"{path} has been deleted meanwhile.") for path in sorted(gone)]


def _batches(reading):
    """Cut what is read into lists, the first of them short."""
    size = min(AT_FIRST, AT_ONCE)
    while batch := [*islice(reading, size)]:
        yield batch
        size = AT_ONCE


def _name_of(captioner) -> str:
    """Who speaks: another captioner would say something else."""
    return captioner.fingerprint() if hasattr(captioner, "fingerprint") else type(captioner).__qualname__


def _look(photo: Photo, out: Path):
    """The picture as the captioner wants it, 256×256, its thumbnail written; or why it cannot be read."""
    try:
        picture = open_picture(photo.original, at_least=SIDE)
    except UserError as error:
        return error
    small = at_most(picture, THUMBNAIL)
    save_jpeg(small, out / photo.thumbnail, quality=80)
    photo.size = small.size
    return square(picture)


def _note(photo: Photo) -> dict:
    """All that is known of a photo, as JSON."""
    shows = photo.description
    features = None if shows.features is None else base64.b64encode(shows.features.tobytes()).decode()
    return photo.facts | {"thumbnail": photo.size, "words": shows.words, "features": features}


def _read_notes(noted: bytes, by: str) -> dict:
    """{(photo, stamp): (description, size of the thumbnail)} of what this captioner has said."""
    known = {}
    for line in noted.splitlines():
        try:
            note = json.loads(line)
            if note["by"] == by:
                key = note["photo"], (note["bytes"], note["changed"])
                known[key] = _description(note), tuple(note["thumbnail"])
        except (ValueError, KeyError, TypeError):
            continue  # one being written when the power went, or by an older version, which knew no words
    return known


def _description(note: dict) -> Description:
    features = note["features"] and np.frombuffer(base64.b64decode(note["features"]), np.uint8)
    rest = dict(note["words"]), dict(note["classes"]), note["familiarity"], features
    return Description(str(note["caption"]), *rest)
