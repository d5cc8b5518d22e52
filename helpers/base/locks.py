"""One program at a time: two notebooks that want the same file do not trip over each other."""

import hashlib
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.base.disks import disk_errors
from helpers.base.files import data_folder
from helpers.base.terminals import announce

SOON = 1.0  # seconds of waiting before it is said


@contextmanager
def alone_at(path: Path, locks: Path | None = None):
    """Only one program at a time, and one thread of it, is in a block for the same `path`; others wait there.

    What holds them up is a lock of the operating system on an empty file in `locks`, by default `data/locks`:
    it ends with the program, however that ends.
    """
    key = hashlib.sha256(str(Path(path).resolve()).encode(errors="surrogatepass")).hexdigest()[:16]
    lock = FileLock((locks or data_folder("locks")) / f"{key}.lock")
    with disk_errors(lock.lock_file):
        try:
            lock.acquire(timeout=SOON)
        except Timeout:
            announce(f"Another program is at work on {Path(path).name}: waiting until it has finished.")
            lock.acquire()
        except NotImplementedError:
            pass  # a disk that knows no locks, as some in a network
    try:
        yield
    finally:
        lock.release()
