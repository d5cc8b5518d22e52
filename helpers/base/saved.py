"""What `torch.save` wrote, read without running any code in it; any other file is named for what it is."""

import pickle
import warnings
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

import torch

from helpers.base.arguments import as_path
from helpers.base.errors import UserError

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")


def read_saved(path: str | Path, what: str, advice: str, form: str | None = None):
    """What lies in a file of PyTorch's, tensors on the CPU; with `form` a dict with that "format".

    UserError if there is no such file, or another one: `what` it should have been, `advice` what to do.
    """
    saved = _opened(as_path(path), what, advice)
    found = saved.get("format") if isinstance(saved, dict) else None
    if form and found != form and str(found).startswith(form.rstrip("0123456789")):
        raise UserError(f"{path} was written by another version of this course ({found}): update the course.")
    if form and found != form:
        raise UserError(f"{path} holds no {what}, but other weights or numbers. {advice}")
    return saved


def _opened(path: Path, what: str, advice: str):
    if not path.exists():
        raise UserError(f"There is no {what} at {path}: check the path. {advice}")
    try:
        if path.is_dir():
            raise IsADirectoryError
        with warnings.catch_warnings(action="ignore"):  # PyTorch on files of others
            saved = torch.load(path, map_location="cpu", weights_only=True)
        _require_whole(path)
        return saved
    except PermissionError:
        raise UserError(f"{path} may not be read: change its permissions. {advice}") from None
    except Exception as error:  # whatever the file is, some reader stumbles over it in its own way
        raise UserError(f"{path} is no {what}, but {_kind_of(path, error)}. {advice}") from None


def _require_whole(path: Path) -> None:
    """BadZipFile where a number has changed since it was written, which PyTorch does not notice."""
    if is_zipfile(path):
        with ZipFile(path) as parts:
            if parts.testzip():
                raise BadZipFile


def _kind_of(path: Path, error: Exception) -> str:
    """What a file is that cannot be read."""
    if path.is_dir():
        return "a folder"
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        return "an empty file"
    if start.startswith(_PICTURES) or start[4:8] == b"ftyp":
        return "a picture"
    if start.startswith(b"\x93NUMPY"):
        return "an array of NumPy's, such as features"
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 10**9:
        return "a safetensors file, which has numbers only"
    if isinstance(error, BadZipFile):
        return "a file that is damaged"
    if start.startswith(b"PK"):
        try:
            names = ZipFile(path).namelist()
        except (BadZipFile, OSError, ValueError):
            return "a file that is damaged or ends too early"
        if not any(name.endswith("data.pkl") for name in names):
            return "a zip file with something else in it"
    if isinstance(error, pickle.UnpicklingError) and start.startswith((b"PK", b"\x80")):
        return "a file with Python objects in it, which could run any program: it is not opened"
    return "a file of another kind, or damaged" if set(start) & set(range(9)) else "a text file"


def one_line(error: Exception) -> str:
    """What an error of PyTorch's says, without its many lines."""
    text = " ".join(str(error).split())
    return text if len(text) < 120 else f"{text[:117]} …"
