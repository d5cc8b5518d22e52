"""The gallery: one page with albums, search and a map of all photos, which needs no network and no server.

Style, script and words are in the page itself; only the pictures lie beside it, so that ten thousand of them
need not be loaded before the first is seen.
"""

import json
from html import escape
from string import Template
from urllib.parse import quote

from helpers.base.files import ASSETS, whole_file
from helpers.base.terminals import valid_text
from helpers.sort.albums_file import Albums


def write_page(albums: Albums) -> None:
    """Write the page, with the name of the photos' folder above it all."""
    page = gallery_page(albums.source.resolve().name, albums)
    with whole_file(albums.gallery) as partial:
        partial.write_text(page, encoding="utf-8")


def gallery_page(title: str, albums: Albums) -> str:
    """The page as HTML; `title` stands above it all."""
    photos = [photo for members in albums.members.values() for photo in members]
    covers = [photos.index(albums.photos[i]) for i in albums.clusters.central]
    about = zip(albums.members.items(), albums.clusters.words, covers, strict=True)
    data = {
        "albums": [
            {"name": name, "words": [word for word, _ in table], "cover": cover, "count": len(members)}
            for (name, members), table, cover in about
        ],
        "captions": [photo.caption for photo in photos],
        "classes": [", ".join(photo.description.classes) for photo in photos],
        "unsure": [int(photo.unsure) for photo in photos],
        "names": [valid_text(photo.name) for photo in photos],
        "links": [_link(photo.path) for photo in photos],
        "thumbs": [photo.thumbnail for photo in photos],
        "sizes": [photo.size for photo in photos],
        "places": [photo.place for photo in photos],
        "lost": len(albums.skipped),
        "skipped": [valid_text(reason) for reason in albums.reasons],
    }
    part = {file.name: file.read_text(encoding="utf-8") for file in ASSETS.glob("gallery*")}
    folders = "\n".join(f'<li><a href="{_link(name)}/">{escape(name)}</a></li>' for name in albums.names)
    return Template(part["gallery.html"]).substitute(
        title=escape(valid_text(title)),
        summary=f"{_count(len(photos), 'photo')} in {_count(len(albums.names), 'album')}",
        folders=folders,
        style=part["gallery.css"],
        script=part["gallery.js"],
        map=part["gallery_map.js"],
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),  # no caption can end the script
    )


def _link(path: str) -> str:
    return quote(path.encode(errors="surrogateescape"))


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"
