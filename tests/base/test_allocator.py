"""Memory that is freed stays at hand, where glibc is; nowhere else anything happens."""

import ctypes
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from helpers.base import allocator
from helpers.base.files import PROJECT

FAULTS = """
import resource, sys
import helpers.base.device, torch
def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work(times, mebibytes):
    for _ in range(times):
        torch.ones(mebibytes << 18)
work(20, 100)
before = pages()
work(40, 100)
repeated = pages() - before
print(repeated)
"""


@pytest.fixture
def nothing_set(monkeypatch):
    for name in [*os.environ]:
        if name.startswith("MALLOC_") or name == "GLIBC_TUNABLES":
            monkeypatch.delenv(name)


def has_glibc():
    try:
        return hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
    except TypeError:
        return False


def faults(**environment) -> int:
    """Pages fetched by forty times 100 MiB that came and went."""
    command = [sys.executable, "-c", FAULTS]
    how = {"capture_output": True, "text": True, "check": True, "cwd": PROJECT}
    done = subprocess.run(command, env=os.environ | environment, **how)
    return int(done.stdout)


@pytest.mark.skipif(not has_glibc(), reason="no glibc here")
def test_memory_that_was_freed_is_at_hand_again(nothing_set):
    kept, plain = faults(), faults(MALLOC_MMAP_MAX_="65536", MALLOC_TRIM_THRESHOLD_="131072")
    # Now and then something small sits down in a free place, and the next tensor needs a new one.
    assert plain > 2 * max(kept, 20), (kept, plain)  # as many, if nothing were set


@pytest.mark.parametrize("name", ["MALLOC_MMAP_MAX_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES"])
def test_what_somebody_has_set_stays(nothing_set, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: 1 / 0)
    assert allocator.keep_memory() is False


def refuse(error):
    def cdll(name):
        raise error

    return cdll


@pytest.mark.parametrize(
    "cdll",
    [
        refuse(TypeError("bad argument type for built-in operation")),  # Windows
        refuse(OSError("no such library")),
        lambda name: SimpleNamespace(),  # macOS
        lambda name: SimpleNamespace(mallopt=lambda what, value: 1 / 0),  # musl
    ],
    ids=["Windows", "none", "macOS", "musl"],
)
def test_elsewhere_nothing_happens(nothing_set, monkeypatch, cdll):
    monkeypatch.setattr(ctypes, "CDLL", cdll)
    assert allocator.keep_memory() is False


@pytest.mark.skipif(not has_glibc(), reason="no glibc here")
def test_with_glibc_every_setting_is_taken(nothing_set, monkeypatch):
    taken, real = {}, ctypes.CDLL(None)

    def mallopt(what, value):
        taken[what] = value
        return real.mallopt(what, value)

    stand_in = SimpleNamespace(gnu_get_libc_version=None, mallopt=mallopt)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: stand_in)
    assert allocator.keep_memory() is True and taken == allocator.MALLOPT
