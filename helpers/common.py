"""What every module needs: where files live, how to say what went wrong, how to show progress."""

import os
import shutil
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tqdm import tqdm

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"


class UserError(ValueError):
    """Something only the user can mend; the message says what to do about it.

    In a notebook it appears as that one sentence, without a stack trace.
    """

    def _render_traceback_(self):  # asked for by IPython
        return [f"\N{RAISED HAND} {self}"]


def home() -> Path:
    """Folder for everything drawn, downloaded or computed: $SHOW_TELL_SORT_HOME, else the project's root."""
    chosen = os.environ.get("SHOW_TELL_SORT_HOME")
    return Path(chosen).expanduser().resolve() if chosen else PROJECT


def data_folder(*parts: str) -> Path:
    """`data/…` under `home()`, made if it is not there."""
    folder = home().joinpath("data", *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def checkpoint_folder(*parts: str) -> Path:
    """`checkpoints/…` under `home()`, made if it is not there."""
    folder = home().joinpath("checkpoints", *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def progress(iterable=None, desc: str = "", **options):
    """A tqdm bar on standard output that clears itself when it is done."""
    return tqdm(iterable, desc=desc, file=sys.stdout, leave=False, ncols=88, delay=0.5, **options)


def read_ahead(read, items, ahead: int = 1, workers: int = 1):
    """Yield `read(item)` for each of `items`, in order; threads read the next `ahead` of them meanwhile."""
    readers, waiting = ThreadPoolExecutor(workers), deque()  # Pillow decodes outside Python's lock
    try:
        for item in items:
            waiting.append(readers.submit(read, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        readers.shutdown(cancel_futures=True)


def require(*packages: str, extra: str) -> None:
    """Raise UserError, which says how to install them, if one of `packages` is not there."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise UserError(
            f"This needs {' and '.join(missing)}: in the course's folder, pip install '.[{extra}]'; then "
            "restart the kernel. Everything else does without."
        )


def run_command(work, interrupted: str) -> int:
    """Do `work()` for a command line; its exit code: 2 if the user must mend something, 130 after Ctrl-C."""
    try:
        work()
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"Interrupted. {interrupted}", file=sys.stderr)
        return 130
    return 0


def require_disk(folder: Path, needed: int, what: str) -> None:
    """Raise UserError unless the disk under `folder` has `needed` bytes free, and a tenth more."""
    free = shutil.disk_usage(folder).free
    if free < 1.1 * needed:
        raise UserError(
            f"{what} needs {1.1 * needed / 1e9:.2f} GB in {folder}, but only {free / 1e9:.2f} GB are free. "
            "Make room, or choose another disk (SHOW_TELL_SORT_HOME says where the course keeps its files)."
        )


@contextmanager
def whole_file(path: Path):
    """Yield a temporary path beside `path`; it becomes `path` only if the block ends well."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
