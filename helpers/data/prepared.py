"""Every picture squashed once and kept on disk, so that an epoch reads small JPEGs instead of photographs."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from helpers.base.disks import disk_errors, while_there
from helpers.base.errors import UserError
from helpers.base.files import require_disk, save_jpeg, whole_file
from helpers.base.progress import progress, read_ahead
from helpers.data.odd_pictures import picture_error
from helpers.data.transforms import SIDE, open_picture, square

PREPARED_BYTES = 50_000  # a generous guess at one 256×256 JPEG of quality 95


def prepare(
    paths: Sequence[str | Path], folder: str | Path, size: int = SIDE, workers: int | None = None
) -> tuple[list[Path | None], list[tuple[Path, str]]]:
    """Squash every picture to `size` × `size` once, as a JPEG in `folder`; the originals are only read.

    A copy is named by a hash of the original's path, size and time of change, so a changed original gets
    a new copy and a second call only looks whether the copies are there, to their last byte. Safe to
    interrupt and repeat.

    Returns:
        prepared: for each of `paths` its copy, or None where the picture cannot be read.
        skipped: (path, reason) of those.

    Raises DiskError if `folder` cannot be written, or the originals' disk is gone.
    """
    originals, copies, unreadable = [Path(path) for path in paths], [], {}
    for original in originals:
        try:
            copies.append(_copy_of(original, Path(folder), size))
        except OSError as error:
            copies.append(original)
            unreadable[original] = picture_error(original, error)

    pairs = dict(zip(copies, originals, strict=True))  # a picture named twice is prepared once
    todo = {copy: pairs[copy] for copy in pairs if copy not in unreadable and not _whole(copy)}
    unreadable |= _make_copies(todo, Path(folder), size, workers or os.cpu_count()) if todo else {}
    skipped = {
        original: str(unreadable[copy])
        for original, copy in zip(originals, copies, strict=True)
        if copy in unreadable
    }
    return [None if copy in unreadable else copy for copy in copies], list(skipped.items())


def unprepared(paths: Sequence[Path]) -> tuple[list[Path | None], list[tuple[Path, str]]]:
    """As `prepare`, but the pictures stay as they are; None are those of which not even the size is told."""
    there, skipped = [], {}
    for path in paths:
        try:
            path.stat()
        except OSError as error:
            skipped[path] = str(picture_error(path, error))
        there.append(None if path in skipped else path)
    return there, list(skipped.items())


def _copy_of(original: Path, folder: Path, size: int) -> Path:
    original = original.absolute()
    facts = original.stat()
    digest = hashlib.sha256(
        f"{original}|{facts.st_size}|{facts.st_mtime_ns}|{size}".encode(errors="surrogatepass")
    )
    key = digest.hexdigest()
    return folder / key[:2] / f"{key[:32]}.jpg"


def _whole(picture: Path) -> bool:
    """Whether a JPEG is there and ends as it should; after a crash a file may be empty, or end too early."""
    try:
        with picture.open("rb") as file:
            file.seek(-2, os.SEEK_END)
            return file.read() == b"\xff\xd9"
    except OSError:
        return False


def _is_copy(picture: Path, mark: bytes) -> bool:
    """Whether `picture` has been made here before: then it says so in its first bytes."""
    try:
        with picture.open("rb") as file:
            return mark in file.read(100) and _whole(picture)
    except OSError:
        return False


@disk_errors()
def _make_copies(todo: dict[Path, Path], folder: Path, size: int, workers: int) -> dict[Path, UserError]:
    """Write the copies in `todo` {copy: original}, in threads; of the unreadable {copy: reason}."""
    for parent in {copy.parent for copy in todo}:
        parent.mkdir(parents=True, exist_ok=True)
    require_disk(folder, PREPARED_BYTES * len(todo), f"Keeping {len(todo):,} resized pictures")

    mark = b"Show, Tell, Sort: %d x %d" % (size, size)  # a comment in each, for `_is_copy`

    def make(copy):
        original, image = todo[copy], None
        try:
            if not _is_copy(original, mark):
                image = square(open_picture(original, at_least=size), size)
        except UserError as error:
            return copy, error
        if image:
            save_jpeg(image, copy, quality=95, subsampling=0, comment=mark)
        else:  # a copy already: made anew it would lose a little
            with whole_file(copy) as partial:
                shutil.copyfile(original, partial)
        return copy, None

    desc = f"resizing to {size}×{size}, about {PREPARED_BYTES * len(todo) / 1e9:.2f} GB"
    made = while_there(read_ahead(make, todo, 2 * workers, workers), [*todo.values()])
    return {copy: reason for copy, reason in progress(made, desc, total=len(todo)) if reason}
