"""One program at a time: two notebooks that want the same file do not trip over each other."""

import hashlib
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.base.files import data_folder

SOON = 1.0  # seconds of waiting before it is said


@contextmanager
def alone_at(path: Path):
    """Only one program at a time, and one thread of it, is in a block for the same `path`; others wait there.

    What holds them up is a lock of the operating system on an empty file in `data/locks`: it ends with the
    program, however that ends.
    """
    key = hashlib.sha256(str(Path(path).resolve()).encode(errors="surrogatepass")).hexdigest()[:16]
    lock = FileLock(data_folder("locks") / f"{key}.lock")
    try:
        lock.acquire(timeout=SOON)
    except Timeout:
        print(f"Another program is at work on {Path(path).name}: waiting until it has finished.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
