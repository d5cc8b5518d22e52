"""Files in album folders: safe names, copies and links, and care for what is there already.

The one rule: a file goes only if it is a copy of a photo that is still there, unchanged. All others stay.
"""

import os
import re
import shutil
import unicodedata
from pathlib import Path, PurePosixPath

from helpers.base.errors import UserError
from helpers.sort.photos import THUMBS, Photo

NOT_ON_WINDOWS = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}
UNSAFE = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]'
)  # \u20…: they turn text round
BYTES = 120  # a name is no longer; most file systems stop at 255


def safe_name(name: str, otherwise: str = "Album") -> str:
    """`name` as a file or folder name that Linux, macOS and Windows accept, its suffix kept."""
    name = UNSAFE.sub("-", name).rstrip(" .")
    stem, suffix = _split(name)
    if len(suffix.encode()) > 10:
        stem, suffix = name, ""
    stem = stem.strip(" .") or otherwise
    stem = stem.encode()[: BYTES - len(suffix.encode())].decode(errors="ignore")
    if stem.partition(".")[0].strip().lower() in NOT_ON_WINDOWS:
        stem += "_"
    return (stem + suffix).rstrip(" .")


def unused_name(name: str, taken: set[str]) -> str:
    """`name`, or `name (2)` …, that nothing in `taken` has, be it in other case; it is taken then."""
    (stem, suffix), n, free = _split(name), 1, name
    while _alike(free) in taken:
        n += 1
        free = f"{stem} ({n}){suffix}"
    taken.add(_alike(free))
    return free


def replaceable(
    out: Path, earlier: dict[str, tuple], photos: list[Photo], folder: Path, link: bool
) -> dict[str, Photo | None]:
    """Those of the `earlier` files, {path: (photo, stamp)}, that nobody would miss: see the one rule.

    {path: the photo that it is a copy of (with `link`, a link to), or None if it is of no use any more}
    """
    now, found = {photo.name: photo for photo in photos}, {}
    for path, (name, stamp) in earlier.items():
        parts = PurePosixPath(path).parts
        if len(parts) != 2 or ".." in parts or not os.path.lexists(out / path) or _is_link(out / parts[0]):
            continue
        target, photo = out / path, now.get(name)
        same = photo is not None and target.exists() and target.samefile(photo.original)
        if same or (target.is_symlink() and target.readlink() == (folder / name).resolve()):
            found[path] = photo if same and link else None
        elif photo is not None and photo.stamp == stamp and _as_left(target, stamp):
            found[path] = None if link else photo
    return found


def choose_paths(albums: dict[str, list[Photo]], out: Path, free) -> dict[str, list[Photo]]:
    """Give each photo its `path`, around all that lies in `out` but `free`; {album's folder: its photos}."""
    taken, inside = _names_in(out, free)
    filed = {}
    for title, photos in albums.items():
        album = unused_name(safe_name(title), taken)
        names = inside.get(_alike(album), set())
        for photo in photos:
            photo.path = f"{album}/{unused_name(safe_name(photo.original.name, 'photo'), names)}"
        filed[album] = photos
    return filed


def _names_in(out: Path, free) -> tuple[set[str], dict[str, set[str]]]:
    """Names that no album may have, and for each folder those that no photo in it may have."""
    taken, inside = {THUMBS, "index.html", "captions.csv"}, {}
    for entry in out.iterdir():
        if _is_link(entry) or not entry.is_dir():
            taken.add(_alike(entry.name))
        elif entry.name != THUMBS:
            names = {child.name for child in entry.iterdir() if f"{entry.name}/{child.name}" not in free}
            inside[_alike(entry.name)] = set(map(_alike, names))
    return taken, inside


def take_out(out: Path, free: dict[str, Photo | None]) -> dict[str, Path]:
    """Empty the albums of the `replaceable` files, but for those that lie where they shall.

    What is of use is laid aside, {name of the photo: where}, for `put` to move into its album: copying it
    anew would take far longer.
    """
    aside = {}
    for i, (path, photo) in enumerate(free.items()):
        if photo is None:
            (out / path).unlink()
        elif path != photo.path:
            aside[photo.name] = (out / path).replace(out / THUMBS / f".{i}.{os.getpid()}.partial")
    for album in {(out / path).parent for path in free}:
        if not any(album.iterdir()):
            album.rmdir()
    return aside


def put(photo: Photo, out: Path, link: bool, aside: dict[str, Path]) -> None:
    """Move, link or copy a photo to its `path`; the copy appears there when it is whole."""
    target, original = out / photo.path, photo.original.resolve()
    target.parent.mkdir(exist_ok=True)
    if photo.name in aside or not link:
        partial = aside.get(photo.name) or out / THUMBS / f".copy.{os.getpid()}.partial"
        if photo.name not in aside:
            shutil.copy2(original, partial)
        partial.replace(target)
        return
    try:
        target.hardlink_to(original)
    except OSError:  # another disk, or a file system without hard links
        try:
            target.symlink_to(original)
        except OSError as error:
            raise UserError(
                f"Links cannot be made in {target.parent} ({error}): use copies instead."
            ) from None


def _as_left(target: Path, stamp) -> bool:
    """A copy has its photo's size and time of change, to the two seconds that a memory stick counts in."""
    facts = target.stat()
    return facts.st_size == stamp[0] and abs(facts.st_mtime_ns - stamp[1]) <= 2_000_000_000


def _split(name: str) -> tuple[str, str]:
    """("bus", ".png")."""
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix), suffix


def _alike(name: str) -> str:
    """The same for names that some file system cannot tell apart."""
    return unicodedata.normalize("NFC", name).casefold()


def _is_link(path: Path) -> bool:
    return path.is_symlink() and path.is_dir()
