"""From a folder of photos to albums: caption every picture, group the captions, file the pictures, show them.

    python -m helpers.sort.albums PHOTOS --out ALBUMS      # or --captioner FILE, --link, --k 8

The photos are only read. Run it again whenever you like: what is captioned stays captioned, new and changed
photos join, and the albums follow. So it also goes on after an interruption.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import sys

from helpers.base.arguments import as_path, require_whole
from helpers.base.commands import command_parser
from helpers.base.disks import disk_errors
from helpers.base.errors import UserError, run_command


@disk_errors()
def sort_photos(folder, captioner, out, k=None, link=False, seed=0, beam_width=3):
    """Sort all pictures in and below `folder` into albums in the folder `out`; returns `Albums`.

    Writes `out/<album>/…` with copies of the pictures (with `link`, links: hard ones, which are one file by
    two names, or symbolic ones across disks), `captions.csv` (path below `folder`, caption, album, classes,
    familiarity), `albums.json` (the same for programs) and the gallery `index.html`. Nothing in `folder` is
    changed. What cannot be read is in `.skipped`, what else lies there in `.passed_over`.

    The same call again looks only at what is new or changed and brings the albums up to date. A file in `out`
    is removed only if it is a copy of a photo that is still there, unchanged; all others stay. In
    `captions.csv` a path that a spreadsheet would take for a formula is written ./=…, and a caption '=….

    Args:
        folder: where the photos are.
        captioner: a `Captioner`, or anything with `.caption(pictures, beam_width=…) -> list[str]`; it
            gets 256×256 PIL pictures. Its `.fingerprint()`, or else the name of its class, tells its captions
            from those of another.
        out: must not exist, or be empty, or hold the albums of these photos.
        k: how many albums, fewer where pictures are all alike; None lets the pictures decide.

    Raises:
        UserError: no pictures, no room on the disk, `out` in use or inside `folder`, k above the number of
            pictures.
    """
    # Not at the top: they take seconds, and --help should not wait.
    from helpers.base.locks import alone_at
    from helpers.sort.albums_file import Albums, claim, earlier_files, tidy, write_captions, write_list
    from helpers.sort.filing import fill, make_room
    from helpers.sort.photos import THUMBS, caption_photos, find_photos

    folder, out = as_path(folder), as_path(out)
    require_whole(or_none=True, k=k)
    require_whole(beam_width=beam_width)
    if not callable(getattr(captioner, "caption", None)):
        raise UserError("captioner has no caption(pictures): pass one, such as Captioner.load(path).")
    earlier_files(folder, out)  # an error where we must not write
    photos, passed_over = find_photos(folder, but=out)
    if k is not None and not 1 <= k <= len(photos):
        raise UserError(
            f"{len(photos)} pictures do not fill {k} albums: choose k between 1 and {len(photos)}."
        )
    claim(folder, out)
    with alone_at(out, out / THUMBS):
        earlier = earlier_files(folder, out)
        read, skipped = caption_photos(photos, captioner, out, beam_width)
        if not read:
            raise UserError(f"None of the {len(photos)} pictures in {folder} can be read. {skipped[0][1]}")

        # Not before: the first captions should not wait.
        from helpers.sort.described import cluster_descriptions
        from helpers.sort.gallery_page import write_page
        from helpers.sort.layout import lay_out

        clusters = cluster_descriptions([photo.description for photo in read], k, seed)
        members, learnt_from = {name: [] for name in clusters.names}, getattr(captioner, "dataset", "")
        albums = Albums(folder, out, members, clusters, read, skipped, passed_over, learnt_from=learnt_from)
        for photo, label, place in zip(read, clusters.labels, lay_out(clusters.vectors, seed), strict=True):
            photo.place = tuple(place.tolist())
            albums.members[clusters.names[label]].append(photo)

        aside = make_room(albums, earlier, link)
        write_list(albums)  # before the albums are filled: so an interrupted run knows its own files again
        fill(albums, aside, link)
        write_captions(albums)
        write_page(albums)
        tidy(albums)
    return albums


def albums_command(arguments=None) -> int:
    """The command line; returns the exit code."""
    what = "Sort a folder of photos into albums. Run it again to add new photos, or to go on."
    parser = command_parser("python -m helpers.sort.albums", what, "photos --out albums --k 8")
    parser.add_argument("photos", metavar="PHOTOS", help="where the photos are; they are only read")
    parser.add_argument("--out", metavar="ALBUMS", default="albums", help="where the albums go (%(default)s)")
    who = "photos or scenes, which ship, or a file of Captioner.save (default: %(default)s)"
    parser.add_argument("--captioner", metavar="NAME", default="photos", help=who)
    parser.add_argument("--k", type=int, help="how many albums (default: as the pictures suggest)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--copy", action="store_true", help="copy the photos into the albums (the default)")
    how.add_argument("--link", action="store_true", help="link to the photos instead, which takes no room")
    options = parser.parse_args(arguments)

    def work():
        from helpers.tell.captioner import SHIPS, Captioner  # slow to import, as above

        path = SHIPS.get(options.captioner, as_path(options.captioner))
        if not path.exists() and options.captioner not in SHIPS:
            ships = " and ".join(sorted(SHIPS))
            raise UserError(f"There is no captioner {path}: {ships} ship, any other is a file.")
        captioner = Captioner.load(path)
        print(sort_photos(options.photos, captioner, options.out, options.k, options.link))

    return run_command(work, "What is captioned is kept: run the same command again to go on.")


if __name__ == "__main__":
    sys.exit(albums_command())
