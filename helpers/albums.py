"""From a folder of photos to albums: caption every picture, group the captions, copy the pictures, show them.

    python -m helpers.albums PHOTOS ALBUMS            # or --link instead of copies, --k 8 for eight albums

The photos themselves are only read. Everything is written to a new folder that appears when it is complete.
"""

import argparse
import csv
import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from helpers.clustering import Clusters, cluster_captions
from helpers.common import UserError, progress, require_disk
from helpers.listings import pictures_below
from helpers.transforms import open_picture

BATCH = 64  # pictures captioned at once
THUMBNAIL = 480  # longest side in pixels
THUMBNAIL_BYTES = 60_000  # a generous guess
COLUMNS = ["path", "caption", "album"]
PAGE = Path(__file__).parent / "assets" / "gallery.html"
NOT_ON_WINDOWS = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)),
}


@dataclass
class Photo:
    """One photo in its album."""

    original: Path
    caption: str
    size: tuple[int, int]  # of its thumbnail
    thumbnail: str  # this and `path`: relative to the albums' folder, with forward slashes
    path: str = ""


@dataclass
class Albums:
    """What `sort_photos` made, the largest album first."""

    folder: Path
    members: dict[str, list[Photo]]
    clusters: Clusters
    skipped: list[tuple[Path, str]] = field(default_factory=list)  # unreadable pictures: (path, reason)

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
        if self.skipped:
            lines += [f"{len(self.skipped):5} left out:", *(f"      {reason}" for _, reason in self.skipped)]
        return "\n".join([*lines, f"Open {self.gallery}"])


def sort_photos(folder, captioner, out, k=None, link=False, seed=0, beam_width=3, overwrite=False) -> Albums:
    """Sort all pictures in and below `folder` into albums in the new folder `out`.

    Writes `out/<album>/…` with copies of the pictures (with `link`, links: hard ones, or symbolic ones across
    disks), `out/captions.csv` (path below `folder`, caption, album) and the gallery `out/index.html`. Nothing
    in `folder` is changed or moved. Pictures that cannot be read are skipped and listed in `.skipped`.

    Args:
        folder: where the photos are.
        captioner: anything with `.caption(paths, beam_width=…) -> list[str]`.
        out: must not exist or be empty; with `overwrite`, albums made earlier are replaced.
        k: how many albums; None lets the captions decide.

    Raises:
        UserError: no pictures, no room on the disk, `out` in use or inside `folder`, k above the number of
            pictures.
    """
    folder, out = Path(folder).expanduser(), Path(out).expanduser()
    _check_folders(folder, out, overwrite)
    paths = pictures_below(folder)
    if not paths:
        raise UserError(f"There is no picture in {folder} or below it: choose another folder.")
    if k is not None and not 1 <= k <= len(paths):
        raise UserError(f"{len(paths)} pictures do not fill {k} albums: choose k between 1 and {len(paths)}.")
    out.parent.mkdir(parents=True, exist_ok=True)
    copies = 0 if link else sum(path.stat().st_size for path in paths)
    require_disk(out.parent, copies + THUMBNAIL_BYTES * len(paths), f"Albums of {len(paths):,} pictures")

    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        (partial / "thumbs").mkdir(parents=True)
        photos, skipped = _open(paths, partial)
        if not photos:
            raise UserError(f"None of the {len(paths)} pictures in {folder} can be read. {skipped[0][1]}")
        _caption(photos, captioner, beam_width)
        clusters = cluster_captions([photo.caption for photo in photos], k, seed)
        members = _fill(photos, clusters, partial, link)
        _write_captions(members, folder, partial / "captions.csv")
        (partial / "index.html").write_text(_gallery(members, folder.resolve().name), encoding="utf-8")
        _move_into_place(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Albums(out, members, clusters, skipped)


def _check_folders(folder: Path, out: Path, overwrite: bool) -> None:
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Check the path.")
    inner, outer = out.resolve(), folder.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise UserError(
            f"The albums ({out}) must lie outside the photos ({folder}): choose another place for them."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not overwrite:
            raise UserError(f"{out} is in use: choose a new folder for the albums, or pass overwrite=True.")
        if not (out / "captions.csv").is_file() or not (out / "thumbs").is_dir():
            raise UserError(
                f"{out} holds something other than albums, so it is not overwritten: choose another."
            )


def _open(paths: list[Path], partial: Path) -> tuple[list[Photo], list[tuple[Path, str]]]:
    """Read every picture once, for its thumbnail and to learn which cannot be read."""
    photos, skipped = [], []
    for i, path in enumerate(progress(paths, "looking at the photos")):
        try:
            image = open_picture(path, at_least=THUMBNAIL)
        except UserError as error:
            skipped.append((path, str(error)))
            continue
        image.thumbnail((THUMBNAIL, THUMBNAIL))
        thumbnail = f"thumbs/{i:06}.jpg"
        image.save(partial / thumbnail, quality=82)
        photos.append(Photo(path, "", image.size, thumbnail))
    return photos, skipped


def _caption(photos: list[Photo], captioner, beam_width: int) -> None:
    for start in progress(range(0, len(photos), BATCH), "captioning"):
        batch = photos[start : start + BATCH]
        captions = captioner.caption([photo.original for photo in batch], beam_width=beam_width)
        for photo, caption in zip(batch, captions, strict=True):
            photo.caption = caption


def _fill(photos: list[Photo], clusters: Clusters, partial: Path, link: bool) -> dict[str, list[Photo]]:
    """Put every photo into the folder of its album; {album: its photos}."""
    taken = {"thumbs"}
    names = [_unused(folder_name(name), taken) for name in clusters.names]
    members = {name: [] for name in names}
    files = {name: set() for name in names}
    for name in names:
        (partial / name).mkdir()
    for photo, label in progress(
        zip(photos, clusters.labels, strict=True), "filling the albums", total=len(photos)
    ):
        album = names[label]
        photo.path = f"{album}/{_unused(photo.original.name, files[album])}"
        _put(photo.original, partial / photo.path, link)
        members[album].append(photo)
    return members


def _put(original: Path, target: Path, link: bool) -> None:
    if not link:
        shutil.copy2(original, target)
        return
    original = original.resolve()
    try:
        target.hardlink_to(original)
    except OSError:  # another disk, or a file system without hard links
        try:
            target.symlink_to(original)
        except OSError as error:
            raise UserError(
                f"Links cannot be made in {target.parent} ({error}): use copies instead."
            ) from None


def folder_name(name: str) -> str:
    """`name` as a folder name that Linux, macOS and Windows accept."""
    name = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", name)[:80].strip(" .") or "Album"
    return f"{name}_" if name.partition(".")[0].lower() in NOT_ON_WINDOWS else name


def _unused(name: str, taken: set[str]) -> str:
    """`name`, or `name (2)` …, that no other in `taken` has, be it in other case; it is taken then."""
    path, n, free = Path(name), 1, name
    while free.lower() in taken:
        n += 1
        free = f"{path.stem} ({n}){path.suffix}"
    taken.add(free.lower())
    return free


def _write_captions(members: dict[str, list[Photo]], folder: Path, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        for album, photos in members.items():
            rows.writerows([p.original.relative_to(folder).as_posix(), p.caption, album] for p in photos)


def _move_into_place(partial: Path, out: Path) -> None:
    """`partial` becomes `out`; what was there goes last, when nothing can fail any more."""
    old = partial.with_suffix(".old")
    if out.exists():
        out.rename(old)
    try:
        partial.rename(out)
    except BaseException:
        if old.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _gallery(members: dict[str, list[Photo]], title: str) -> str:
    """The page: one chip and one section for each album."""
    chips, sections = [], []
    for i, (album, photos) in enumerate(members.items()):
        name, count = escape(album), _count(len(photos), "photo")
        cards = "\n".join(map(_card, photos))
        chips.append(f'<a href="#album-{i}">{name} <small>{len(photos)}</small></a>')
        sections.append(f'<section id="album-{i}"><h2>{name} <small>{count}</small></h2>')
        sections.append(f'<div class="grid">\n{cards}\n</div></section>')
    total = sum(map(len, members.values()))
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(title),
        summary=f"{_count(total, 'photo')} in {_count(len(members), 'album')}",
        chips="\n".join(chips),
        sections="\n".join(sections),
    )


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"


def _card(photo: Photo) -> str:
    caption, (width, height) = escape(photo.caption), photo.size
    return (
        f'<figure><a href="{quote(photo.path)}"><img src="{photo.thumbnail}" alt="{caption}" loading="lazy" '
        f'width="{width}" height="{height}"></a><figcaption>{caption}</figcaption></figure>'
    )


def main(arguments=None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.albums", description="Sort a folder of photos into albums."
    )
    parser.add_argument("folder", help="where the photos are; they are only read")
    parser.add_argument("out", help="a new folder for the albums")
    parser.add_argument("--captioner", help="a file that Captioner.save wrote (default: the one that ships)")
    parser.add_argument("--k", type=int, help="how many albums (default: as the captions suggest)")
    parser.add_argument("--link", action="store_true", help="link to the photos instead of copying them")
    parser.add_argument("--overwrite", action="store_true", help="replace albums made earlier")
    options = parser.parse_args(arguments)
    try:
        from helpers.captioner import SHIPPED, Captioner  # slow to import, and --help should not wait

        captioner = Captioner.load(options.captioner or SHIPPED)
        print(
            sort_photos(
                options.folder, captioner, options.out, options.k, options.link, overwrite=options.overwrite
            )
        )
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
