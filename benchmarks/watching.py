"""A command in a process of its own, watched: how long it takes, how much memory; killed in its middle.

Not for Windows, which has no such signals.
"""

import os
import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil

BETWEEN = 0.05  # seconds between two looks at the memory


class Watched(NamedTuple):
    """What was seen of a command."""

    seconds: float
    peak: int  # bytes of all its processes together
    code: int  # how it ended; negative: by that signal
    killed: bool  # by us, before it had ended by itself


def watch(command: list[str], log: Path, mark: Path | None = None, after: float = 0, kill=None) -> Watched:
    """Run `command`, its output into `log`; with `kill` it gets that signal, as do its children.

    The signal comes `after` seconds from when the command has made the file `mark`.
    """
    if mark:
        mark.unlink(missing_ok=True)
    began, peak, due = time.perf_counter(), 0, None
    with log.open("a") as out:
        # What runs behind a shell ignores Ctrl-C; our child must not, whoever started us.
        heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True, preexec_fn=heed)
    try:
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            if kill and due is None and mark.exists():
                due = time.perf_counter() + after
            if due is not None and time.perf_counter() >= due:
                os.killpg(process.pid, kill)
                code = process.wait()
                return Watched(time.perf_counter() - began, peak, code, killed=code != 0)
            time.sleep(BETWEEN)
    finally:
        if process.poll() is None:  # we were interrupted ourselves
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return Watched(time.perf_counter() - began, peak, process.returncode, False)


def memory_of(pid: int) -> int:
    """Bytes of memory that a process and its children hold now; pages that they share count twice."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.Error:
        pass  # it has just ended
    return total


def disk_of(folder: Path) -> int:
    """Bytes of all files below `folder`."""
    return sum(
        (Path(parent) / name).lstat().st_size for parent, _, names in os.walk(folder) for name in names
    )
