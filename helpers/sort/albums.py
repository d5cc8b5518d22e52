"""From a folder of photos to albums: caption every picture, group the captions, file the pictures, show them.

    python -m helpers.sort.albums PHOTOS --captioner FILE --out ALBUMS      # or --link, --k 8

The photos are only read. Run it again whenever you like: what is captioned stays captioned, new and changed
photos join, and the albums follow. So it also goes on after an interruption.
"""

import argparse
import csv
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from helpers.base.errors import UserError
from helpers.base.files import require_disk, whole_file
from helpers.base.progress import progress
from helpers.sort.clustering import Clusters, cluster_captions
from helpers.sort.filing import choose_paths, put, replaceable, take_out
from helpers.sort.gallery_page import gallery_page, lay_out, readable
from helpers.sort.photos import THUMBS, Photo, caption_photos, find_photos

FORMAT = "show-tell-sort albums 1"
COLUMNS = ["path", "caption", "album"]


@dataclass
class Albums:
    """What `sort_photos` made, the largest album first."""

    folder: Path
    members: dict[str, list[Photo]]
    clusters: Clusters  # its labels and vectors go with `photos`
    photos: list[Photo]  # all of them, by their paths
    skipped: list[tuple[Path, str]] = field(default_factory=list)  # unreadable pictures: (path, reason)
    kept: list[str] = field(default_factory=list)  # older copies whose photo has gone or changed: they stay

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
        if self.skipped:
            lines += [f"{len(self.skipped):5} left out:", *(f"      {reason}" for _, reason in self.skipped)]
        return readable("\n".join([*lines, f"Open {self.gallery}"]))


def sort_photos(folder, captioner, out, k=None, link=False, seed=0, beam_width=3) -> Albums:
    """Sort all pictures in and below `folder` into albums in the folder `out`.

    Writes `out/<album>/…` with copies of the pictures (with `link`, links: hard ones, which are one file by
    two names, or symbolic ones across disks), `captions.csv` (path below `folder`, caption, album),
    `albums.json` (the same for programs) and the gallery `index.html`. Nothing in `folder` is changed or
    moved. Pictures that cannot be read are skipped and listed in `.skipped`.

    The same call again captions only what is new or changed and brings the albums up to date. A file in `out`
    is removed only if it is a copy of a photo that is still there, unchanged; whatever else you find or put
    there stays. In `captions.csv` a path that a spreadsheet would take for a formula is written ./=…, and a
    caption '=….

    Args:
        folder: where the photos are.
        captioner: anything with `.caption(pictures, beam_width=…) -> list[str]`, such as a `Captioner`; it
            gets 256×256 PIL pictures. Its `.fingerprint()`, or else the name of its class, tells its captions
            from those of another.
        out: must not exist, or be empty, or hold the albums of these photos.
        k: how many albums; None lets the captions decide.

    Raises:
        UserError: no pictures, no room on the disk, `out` in use or inside `folder`, k above the number of
            pictures.
    """
    folder, out = Path(folder).expanduser(), Path(out).expanduser()
    was = _look_before(folder, out)
    photos, lost = find_photos(folder)
    if k is not None and not 1 <= k <= len(photos):
        raise UserError(
            f"{len(photos)} pictures do not fill {k} albums: choose k between 1 and {len(photos)}."
        )
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "albums.json").exists():
        _write_json(folder, out)  # from now on the folder is known as ours
    (out / THUMBS).mkdir(exist_ok=True)
    read, skipped = caption_photos(photos, captioner, out, beam_width)
    if not read:
        raise UserError(f"None of the {len(photos)} pictures in {folder} can be read. {skipped[0][1]}")

    clusters = cluster_captions([photo.caption for photo in read], k, seed)
    albums = Albums(out, {name: [] for name in clusters.names}, clusters, read, lost + skipped)
    for photo, label, place in zip(read, clusters.labels, lay_out(clusters.vectors, seed), strict=True):
        photo.place = tuple(place.tolist())
        albums.members[clusters.names[label]].append(photo)
    _file(albums, folder, was, link)
    _write_captions(albums)
    _write_page(albums, folder.resolve().name)
    _tidy(albums)
    return albums


def _look_before(folder: Path, out: Path) -> dict[str, tuple]:
    """The files of an earlier run, {path: (photo, stamp)}; UserError where we must not write."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Check the path.")
    inner, outer = out.resolve(), folder.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise UserError(f"The albums ({out}) must lie outside the photos ({folder}): choose another place.")
    if not out.exists() or (out.is_dir() and all(entry.name[0] == "." for entry in out.iterdir())):
        return {}
    try:
        earlier = json.loads((out / "albums.json").read_text(encoding="utf-8"))
        if earlier["format"] != FORMAT:
            raise KeyError
        pictures = [picture for album in earlier["albums"] for picture in album["pictures"]]
        was = {p["path"]: (p["photo"], (p["bytes"], p["changed"])) for p in pictures}
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{out} holds something other than our albums: choose a new folder for them."
        ) from None
    if earlier["photos"] != str(outer):
        raise UserError(f"{out} holds the albums of {earlier['photos']}: choose a new folder for these.")
    return was


def _file(albums: Albums, folder: Path, was: dict[str, tuple], link: bool) -> None:
    """Put every photo into the folder of its album, which gives the albums their final names.

    What shall lie there is written down first, so that an interrupted run knows its own files again.
    """
    out, photos = albums.folder, albums.photos
    free = replaceable(out, was, photos, folder, link)
    at_hand = {photo.name for photo in free.values() if photo}
    copies = [] if link else [photo for photo in photos if photo.name not in at_hand]
    require_disk(out, sum(photo.stamp[0] for photo in copies), f"Copying {len(copies):,} pictures")
    albums.kept = [path for path in was if path not in free and (out / path).is_file()]
    albums.members = choose_paths(albums.members, out, free)
    aside = take_out(out, free)
    _write_json(folder, out, albums)
    todo = [photo for photo in photos if not os.path.lexists(out / photo.path)]
    for photo in progress(todo, "filling the albums", unit=" pictures"):
        put(photo, out, link, aside)


def _write_json(folder: Path, out: Path, albums: Albums | None = None) -> None:
    def entry(photo: Photo) -> dict:
        size, changed = photo.stamp
        facts = {"path": photo.path, "photo": photo.name, "bytes": size, "changed": changed}
        return facts | {"caption": photo.caption, "thumbnail": photo.thumbnail}

    content = {"format": FORMAT, "photos": str(folder.resolve()), "albums": []}
    if albums:
        content["albums"] = [
            {"name": name, "words": dict(words), "pictures": [entry(photo) for photo in members]}
            for (name, members), words in zip(albums.members.items(), albums.clusters.words, strict=True)
        ]
        left_out = [(path.relative_to(folder).as_posix(), why) for path, why in albums.skipped]
        content["left out"] = [{"photo": photo, "why": why} for photo, why in left_out]
    with whole_file(out / "albums.json") as partial:
        partial.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _write_captions(albums: Albums) -> None:
    def text(value: str, mark: str = "'") -> str:  # no cell may begin like a formula
        return readable(mark + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value)

    with (
        whole_file(albums.folder / "captions.csv") as partial,
        partial.open("w", encoding="utf-8", newline="") as stream,
    ):
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        for album, photos in albums.members.items():
            rows.writerows([text(photo.name, "./"), text(photo.caption), text(album)] for photo in photos)


def _write_page(albums: Albums, title: str) -> None:
    words = [[word for word, _ in table] for table in albums.clusters.words]
    covers = [albums.photos[i] for i in albums.clusters.central]
    page = gallery_page(title, albums.members, words, covers, [readable(why) for _, why in albums.skipped])
    with whole_file(albums.gallery) as partial:
        partial.write_text(page, encoding="utf-8")


def _tidy(albums: Albums) -> None:
    """Away with thumbnails that no photo has any more, and halves of files that a killed run left behind."""
    used, thumbs = {photo.thumbnail for photo in albums.photos}, albums.folder / THUMBS
    for thumb in thumbs.glob(f"{'[0-9a-f]' * 16}.jpg"):
        if f"{THUMBS}/{thumb.name}" not in used:
            thumb.unlink()
    for half in [*albums.folder.glob(".*.partial*"), *thumbs.glob(".*.partial*")]:
        half.unlink()


def main(arguments=None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.sort.albums",
        description="Sort a folder of photos into albums. Run it again to add new photos, or to go on.",
    )
    parser.add_argument("photos", metavar="PHOTOS", help="where the photos are; they are only read")
    parser.add_argument(
        "--out", metavar="ALBUMS", default="albums", help="where the albums go (default: albums)"
    )
    parser.add_argument(
        "--captioner", metavar="FILE", help="a file that Captioner.save wrote (default: the one that ships)"
    )
    parser.add_argument("--k", type=int, help="how many albums (default: as the captions suggest)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--copy", action="store_true", help="copy the photos into the albums (the default)")
    how.add_argument("--link", action="store_true", help="link to the photos instead, which takes no room")
    options = parser.parse_args(arguments)
    try:
        from helpers.tell.captioner import SHIPPED, Captioner  # slow to import, and --help should not wait

        captioner = Captioner.load(options.captioner or SHIPPED)
        print(sort_photos(options.photos, captioner, options.out, options.k, options.link))
    except (UserError, OSError) as error:
        print(readable(str(error)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted. What is captioned is kept: run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
