"""The gallery: one page with albums, search and a map of all photos, which needs no network and no server.

Style, script and words are in the page itself; only the pictures lie beside it, so that ten thousand of them
need not be loaded before the first is seen.
"""

import json
from html import escape
from string import Template
from urllib.parse import quote

import numpy as np
from sklearn.neighbors import KNeighborsRegressor

from helpers.base.files import ASSETS
from helpers.sort.clustering import map_2d
from helpers.sort.photos import Photo

LANDMARKS = 1_000  # t-SNE lays out no more captions than this: all of 10,000 would take it minutes
SIDE = 1_000  # the map's coordinates are whole numbers from 0 to this


def lay_out(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """A place on the map for each photo: vectors (N, D) -> (N, 2) int, 0 … `SIDE`.

    Different captions first: above `LANDMARKS` of them, t-SNE lays out a sample, and each of the others goes
    between the three landmarks most like it. Photos with one and the same caption form a sunflower.
    """
    distinct, which = np.unique(np.round(vectors, 6), axis=0, return_inverse=True)  # (M, D), (N,)
    which = which.ravel()
    if len(distinct) > LANDMARKS:
        chosen = np.random.default_rng(seed).choice(len(distinct), LANDMARKS, replace=False)
        landmarks = distinct[np.sort(chosen)]
        near = KNeighborsRegressor(3, weights="distance").fit(landmarks, map_2d(landmarks, seed))
        points = near.predict(distinct)
    else:
        points = map_2d(distinct, seed)
    points = _fitted(points)[which] + _sunflowers(which)  # (N, 2)
    return (_fitted(points) + SIDE / 2).round().astype(int)


def _fitted(points: np.ndarray) -> np.ndarray:
    """The same (M, 2), moved and scaled to fill the map, with (0, 0) in its middle."""
    points = points - (points.max(0) + points.min(0)) / 2
    return points * 0.48 * SIDE / max(np.abs(points).max(), 1e-9)


def _sunflowers(which: np.ndarray) -> np.ndarray:
    """Steps (N, 2) from the middle: equal numbers in `which` (N,) sit like seeds of a sunflower (Vogel)."""
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], which[order])
    rank = np.empty(len(which))
    rank[order] = np.arange(len(which)) - starts
    radius = np.sqrt(rank) * min(12, 0.18 * SIDE / np.sqrt(len(which)))
    angle = rank * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def gallery_page(
    title: str,
    albums: dict[str, list[Photo]],
    words: list[list[str]],
    covers: list[Photo],
    skipped: list[str],
) -> str:
    """The page as HTML.

    Args:
        title: what stands above it all, the name of the photos' folder.
        albums: {name: its photos}, each with caption, thumbnail, path and place on the map.
        words, covers: for each album the words that set it apart, and its most telling photo.
        skipped: a sentence for each picture that could not be read.
    """
    photos = [photo for members in albums.values() for photo in members]
    data = {
        "albums": [
            {"name": name, "words": about, "cover": photos.index(cover), "count": len(members)}
            for (name, members), about, cover in zip(albums.items(), words, covers, strict=True)
        ],
        "captions": [photo.caption for photo in photos],
        "links": [_link(photo.path) for photo in photos],
        "thumbs": [photo.thumbnail for photo in photos],
        "sizes": [photo.size for photo in photos],
        "places": [photo.place for photo in photos],
        "skipped": skipped,
    }
    part = {file.name: file.read_text(encoding="utf-8") for file in ASSETS.glob("gallery*")}
    folders = "\n".join(f'<li><a href="{_link(name)}/">{escape(name)}</a></li>' for name in albums)
    return Template(part["gallery.html"]).substitute(
        title=escape(readable(title)),
        summary=f"{_count(len(photos), 'photo')} in {_count(len(albums), 'album')}",
        folders=folders,
        style=part["gallery.css"],
        script=part["gallery.js"],
        map=part["gallery_map.js"],
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),  # no caption can end the script
    )


def readable(text: str) -> str:
    """`text` with a question mark for what is no valid Unicode, as file names may be."""
    return text.encode(errors="replace").decode()


def _link(path: str) -> str:
    return quote(path.encode(errors="surrogateescape"))


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"
