"""With glibc: memory of large tensors is kept for the next layer instead of being given back each time.

A CNN's maps take hundreds of megabytes. glibc returns them to the system as they are freed, and fetches the
next layer's page by page, which takes up to half of the time. Of what is free at the end of its heap one GiB
stays, more goes back; what is free before something that is used stays.
"""

import ctypes
import os

MALLOPT = {-4: 0, -1: 1 << 30, -2: 64 << 20}  # malloc.h: M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD


def keep_memory() -> bool:
    """Let this process, all of its threads, keep memory; whether it does.

    Not where somebody has set MALLOC_… or GLIBC_TUNABLES, nor without glibc.
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ):
        return False
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018  (others have a mallopt that does nothing)
        return sum(libc.mallopt(what, value) for what, value in MALLOPT.items()) == len(MALLOPT)
    except (OSError, AttributeError, TypeError):  # macOS, musl; Windows wants a name
        return False
