"""Disks that are full, locked, failing or pulled out: one sentence for each."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from helpers.base.errors import UserError, why_disk


class DiskError(UserError):
    """A disk that is full, locked, failing or gone: whoever is at work on many files stops."""


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
