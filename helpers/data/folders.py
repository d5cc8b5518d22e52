"""What a folder holds: which of its files are pictures, and what is passed over."""

import os
from pathlib import Path

SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
SUFFIXES += (".avif", ".ppm", ".pgm", ".heic", ".heif")


def pictures_below(folder: Path) -> list[Path]:
    """Every picture file in `folder` and below, hidden ones aside, in the order of their paths."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if name.lower().endswith(SUFFIXES) and name[0] != "."]
    return sorted(found)
