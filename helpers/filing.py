"""Files in album folders: safe names, copies and links, and care for what is there already.

The one rule: a file goes only if it is a copy of a photo that is still there, unchanged. All others stay.
"""

import os
import re
import shutil
import unicodedata
from pathlib import Path, PurePosixPath

from helpers.common import UserError
from helpers.photos import THUMBS, Photo

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


def replaceable(out: Path, earlier: dict[str, tuple], photos: list[Photo], folder: Path) -> set[str]:
    """Those of the `earlier` files, {path: (photo, stamp)}, that nobody would miss: see the one rule."""
    now = {photo.name: photo.stamp for photo in photos}
    found = set()
    for path, (name, stamp) in earlier.items():
        parts = PurePosixPath(path).parts
        if len(parts) != 2 or ".." in parts or not os.path.lexists(out / path) or _is_link(out / parts[0]):
            continue
        target, original = out / path, folder / name
        if target.is_symlink():
            redundant = target.readlink() == original.resolve()
        elif now.get(name) is None:
            redundant = False
        else:
            redundant = target.samefile(original) or (now[name] == stamp and _as_left(target, stamp))
        if redundant:
            found.add(path)
    return found


def choose_paths(albums: dict[str, list[Photo]], out: Path, free: set[str]) -> dict[str, list[Photo]]:
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


def _names_in(out: Path, free: set[str]) -> tuple[set[str], dict[str, set[str]]]:
    """Names that no album may have, and for each folder those that no photo in it may have."""
    taken, inside = {THUMBS, "index.html", "captions.csv"}, {}
    for entry in out.iterdir():
        if _is_link(entry) or not entry.is_dir():
            taken.add(_alike(entry.name))
        elif entry.name != THUMBS:
            names = {child.name for child in entry.iterdir() if f"{entry.name}/{child.name}" not in free}
            inside[_alike(entry.name)] = set(map(_alike, names))
    return taken, inside


def clear_away(out: Path, paths: set[str]) -> None:
    """Remove these files, and the album folders that are empty then."""
    for path in paths:
        (out / path).unlink(missing_ok=True)
    for album in {(out / path).parent for path in paths}:
        if album.is_dir() and not any(album.iterdir()):
            album.rmdir()


def is_filed(photo: Photo, out: Path, link: bool) -> bool:
    """Whether the file at the photo's `path`, known to be ours, is a link to it or a copy of it, as asked."""
    target = out / photo.path
    if not target.exists() or target.samefile(photo.original) != link:
        return False
    return link or _as_left(target, photo.stamp)


def put(photo: Photo, out: Path, link: bool) -> None:
    """Link or copy a photo to its `path`; the copy appears there when it is whole."""
    target, original = out / photo.path, photo.original.resolve()
    target.parent.mkdir(exist_ok=True)
    if not link:
        partial = out / THUMBS / f".copy.{os.getpid()}.partial"
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
