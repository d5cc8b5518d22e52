"""Where files live, and how they are written so that none is ever half there."""

import os
import shutil
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from threading import get_ident

from helpers.base.disks import DiskError, disk_errors
from helpers.base.errors import UserError, why_disk

PROJECT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = PROJECT / "notebooks"
ASSETS = Path(__file__).resolve().parent.parent / "assets"  # installed with the package
DRIVE = Path("/content/drive")  # where Colab mounts Google Drive


def home() -> Path:
    """Folder for everything drawn, downloaded or computed: $SHOW_TELL_SORT_HOME, else the project's root."""
    chosen = os.environ.get("SHOW_TELL_SORT_HOME")
    return Path(chosen).expanduser().resolve() if chosen else PROJECT


def on_drive() -> bool:
    """Whether `home()` is on Google Drive, where thousands of small files take hours."""
    return home().is_relative_to(DRIVE)


def data_folder(*parts: str) -> Path:
    """`data/…` under `home()`, made if it is not there; on the session's own disk while `home()` is on Drive.

    So on Drive are checkpoints, and of each downloaded data set one file: see `helpers.data.packed`.
    """
    return _below(PROJECT if on_drive() else home(), "data", *parts)


def checkpoint_folder(*parts: str) -> Path:
    """`checkpoints/…` under `home()`, made if it is not there."""
    return _below(home(), "checkpoints", *parts)


def _below(root: Path, kind: str, *parts: str) -> Path:
    """UserError if `parts` lead out of there, as a path does that is taken for a name."""
    top = root / kind
    folder = Path(os.path.normpath(top.joinpath(*parts)))
    if not folder.is_relative_to(top):
        raise UserError(f"{'/'.join(parts)} is a path: give the name of a data set, such as load(path).name.")
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def require_disk(folder: Path, needed: int, what: str) -> None:
    """Raise UserError unless the disk under `folder` has `needed` bytes free, and a tenth more."""
    with disk_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < 1.1 * needed:
        raise UserError(
            f"{what} needs {1.1 * needed / 1e9:.2f} GB in {folder}, but only {free / 1e9:.2f} GB are free. "
            "Make room, or choose another disk (SHOW_TELL_SORT_HOME says where the course keeps its files)."
        )


@contextmanager
def whole_file(path: Path):
    """Yield a temporary path beside `path`; it becomes `path` only if the block ends well.

    An OSError, as of a full disk, comes out as DiskError; what had been written is gone then, and what was
    at `path` before is still there.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except Exception as error:
        if (trouble := _of_the_disk(error)) is None:
            raise
        raise DiskError(why_disk(trouble, path).replace(str(partial), str(path))) from error
    finally:
        with suppress(OSError):  # the disk may be gone
            partial.unlink(missing_ok=True)


def _of_the_disk(error: BaseException | None) -> OSError | None:
    """The OSError that is at the bottom of an error: PyTorch's writer speaks of a position instead."""
    while error is not None and not isinstance(error, OSError):
        error = error.__context__ if isinstance(error, RuntimeError) else None
    return error if error is None or error.errno is not None else None  # Pillow's own have no number


def save_tensors(saved, path: Path) -> None:
    """`torch.save` into a file that becomes whole or not at all; DiskError where it cannot be written."""
    import torch  # takes seconds, and --help should not wait

    with whole_file(path) as partial, partial.open("wb") as file:  # given a path it would not say what failed
        torch.save(saved, file)


def save_jpeg(image, path: Path, **options) -> None:
    """A PIL picture as JPEG, whole or not at all; Pillow would not notice a write that is cut short."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", **options)
    with whole_file(path) as partial:
        partial.write_bytes(buffer.getbuffer())
