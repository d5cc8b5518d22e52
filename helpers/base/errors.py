"""How to say what went wrong, so that whoever reads it knows what to do."""

import sys
from importlib.util import find_spec
from pathlib import Path

from helpers.base.commands import INTERRUPTED, heeding_interrupts, was_interrupted


class UserError(ValueError):
    """Something only the user can mend; the message says what to do about it.

    In a notebook it appears as that one sentence, without a stack trace.
    """

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


def run_command(work, interrupted: str) -> int:
    """Do `work()` for a command line; its exit code: 2 if the user must mend something, 130 after Ctrl-C.

    Else it is what `work` returns, by default 0. A full disk, or a folder in which one may not write, is for
    the user to mend, too.
    """
    try:
        with heeding_interrupts():
            return work() or 0
    except BaseException as error:
        if was_interrupted(error):
            print(f"Interrupted. {interrupted}".rstrip(), file=sys.stderr)
            return INTERRUPTED
        if not isinstance(error, UserError | OSError):
            raise
        if isinstance(error, OSError):
            from helpers.base.disks import why_disk  # not at the top: it stands on this module

            error = why_disk(error)
        print(error, file=sys.stderr)
        return 2
