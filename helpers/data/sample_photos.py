"""Photographs to begin with: those that installed packages bring, so that nothing need be downloaded."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from helpers.base.arguments import as_path, require_whole
from helpers.base.errors import UserError
from helpers.base.files import data_folder, whole_file
from helpers.base.terminals import announce
from helpers.data.folders import pictures_below
from helpers.data.transforms import open_picture

_SKIMAGE = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
_PHOTOS = {
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
    "matplotlib": ("mpl-data/sample_data/grace_hopper.jpg",),
    "skimage": tuple(f"data/{file}" for file in _SKIMAGE),
}


def sample_photos() -> dict[str, Path]:
    """Names of photographs, and where they lie: those of scikit-learn, matplotlib and scikit-image.

    A package that is not installed, or came without its pictures, has none; no package is imported.
    """
    paths = [
        folder / file for package, files in _PHOTOS.items() for folder in _folders(package) for file in files
    ]
    return {path.stem: path for path in paths if path.is_file()}


def photo_folder(folder: str | Path | None = None) -> Path:
    """The folder itself, or for None one in which copies of the `sample_photos` lie.

    UserError when no package has any.
    """
    if folder is not None:
        return as_path(folder)
    copies = data_folder("sample_photos")
    for path in _samples().values():
        if not (copies / path.name).exists():
            with whole_file(copies / path.name) as copy:
                shutil.copyfile(path, copy)
    return copies


def some_photos(folder: str | Path | None = None, n: int = 12, side: int = 640) -> dict[str, Image.Image]:
    """The first `n` photographs in and below `folder`, or for None the `sample_photos`, by name.

    They are read at most `side` pixels wide and high. What cannot be read is named and left out.
    UserError when nothing can.
    """
    require_whole(n=n, side=side)
    folder = None if folder is None else as_path(folder)
    paths = pictures_below(folder) if folder else _samples().values()
    read, reasons = {}, []
    for path in paths:
        if len(read) == n:
            break
        try:
            image = open_picture(path, at_least=side)
        except UserError as error:
            reasons.append(str(error))
            continue
        image.thumbnail((side, side))
        read[path.relative_to(folder).as_posix() if folder else path.stem] = image
    if not read:
        raise UserError(
            f"There is no photograph in {folder} that can be read. {' '.join(reasons[:1])}".strip()
        )
    if reasons:
        announce(f"Left out: {len(reasons)} that cannot be read. {reasons[0]}")
    return read


def _samples() -> dict[str, Path]:
    if samples := sample_photos():
        return samples
    raise UserError("None of the installed packages has brought a photograph: name a folder of your own.")


def _folders(package: str) -> list[Path]:
    """Where the package lies, mostly one folder; none if it is not installed."""
    try:
        found = find_spec(package)
    except (ImportError, ValueError):  # put into sys.modules by hand, as stand-ins are
        found = None
    return [Path(folder) for folder in (found and found.submodule_search_locations) or []]
