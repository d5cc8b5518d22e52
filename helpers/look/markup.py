"""Pieces of HTML for the explorers: quick enough to follow a slider, in the colours of the reader's theme.

A matplotlib figure takes half a second and keeps its white ground in a dark theme. These take a millisecond,
a screen reader can read them, and every picture says in words what it shows.
"""

import io
from base64 import b64encode
from html import escape

import numpy as np
from matplotlib import colormaps
from PIL import Image, ImageOps

from helpers.base.files import ASSETS
from helpers.look.style import colours_for

LETTER = 9  # pixels that a letter of a tree takes, at most
STYLE = (ASSETS / "explorers.css").read_text(encoding="utf-8")


def page(*parts: str) -> str:
    """The parts one below the other, with the style that they need."""
    return f"<style>{STYLE}</style>{block(*parts)}"


def block(*parts: str) -> str:
    """The same beside a page, whose style holds for it, too."""
    return f'<div class="sts">{"".join(parts)}</div>'


def side_by_side(*parts: str) -> str:
    """The parts beside each other, as far as there is room."""
    return f'<div class="side">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def sentence(text: str) -> str:
    """Plain text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def sentences(texts) -> str:
    """Plain texts as a list."""
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def picture(image: Image.Image, alt: str, side: int = 240) -> str:
    """The picture, at most `side` pixels wide and high, with `alt` for those who do not see it."""
    small = ImageOps.contain(image.convert("RGB"), (side, side))
    kind, quality = ("WEBP", 70) if side <= 128 else ("JPEG", 85)  # half as large, but slow for large ones
    return _img(small, alt, kind, f'width="{small.width}" height="{small.height}"', quality=quality)


def pictures(images, alts, side: int = 84) -> str:
    """Small square pictures in a row."""
    squares = (ImageOps.fit(image.convert("RGB"), (side, side)) for image in images)
    shown = (picture(image, alt, side) for image, alt in zip(squares, alts, strict=True))
    return f'<div class="row">{"".join(shown)}</div>'


def _img(image: Image.Image, alt: str, kind: str, attributes: str, **options) -> str:
    kept = io.BytesIO()
    image.save(kept, kind, **options)
    return embedded(kept.getvalue(), alt, kind.lower(), attributes)


def embedded(content: bytes, alt: str, kind: str = "png", attributes: str = "") -> str:
    """A picture file's content as part of the page."""
    data = b64encode(content).decode()
    return f'<img {attributes} alt="{escape(alt)}" src="data:image/{kind};base64,{data}">'


def bars(values, labels, chosen=(), form: str = "{:.1%}", most: float | None = None) -> str:
    """Horizontal bars, each with its label and its value; `most` is the value of a whole one.

    chosen: the labels to set off, in another colour and in bold.
    """
    values, most = list(values), most or max([*values, 1e-9])
    rows = ""
    for value, label in zip(values, labels, strict=True):
        mark = ' class="chosen"' if label in chosen else ""
        rows += (
            f'<tr{mark}><th scope="row">{escape(label)}</th><td><i style="width:{100 * value / most:.1f}%">'
        )
        rows += f'</i></td><td class="number">{form.format(value)}</td></tr>'
    return f'<table class="bars">{rows}</table>'


def table(head, rows) -> str:
    """A table of plain texts and numbers; numbers stand at the right, with two decimals."""
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return f'<td class="number">{value:.2f}</td>'


def strips(values, labels) -> str:
    """Numbers from -1 to 1, (T, H), a coloured strip for each row: dark red is -1, white 0, dark blue 1."""
    colours = (255 * colormaps["RdBu"]((np.asarray(values) + 1) / 2)[..., :3]).astype(np.uint8)  # (T, H, 3)
    rows = ""
    for row, label in zip(colours, labels, strict=True):
        strip = _img(Image.fromarray(row[None]), f"the hidden state after {label}", "PNG", "")
        rows += f'<tr><th scope="row">{escape(label)}</th><td>{strip}</td></tr>'
    return f'<table class="strips">{rows}</table>'


def feature_maps(maps, columns: int = 12) -> str:
    """All channels of a feature map (C, h, w) side by side, each stretched to its own range of values."""
    maps = np.asarray(maps, dtype=float)
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    maps = (maps - low) / np.maximum(high - low, 1e-12)
    (channels, h, w), gap = maps.shape, max(1, maps.shape[1] // 12)
    rows = -(-channels // columns)
    sheet = np.zeros((rows * (h + gap), columns * (w + gap), 4), np.uint8)  # transparent between the maps
    for i, one in enumerate(maps):
        y, x = i // columns * (h + gap), i % columns * (w + gap)
        sheet[y : y + h, x : x + w] = colormaps["magma"](one, bytes=True)
    return _img(Image.fromarray(sheet), f"{channels} feature maps of {h} × {w}", "PNG", 'class="sheet"')


def cluster_map(points, labels, names, width: int = 560, height: int = 400) -> str:
    """Points (N, 2), coloured by their group `labels` (N,), with each group's name in its middle."""
    points, labels = np.asarray(points, dtype=float), np.asarray(labels)
    low, high = points.min(0), points.max(0)
    places = (points - low) / np.maximum(high - low, 1e-9) * [width - 120, height - 40] + [60, 20]
    places[:, 1] = height - places[:, 1]
    dots, tags = "", ""
    for group, (name, colour) in enumerate(zip(names, colours_for(names).as_hex(), strict=True)):
        members = places[labels == group]
        dots += f'<g fill="{colour}">' + "".join(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4"/>' for x, y in members
        )
        dots += "</g>"
        x, y = np.median(members, axis=0) if len(members) else (0, 0)
        tags += f'<text class="name" x="{x:.0f}" y="{y:.0f}">{escape(name)}</text>'
    return svg(width, height, f"A map of {len(names)} groups: {', '.join(names)}", dots + tags)


def beam_tree(steps, winner) -> str:
    """How a beam search grows, left to right: each beginning with its log-probability, the winner set off.

    steps: for each word a list of (words in full, log-probability); winner: the words that won.
    """
    columns = [[((), 0.0)]]
    for step in steps:  # children of one parent stay together, so that no lines cross
        parents = [words for words, _ in columns[-1]]
        columns.append(sorted(step, key=lambda beam: (parents.index(beam[0][:-1]), -beam[1])))
    height, x, drawn, ends = 34 * max(map(len, columns)) + 10, 6, "", {}
    for column in columns:
        wide = max(LETTER * len(words[-1] if words else "START") for words, _ in column)
        for row, (words, log_prob) in enumerate(column):
            y = height / 2 + 34 * (row - (len(column) - 1) / 2)
            won = ' class="won"' if words == tuple(winner[: len(words)]) else ""
            name = words[-1] if words else "START"
            ends[words] = (x + LETTER * len(name) + 3, y)
            drawn += f'<text{won} x="{x}" y="{y + 4:.0f}">{escape(name)}</text>'
            if words:
                (left, above), middle = ends[words[:-1]], (ends[words[:-1]][0] + x) / 2
                curve = f"M{left} {above:.0f}C{middle:.0f} {above:.0f} {middle:.0f} {y:.0f} {x - 4} {y:.0f}"
                drawn += f'<path{won} d="{curve}"/>'
                drawn += f'<text class="small" x="{x}" y="{y + 15:.0f}">{log_prob:.2f}</text>'
        x += wide + 36
    return svg(x - 30, height, f"The beams, word by word; the winner says: {' '.join(winner)}", drawn)


def svg(width: float, height: float, alt: str, inside: str) -> str:
    """A drawing of SVG elements, with `alt` for those who do not see it."""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg role="img" aria-label="{escape(alt)}" {size}>{inside}</svg>'
