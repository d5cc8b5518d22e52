"""How far it has come: progress bars, and the next item read while one is in use."""

import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait

from tqdm import tqdm


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
                yield waiting[0].result()
                waiting.popleft()
        while waiting:
            yield waiting[0].result()
            waiting.popleft()
    finally:
        # A second Ctrl-C while threads are joined would let Python end before they do, and C++ abort.
        readers.shutdown(wait=False, cancel_futures=True)
        wait([future for future in waiting if not future.cancelled()])
