"""What a folder holds: which of its files are pictures, and what is passed over, every file of it."""

import os
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
_NOT_OURS = {"@eadir", "@recycle", "@tmp", "#recycle", "#snapshot", "$recycle.bin", "recycler", "__macosx"}
_NOT_OURS |= {"lost+found", "system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini"}

PASSED_OVER = {  # why something is passed over, in words that go with one and with many
    "raw": "RAW, which cannot be read here, export it as JPEG",
    "jxl": "JPEG XL, which cannot be read here, export it as JPEG",
    "drawn": "PDF, SVG, PSD and their like, which cannot be read here, export them as JPEG",
    "film": "films, which are not looked at",
    "locked": "folders that cannot be read, change their rights or leave them out",
    "dead": "links to nothing, mend or delete them",
    "again": "links to what is read already",
    "pipe": "neither files nor folders, but pipes, sockets or devices",
    "system": "made by other programs for themselves (thumbnails, waste baskets)",
    "hidden": "hidden",
    "other": "files that are no pictures",
}


NO_LOSS = ("system", "hidden", "other")  # of these nobody would say that a picture is missing


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
    folder, root = Path(folder), os.path.realpath(folder)
    seen = {root} | ({os.path.realpath(but)} if but else set())
    found, links, todo = Found([], []), [], [(folder, root)]
    while todo or links:
        if not todo:
            _follow(links, root, seen, todo, found)
            continue
        parent, real = todo.pop()
        for entry in _entries(parent, folder, found):
            path, name = parent / entry.name, os.path.join(real, entry.name)
            if why := _not_ours(entry.name):
                found.passed_over.append((path, why))
            elif entry.is_symlink():
                links.append(path)
            elif entry.is_dir(follow_symlinks=False):
                seen.add(name)
                todo.append((path, name))
            elif entry.is_file(follow_symlinks=False):
                _sort_in(path, name, seen, found)
            else:
                found.passed_over.append((path, "pipe"))
    return Found(sorted(found.pictures), sorted(found.passed_over))


def _entries(parent: Path, folder: Path, found: Found) -> list[os.DirEntry]:
    """What is in `parent`; of a folder below that cannot be read nothing, and it is passed over."""
    try:
        with os.scandir(parent) as entries:
            return list(entries)
    except OSError as error:
        if parent == folder or not os.path.exists(folder):
            raise UserError(why_disk(error, parent)) from None
        found.passed_over.append((parent, "locked"))
        return []


def _follow(links: list[Path], root: str, seen: set[str], todo: list, found: Found) -> None:
    """Sort the first of `links` in by what it leads to; a folder is then `todo`."""
    links.sort(reverse=True)
    path = links.pop()
    real = os.path.realpath(path)
    if not os.path.exists(real):
        found.passed_over.append((path, "dead"))
    elif real in seen or Path(root).is_relative_to(real):
        found.passed_over.append((path, "again"))
    elif os.path.isdir(real):
        seen.add(real)
        todo.append((path, real))
    elif os.path.isfile(real):
        _sort_in(path, real, seen, found)
    else:
        found.passed_over.append((path, "pipe"))


def _sort_in(path: Path, real: str, seen: set[str], found: Found) -> None:
    """A file is a picture by the end of its name, or by that of what it links to."""
    suffixes = path.suffix.lower(), os.path.splitext(real)[1].lower()
    if not set(suffixes).isdisjoint(SUFFIXES):
        seen.add(real)
        found.pictures.append(path)
        return
    kinds = {"raw": RAW_SUFFIXES, "jxl": (".jxl",), "film": _FILMS, "drawn": _DRAWN}
    why = next((kind for kind, ends in kinds.items() if suffixes[0] in ends), "other")
    found.passed_over.append((path, why))


def _not_ours(name: str) -> str:
    if name.casefold() in _NOT_OURS:
        return "system"
    return "hidden" if name.startswith(".") else ""
