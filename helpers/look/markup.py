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

from helpers.base.arrays import as_array
from helpers.base.files import ASSETS

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


def marked(words, chosen) -> str:
    """Words in a row, those of which `chosen(word)` holds marked."""
    return " ".join(f"<mark>{escape(word)}</mark>" if chosen(word) else escape(word) for word in words)


def listed(parts) -> str:
    """Pieces of HTML as a list."""
    return "<ul>" + "".join(f"<li>{part}</li>" for part in parts) + "</ul>"


def picture(image: Image.Image, alt: str, side: int = 240) -> str:
    """The picture, at most `side` pixels wide and high, with `alt` for those who do not see it."""
    small = ImageOps.contain(image.convert("RGB"), (side, side))
    kind, quality = ("WEBP", 70) if side <= 128 else ("JPEG", 85)  # half as large, but slow for large ones
    return inline(small, alt, kind, f'width="{small.width}" height="{small.height}"', quality=quality)


def picture_row(images, alts, side: int) -> str:
    """Small square pictures in a row."""
    squares = (ImageOps.fit(image.convert("RGB"), (side, side)) for image in images)
    shown = (picture(image, alt, side) for image, alt in zip(squares, alts, strict=True))
    return f'<div class="row">{"".join(shown)}</div>'


def inline(image: Image.Image, alt: str, kind: str = "PNG", attributes: str = "", **options) -> str:
    """The picture, pixel by pixel, as a file of this kind in the page; `options` are those of save()."""
    kept = io.BytesIO()
    image.save(kept, kind, **options)
    return embedded(kept.getvalue(), alt, kind.lower(), attributes)


def embedded(content: bytes, alt: str, kind: str = "png", attributes: str = "") -> str:
    """A picture file's content as part of the page."""
    data = b64encode(content).decode()
    return f'<img {attributes} alt="{escape(alt)}" src="data:image/{kind};base64,{data}">'


def bar_table(values, labels, form: str = "{:.1%}") -> str:
    """Horizontal bars for shares, each with its label and its value; a whole one is 1."""
    rows = ""
    for value, label in zip(values, labels, strict=True):
        bar, number = f'<i style="width:{value:.1%}"></i>', form.format(value)
        rows += f'<tr><th scope="row">{escape(label)}</th><td>{bar}</td><td class="number">{number}</td></tr>'
    return f'<table class="bars">{rows}</table>'


def html_table(head, rows) -> str:
    """A table of plain texts and numbers; numbers stand at the right, with two decimals."""
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return f'<td class="number">{value:.2f}</td>'


def labelled(rows, kind: str = "") -> str:
    """A table of (label, HTML) pairs; `kind` is its class in the style."""
    body = "".join(f'<tr><th scope="row">{escape(label)}</th><td>{html}</td></tr>' for label, html in rows)
    return f'<table class="{kind}">{body}</table>'


def strips(values, labels) -> str:
    """Numbers from -1 to 1, (T, H), a coloured strip for each row: dark red is -1, white 0, dark blue 1."""
    colours = colormaps["RdBu"]((as_array(values) + 1) / 2, bytes=True)[..., :3]  # (T, H, 3)
    drawn = [Image.fromarray(np.ascontiguousarray(row[None])) for row in colours]
    alts = [f"the hidden state after {label}" for label in labels]
    return labelled(zip(labels, map(inline, drawn, alts), strict=True), "strips")


def svg(width: float, height: float, alt: str, inside: str) -> str:
    """A drawing of SVG elements, with `alt` for those who do not see it."""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg role="img" aria-label="{escape(alt)}" {size}>{inside}</svg>'
