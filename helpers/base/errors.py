"""How to say what went wrong, so that whoever reads it knows what to do."""

import errno
import sys
from importlib.util import find_spec
from pathlib import Path

from helpers.base.commands import INTERRUPTED, heeding_interrupts, was_interrupted
from helpers.base.terminals import printable


class UserError(ValueError):
    """Something only the user can mend; the message says what to do about it.

    In a notebook it appears as that one sentence, without a stack trace. What no terminal shows, as names of
    files may hold it, becomes a question mark.
    """

    def __str__(self):
        return printable(super().__str__())

    def _render_traceback_(self):  # asked for by IPython
        return [f"\N{RAISED HAND} {self}"]


def require(*packages: str, extra: str) -> None:
    """Raise UserError, which says how to install them, if one of `packages` is not there."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        course = Path(__file__).resolve().parents[2]
        raise UserError(
            f'This needs {" and ".join(missing)}: pip install -e "{course}[{extra}]" (in a notebook %pip for '
            "pip), then restart the kernel. Everything else does without."
        )


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


def run_command(work, interrupted: str) -> int:
    """Do `work()` for a command line; its exit code: 2 if the user must mend something, 130 after Ctrl-C.

    Else it is what `work` returns, by default 0. A full disk, or a folder in which one may not write, is for
    the user to mend, too.
    """
    for stream in (sys.stdout, sys.stderr):  # a name of a file may hold what a terminal cannot show
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with heeding_interrupts():
            return work() or 0
    except BaseException as error:
        if was_interrupted(error):
            print(f"Interrupted. {interrupted}".rstrip(), file=sys.stderr)
            return INTERRUPTED
        if not isinstance(error, UserError | OSError):
            raise
        print(printable(why_disk(error)) if isinstance(error, OSError) else error, file=sys.stderr)
        return 2
