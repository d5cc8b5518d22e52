"""Pictures out of the ordinary: turned ones, greys of more than eight bits, and those that cannot be read."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from helpers.base.disks import DiskError
from helpers.base.errors import GONE, UserError, why_disk


def orientation(image: Image.Image) -> int:
    """How a picture is turned, 1 to 8, as its EXIF data say; 1, not at all, where they cannot be read."""
    try:
        return image.getexif().get(0x0112, 1)
    except Exception:  # unreadable EXIF data must not cost us a readable picture
        return 1


def turned(image: Image.Image) -> Image.Image:
    """The picture as its EXIF orientation says; as it is where that cannot be read."""
    try:
        return ImageOps.exif_transpose(image) if orientation(image) != 1 else image
    except Exception:
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


def picture_error(path: Path, error: Exception) -> UserError:
    """What is wrong with a picture file, and what to do about it; a DiskError if the disk may be gone."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, OSError) and error.errno in GONE:
        return DiskError(why_disk(error, path))
    if isinstance(error, FileNotFoundError):
        return UserError(f"There is no picture {path}. Check the path.")
    if isinstance(error, PermissionError):
        return UserError(f"{path} may not be read: change its rights, or leave it out.")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return UserError(
            f"{path} has more pixels than fit into memory; make it smaller first, or save it as JPEG."
        )
    if isinstance(error, MemoryError):
        return UserError(f"{path} takes more memory than there is; close other programs, or make it smaller.")
    return UserError(f"{path} cannot be read ({error}); replace it with a whole copy, or leave it out.")
