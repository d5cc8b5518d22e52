"""What a folder holds: which of its files are pictures, and what is passed over, every file of it."""

import errno
import heapq
import os
import stat
from pathlib import Path
from typing import NamedTuple

from helpers.base.errors import UserError, why_disk

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".bmp", ".tif")
SUFFIXES += (".tiff", ".avif", ".jp2", ".ppm", ".pgm", ".heic", ".heif", ".hif")
RAW_SUFFIXES = (".3fr", ".arq", ".arw", ".cap", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff")
RAW_SUFFIXES += (".gpr", ".iiq", ".k25", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf")
RAW_SUFFIXES += (".ori", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f")
_FILMS = (".3gp", ".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".webm", ".wmv")
_DRAWN = (".ai", ".eps", ".indd", ".pdf", ".psb", ".psd", ".svg", ".xcf")
_KINDS = dict.fromkeys(SUFFIXES, "picture") | dict.fromkeys(RAW_SUFFIXES, "raw") | {".jxl": "jxl"}
_KINDS |= dict.fromkeys(_FILMS, "film") | dict.fromkeys(_DRAWN, "drawn")
_NOT_OURS = {"@eadir", "@recycle", "@tmp", "#recycle", "#snapshot", "$recycle.bin", "recycler", "__macosx"}
_NOT_OURS |= {"lost+found", "system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini"}
_NOT_OURS |= {"network trash folder", "temporary items", "picasa.ini"}

PASSED_OVER = {  # why something is passed over, in words that go with one and with many
    "raw": "RAW, which cannot be read here, export it as JPEG",
    "jxl": "JPEG XL, which cannot be read here, export it as JPEG",
    "drawn": "PDF, SVG, PSD and their like, which cannot be read here, export them as JPEG",
    "film": "films, which are not looked at",
    "locked": "locked files, folders or links, change their rights or leave them out",
    "dead": "links to nothing, mend or delete them",
    "again": "links to what is read already",
    "pipe": "neither files nor folders, but pipes, sockets or devices",
    "system": "made by other programs for themselves (thumbnails, waste baskets)",
    "hidden": "hidden",
    "other": "files that are no pictures",
}
NO_LOSS = ("again", "system", "hidden", "other")  # of these nobody would say that a picture is missing


class Found(NamedTuple):
    """What `walk` has found, both in the order of the paths."""

    pictures: list[Path]
    passed_over: list[tuple[Path, str]]  # (file or whole folder, a key of PASSED_OVER)


def pictures_below(folder: Path) -> list[Path]:
    """Every picture file in `folder` and below, in the order of their paths; see `walk`."""
    return walk(folder).pictures


def walk(folder: Path, but: Path | None = None) -> Found:
    """Look through `folder` and all below it, by names alone: no file is opened.

    Links are followed once, after all that needs no link, so that nothing is found twice and no circle holds
    us; a link to what holds `folder` itself, or to the folder `but`, is passed over.

    Raises:
        UserError: `folder` itself cannot be read, or its disk has gone.
    """
    top, root = os.fspath(folder), os.path.realpath(folder)
    seen = {root} | ({os.path.realpath(but)} if but else set())  # real paths
    todo, links, found = [(top, root)], [], []
    while todo or links:
        looks = _look_into(*todo.pop(), top) if todo else [_follow(heapq.heappop(links), root)]
        for path, real, what in looks:
            if what == "link":
                heapq.heappush(links, path)
            elif what not in ("file", "folder"):
                found.append((path, what))
            elif real in seen:
                found.append((path, "again"))
            else:
                seen.add(real)
                todo.append((path, real)) if what == "folder" else found.append((path, _kind(path, real)))
    paths = sorted(((Path(path), what) for path, what in found), key=lambda it: it[0].parts)
    pictures = [path for path, what in paths if what == "picture"]
    return Found(pictures, [(path, what) for path, what in paths if what != "picture"])


def not_ours(name: str) -> str:
    """Why a file or folder of this name is passed over, whatever it holds; "" if it is not."""
    return "hidden" if name[0] == "." else "system" if name.lower() in _NOT_OURS else ""


def _look_into(path: str, real: str, top: str) -> list[tuple[str, str, str]]:
    """(path, real path, what it is) of all that is in a folder; only of itself if it cannot be read."""
    try:
        with os.scandir(path) as entries:
            real = real.rstrip(os.sep) + os.sep
            return [(it.path, real + it.name, not_ours(it.name) or _what(it)) for it in entries]
    except OSError as error:
        if path == top or not Path(top).exists():
            raise UserError(why_disk(error, path)) from None
        return [(path, real, "locked")]


def _what(entry: os.DirEntry) -> str:
    """What an entry is, as a rule without asking the disk again."""
    try:
        if entry.is_file(follow_symlinks=False):
            return "file"
        if entry.is_symlink() or _is_junction(entry):
            return "link"
        return "folder" if entry.is_dir(follow_symlinks=False) else "pipe"
    except OSError:
        return "locked"


def _is_junction(entry: os.DirEntry) -> bool:
    """Whether it is Windows' other kind of link to a folder."""
    tag = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) if os.name == "nt" else 0
    return tag and tag == stat.IO_REPARSE_TAG_MOUNT_POINT


def _follow(path: str, root: str) -> tuple[str, str, str]:
    """(path, real path, what it is) of what a link leads to; what holds `root` is never looked into."""
    real = os.path.realpath(path)
    try:
        mode = Path(real).stat().st_mode
    except FileNotFoundError:
        return path, real, "dead"
    except OSError as error:
        return path, real, "dead" if error.errno == errno.ELOOP else "locked"
    if stat.S_ISDIR(mode):
        return path, real, "again" if Path(root).is_relative_to(real) else "folder"
    return path, real, "file" if stat.S_ISREG(mode) else "pipe"


def _kind(path: str, real: str) -> str:
    """Either "picture" or a key of PASSED_OVER, by the end of a file's name, or of what it links to."""
    for name in (path, real):
        _, dot, end = name.rstrip(" .").lower().rpartition(".")
        if (kind := _KINDS.get(dot + end, "other")) == "picture":
            break
    return kind
