"""What all commands do alike: Ctrl-C ends them with a line at any moment, and --help shows an example.

A command begins with `leave_quietly`, before it imports anything that takes time, and then gives its work to
`errors.run_command`.
"""

import _signal as signal  # it is there already; while `signal` itself is imported, Ctrl-C may come
import os
import sys
from contextlib import contextmanager

INTERRUPTED = 130  # the exit code of a program that Ctrl-C has ended


def leave_quietly() -> None:
    """From here on Ctrl-C ends the program at once, with a line: nothing has been begun yet."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, behind a shell
        signal.signal(signal.SIGINT, _leave)


def _leave(*_) -> None:
    print("Interrupted.", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)


def _heed(_, frame) -> None:
    """KeyboardInterrupt; but during an import, at whose exceptions C++ may abort, leave at once."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            _leave()
        frame = frame.f_back
    raise KeyboardInterrupt


@contextmanager
def heeding_interrupts():
    """Ctrl-C raises KeyboardInterrupt in the block, even where Python would lose it, as in a `__del__`."""
    from _thread import interrupt_main
    from threading import Timer

    before, hook = signal.getsignal(signal.SIGINT), sys.unraisablehook

    def again(lost):
        if lost.exc_type is KeyboardInterrupt:
            Timer(0.01, interrupt_main).start()  # not from in here, where it would be lost, too
        else:
            hook(lost)

    sys.unraisablehook = again
    if before is _leave:
        signal.signal(signal.SIGINT, _heed)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        if before is _leave:
            signal.signal(signal.SIGINT, _leave)


def was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind `error`: a module that it hits while it is imported may raise ImportError."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def command_parser(prog: str, description: str, example: str):
    """An argparse.ArgumentParser whose --help ends with `example`, what follows `prog` on the line."""
    from argparse import ArgumentParser, RawDescriptionHelpFormatter

    return ArgumentParser(
        prog=prog,
        description=description,
        epilog=f"Example:\n    {prog} {example}".rstrip(),
        formatter_class=RawDescriptionHelpFormatter,
    )
