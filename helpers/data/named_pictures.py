"""Which picture of a folder is meant by a name: files are moved, and computers spell names differently."""

import unicodedata
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

from helpers.base.errors import UserError
from helpers.data.folders import SUFFIXES, walk


class NamedPictures:
    """The pictures below a folder, to be found by their names.

    folder, pictures, passed_over: the folder, the paths of its pictures, and what else `walk` has found there.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.pictures, self.passed_over = walk(folder)
        self._by_name = _grouped(self.pictures, lambda path: path.name)
        self._alike: tuple[dict, dict] | None = None  # made when first needed
        self._meant: dict[Path, str] = {}  # by which foreign path a picture was found

    def find(self, name: str) -> Path | None:
        """The picture whose file name, or end of its path, is `name`; None if there is none.

        If there is none, one that differs in upper case, in how accents are encoded, or in the folders of
        another computer (`C:\\\\me\\\\a.jpg`, an address on the web), and then one of that name with any
        suffix, if just one fits.

        Raises:
            UserError: several pictures have that name.
        """
        parts = _parts(name)
        return self._exactly(name, parts) or self._nearly(name, parts) if parts else None

    def _exactly(self, name: str, parts: tuple[str, ...]) -> Path | None:
        fits = self._by_name.get(parts[-1], [])
        if len(parts) > 1:
            fits = [path for path in fits if path.parts[-len(parts) :] == parts]
        if len(fits) > 1 and self.folder.joinpath(*parts) in fits:
            return self.folder.joinpath(*parts)
        if len(fits) > 1:
            raise UserError(f"{name} is there twice: {fits[0]} and {fits[1]}. Move one of them elsewhere.")
        return fits[0] if fits else None

    def _nearly(self, name: str, parts: tuple[str, ...]) -> Path | None:
        if self._alike is None:
            self._alike = (
                _grouped(self.pictures, lambda path: _folded(path.name)),
                _grouped(self.pictures, lambda path: _folded(path.stem)),
            )
        folded = list(map(_folded, parts))
        foreign = parts[0] in ("/", "..") or parts[0].endswith(":")
        for alike in self._alike[: 1 if folded[-1].endswith(SUFFIXES) else 2]:
            for n in range(len(parts), 0, -1) if foreign else (len(parts),):
                candidates = alike.get(folded[-1], [])
                fits = [path for path in candidates if [*map(_folded, path.parts[-n:-1])] == folded[-n:-1]]
                if len(fits) == 1:
                    return self._claimed(fits[0], name) if foreign else fits[0]
        return None

    def _claimed(self, path: Path, name: str) -> Path:
        """`path`, which no two foreign paths may mean: the folders tell such pictures apart."""
        if self._meant.setdefault(path, name) != name:
            raise UserError(
                f"{name} and {self._meant[path]} may both mean {path}. Name the folders as there."
            )
        return path


def _parts(name: str) -> tuple[str, ...]:
    """The parts of a path of any computer, or of an address on the web."""
    if "://" in name:
        name = "/" + unquote(name.split("://", 1)[1].split("?")[0])
    if "/" not in name and "\\" not in name:
        return (name,)
    name = name.replace("\\", "/")
    root = ("/",) if name.startswith("/") else ()
    return root + tuple(part for part in name.split("/") if part not in ("", "."))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _grouped(paths: list[Path], key) -> dict[str, list[Path]]:
    groups = defaultdict(list)
    for path in paths:
        groups[key(path)].append(path)
    return groups
