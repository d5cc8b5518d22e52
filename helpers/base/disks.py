"""Disks that are full, locked, failing or pulled out: one sentence for each."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from helpers.base.errors import UserError


class DiskError(UserError):
    """A disk that is full, locked, failing or gone: whoever is at work on many files stops."""


def _numbers(*names: str) -> set[int]:
    return {getattr(errno, name) for name in names if hasattr(errno, name)}  # each system has its own


GONE = _numbers("EIO", "ENXIO", "ENODEV", "ENOMEDIUM", "EREMOTEIO", "ESTALE", "ENOTCONN", "ESHUTDOWN")
GONE |= _numbers("ENOLINK", "ENONET", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ETIMEDOUT")
_ELSEWHERE = "or choose another place (SHOW_TELL_SORT_HOME says where the course keeps its files)"
_ADVICE = [  # (numbers of errors, what is wrong, what to do)
    (_numbers("ENOSPC", "EDQUOT"), "the disk is full", f"Make room, {_ELSEWHERE}"),
    (_numbers("EROFS"), "the disk can only be read", f"Make it writable, {_ELSEWHERE}"),
    (
        _numbers("EACCES", "EPERM"),
        "it is not allowed",
        f"Change its rights, close what uses it, {_ELSEWHERE}",
    ),
    (_numbers("EFBIG"), "it is too large for its disk", f"FAT32 stops at 4 GB: use another, {_ELSEWHERE}"),
    (
        GONE,
        "the disk does not answer",
        "Plug it in or connect to it again; if it fails, save what can be read",
    ),
    (_numbers("ENOENT"), "it is not there", "Check the path, and plug the disk in again if it was removed"),
    (_numbers("EEXIST", "ENOTDIR", "EISDIR"), "something else is in its place", f"Move that, {_ELSEWHERE}"),
]


def why_disk(error: OSError, path: str | Path = "") -> str:
    """The sentence on an OSError: at which file, by default the error's own, what is wrong, what to do."""
    where, says = error.filename or path or "A file", error.strerror or error
    where = where.decode(errors="replace") if isinstance(where, bytes) else where
    for numbers, wrong, advice in _ADVICE:
        if error.errno in numbers:
            return f"{where} cannot be used: {wrong} ({says}). {advice}; then do the same again."
    return f"{where} cannot be read or written ({says}). Look at its disk, then do the same again."


@contextmanager
def disk_errors(path: str | Path = ""):
    """Raise DiskError in place of an OSError in the block (or the function, as a decorator)."""
    try:
        yield
    except OSError as error:
        if error.errno is None or isinstance(error, ConnectionError):
            raise  # of a reader of files; of the network
        raise DiskError(why_disk(error, path)) from error


def while_there(outcomes: Iterator[tuple], paths: Sequence[Path]) -> Iterator[tuple]:
    """Pass on what became of each of `paths`: pairs whose second is an exception if it could not be read.

    Raises DiskError once they are gone, and not only this or that file: of several none is there any more,
    or their disk has not answered twice in a row.
    """
    before = None
    with closing(outcomes):
        for pair in outcomes:
            now = pair[1]
            if isinstance(now, DiskError) and isinstance(before, DiskError):
                raise now
            if isinstance(now, Exception) and len(paths) > 1 and not any(map(os.path.exists, paths)):
                raise DiskError(
                    f"The pictures are gone, {paths[0]} and all others: plug their disk in again, or "
                    "look for their folder; then do the same again."
                )
            before = now
            yield pair
