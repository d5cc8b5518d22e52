"""Pictures out of the ordinary: turned ones, greys of more than eight bits, and those that cannot be read."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps


def turned(image: Image.Image) -> Image.Image:
    """The picture as its EXIF orientation says; as it is where that cannot be read."""
    try:
        return ImageOps.exif_transpose(image) if image.getexif().get(0x0112, 1) != 1 else image
    except Exception:  # unreadable EXIF data must not cost us a readable picture
        return image


def eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits or more in 0..255: out of 16 bits, out of 0..1, or out of its own maximum."""
    values = np.asarray(image)
    is_float, is_short = values.dtype.kind == "f", values.dtype.itemsize == 2
    values = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    top = values.max(initial=0)
    if is_short or 255 < top <= 65535:
        values = values / 257
    elif top > 65535 or (is_float and 0 < top <= 1):
        values = values * (255 / (top if top > 65535 else 1))
    return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))


def why_unreadable(path: Path, error: Exception) -> str:
    """The sentence on what is wrong with a picture file, and what to do about it."""
    if isinstance(error, Image.DecompressionBombError):
        return f"{path} has more pixels than any honest photograph; make it smaller first."
    if path.suffix.lower() in (".heic", ".heif"):
        return f"{path} is in Apple's HEIC format, which cannot be read here; export it as JPEG."
    if isinstance(error, Image.UnidentifiedImageError):
        return f"{path} is no picture (or of a kind that cannot be read here); save it as JPEG or PNG."
    return f"{path} cannot be read ({error}); replace it with a whole copy, or leave it out."
