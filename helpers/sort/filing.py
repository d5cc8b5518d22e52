"""Files in album folders: safe names, copies and links, and care for what is there already.

The one rule: a file goes only if it is a copy of a photo that is still there, unchanged. All others stay.
"""

import os
import re
import shutil
import unicodedata
from contextlib import suppress
from pathlib import Path, PurePosixPath

import regex

from helpers.base.errors import UserError
from helpers.base.files import require_disk
from helpers.base.progress import progress
from helpers.sort.albums_file import Albums
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
    stem = shortened(stem, BYTES - len(suffix.encode()))
    if stem.partition(".")[0].strip().lower() in NOT_ON_WINDOWS:
        stem += "_"
    return (stem + suffix).rstrip(" .")


def shortened(text: str, most: int) -> str:
    """The beginning of `text`, at most so many bytes, cut between letters and not before a letter's marks."""
    if len(text.encode()) <= most:
        return text
    begun = text.encode()[:most].decode(errors="ignore")
    ends = (match.end() for match in regex.finditer(r"\X", text))
    return begun[: max((end for end in ends if end <= len(begun)), default=0)] or begun


def unused_name(name: str, taken: set[str]) -> str:
    """`name`, or `name (2)` …, that nothing in `taken` has, be it in other case; it is taken then."""
    (stem, suffix), n, free = _split(name), 1, name
    while _alike(free) in taken:
        n += 1
        free = f"{stem} ({n}){suffix}"
    taken.add(_alike(free))
    return free


def make_room(albums: Albums, earlier: dict[str, tuple], link: bool) -> dict[str, Path]:
    """Choose every photo's `path`, and so the albums' final names, and take away what is in the way.

    `earlier`: what a run before left there, {path: (photo, stamp)}. What is of use again is laid aside, {name
    of the photo: where}, for `fill` to move into its album: copying it anew would take far longer.
    """
    out, photos = albums.folder, albums.photos
    at_hand, useless = replaceable(albums, earlier, link)
    have = {photo.name for photo in at_hand.values()}
    copies = [] if link else [photo for photo in photos if photo.name not in have]
    require_disk(out, sum(photo.stamp[0] for photo in copies), f"Copying {len(copies):,} pictures")
    free = {*at_hand, *useless}
    albums.kept = [path for path in earlier if path not in free and (out / path).is_file()]
    albums.members = choose_paths(albums.members, out, free)
    return take_out(out, at_hand, useless)


def replaceable(albums: Albums, earlier: dict[str, tuple], link: bool) -> tuple[dict[str, Photo], list[str]]:
    """Those of the `earlier` files that nobody would miss: see the one rule.

    First those to use again, {path: the photo that it is a copy of (with `link`, a link to)}; then the paths
    of those to delete.
    """
    out, now = albums.folder, {photo.name: photo for photo in albums.photos}
    at_hand, useless = {}, []
    for path, (name, stamp) in earlier.items():
        parts = PurePosixPath(path).parts
        if len(parts) != 2 or ".." in parts or not os.path.lexists(out / path) or _is_link(out / parts[0]):
            continue
        target, photo = out / path, now.get(name)
        linked = photo is not None and target.exists() and target.samefile(photo.original)
        if linked or (target.is_symlink() and target.readlink() == (albums.source / name).resolve()):
            wanted = linked and link
        elif photo and ((photo.stamp == stamp and _as_left(target, stamp)) or _equal(target, photo)):
            wanted = not link
        else:
            continue  # perhaps the only one of its kind
        if wanted:
            at_hand[path] = photo
        else:
            photo and photo.original.stat()  # an OSError if it is gone by now: then nothing goes
            useless.append(path)
    return at_hand, useless


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


def take_out(out: Path, at_hand: dict[str, Photo], useless: list[str]) -> dict[str, Path]:
    """Empty the albums of what is `replaceable`, but for what lies where it shall; see `make_room`."""
    for path in useless:
        (out / path).unlink()
    aside = {}
    for i, (path, photo) in enumerate(at_hand.items()):
        if path != photo.path:
            aside[photo.name] = (out / path).replace(out / THUMBS / f".{i}.{os.getpid()}.partial")
    for album in {(out / path).parent for path in (*at_hand, *useless)}:
        if not any(album.iterdir()):
            album.rmdir()
    return aside


def fill(albums: Albums, aside: dict[str, Path], link: bool) -> None:
    """Put every photo that is not there yet into its album."""
    todo = [photo for photo in albums.photos if not os.path.lexists(albums.folder / photo.path)]
    todo.sort(key=lambda photo: photo.name not in aside)  # those first for which no photo need be read
    for photo in progress(todo, "filling the albums", unit=" pictures"):
        put(photo, albums.folder, aside, link)


def put(photo: Photo, out: Path, aside: dict[str, Path], link: bool) -> None:
    """Move, link or copy a photo to its `path`; a copy appears there when it is whole."""
    target, original = out / photo.path, photo.original.resolve()
    target.parent.mkdir(exist_ok=True)
    if photo.name in aside:
        aside[photo.name].replace(target)
    elif link:
        _link(target, original)
    else:
        shutil.copyfile(original, partial := out / THUMBS / f".copy.{os.getpid()}.partial")
        with suppress(OSError):  # not every disk keeps times and rights
            shutil.copystat(original, partial)
        partial.replace(target)


def _link(target: Path, original: Path) -> None:
    for make in (target.hardlink_to, target.symlink_to):  # hard ones cannot reach another disk
        try:
            return make(original)
        except OSError as error:
            problem = error
    raise UserError(f"Links cannot be made in {target.parent} ({problem}): use copies instead.")


def _as_left(target: Path, stamp) -> bool:
    """A copy has its photo's size and time of change, to the two seconds that a memory stick counts in."""
    facts = target.stat()
    return facts.st_size == stamp[0] and abs(facts.st_mtime_ns - stamp[1]) <= 2_000_000_000


def _equal(target: Path, photo: Photo) -> bool:
    """The same bytes, whatever time the disk of either tells; read only where the sizes agree."""
    return target.stat().st_size == photo.stamp[0] and target.read_bytes() == photo.original.read_bytes()


def _split(name: str) -> tuple[str, str]:
    """("bus", ".png")."""
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix), suffix


def _alike(name: str) -> str:
    """The same for names that some file system cannot tell apart."""
    return unicodedata.normalize("NFC", name).casefold()


def _is_link(path: Path) -> bool:
    return path.is_symlink() and path.is_dir()
