"""Panoramas, opened small; and bombs: small files that would fill the memory.

A JPEG is decoded at an eighth of its size. What Pillow decodes whole takes 4 bytes a pixel, in WebP 16: no
picture takes more than `MOST` pixels, and those above `LARGE` are opened one at a time.
"""

from math import ceil, sqrt
from threading import Lock
from warnings import simplefilter

import numpy as np
from PIL import Image

from helpers.data.odd_pictures import orientation

LARGE = 90_000_000  # pixels; what has more comes out with fewer
MOST = 1 << 28  # pixels that are decoded at once: 16,384 × 16,384, the most of a WebP
COEFFICIENTS = 1 << 31  # bytes; a progressive JPEG keeps two of them for each value of its full size
STRIP = 1 << 22  # pixels that are made small at once
ONE_AT_A_TIME = Lock()

Image.MAX_IMAGE_PIXELS = MOST  # set once, for all threads; Pillow warns from there on, which is too late
simplefilter("error", Image.DecompressionBombWarning)


def load_small(image: Image.Image, at_least: int | None = None) -> Image.Image:
    """Read the pixels of a picture that has just been opened; it comes out with at most `LARGE` of them.

    `at_least`: as in `open_picture`. Raises DecompressionBombError for what would take too much memory.
    """
    width, height = image.size
    kept = 2 * width * height * len(image.getbands()) if image.info.get("progressive") else 0
    if at_least:
        image.draft(None, (2 * at_least, 2 * at_least))
    elif (scale := _scale(image)) > 1:
        image.draft(None, (width // scale, height // scale))
    pixels = image.width * image.height
    if pixels > MOST or kept > COEFFICIENTS:
        raise Image.DecompressionBombError(f"{width * height / 1e6:,.0f} megapixels")
    if pixels <= LARGE:
        image.load()
        return image
    with ONE_AT_A_TIME:
        image.load()
        enough = min(image.size) // (2 * at_least) if at_least else 1
        return _shrunk(image, max(enough, _scale(image)))


def _scale(image: Image.Image) -> int:
    """How many times smaller a side must be for `LARGE` pixels."""
    return ceil(sqrt(image.width * image.height / LARGE))


def _shrunk(image: Image.Image, factor: int) -> Image.Image:
    """The picture at 1/factor of its size, averaged strip by strip: a copy of all of it would be too much."""
    sixteen = image.mode.startswith("I;16")
    mode = "I" if sixteen else {"1": "L", "P": "RGB"}.get(image.mode, image.mode)
    mode = "RGBA" if image.has_transparency_data else mode
    small = Image.new(mode, (ceil(image.width / factor), ceil(image.height / factor)))
    rows = factor * max(1, STRIP // (factor * image.width))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        small.paste(strip.convert(mode).reduce(factor), (0, top // factor))
    if sixteen:
        small = Image.fromarray(np.asarray(small).astype(np.uint16))
    small.getexif()[0x0112] = orientation(image)
    return small
