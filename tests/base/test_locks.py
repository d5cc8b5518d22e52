import subprocess
import sys

from helpers.base import locks
from helpers.base.locks import alone_at

HOLD = """
import sys, time
from helpers.base.locks import alone_at
with alone_at(sys.argv[1]):
    print("in", flush=True)
    time.sleep(float(sys.argv[2]))
    print("out", flush=True)
"""


def holder(path, seconds):
    """Another program that is in a block for `path`, for so many seconds."""
    command = [sys.executable, "-c", HOLD, str(path), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "in\n"
    return process


def test_another_program_waits_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(locks, "SOON", 0.0)
    process = holder(tmp_path / "a.npy", 0.5)
    with alone_at(tmp_path / "b.npy"):  # another file, no waiting
        assert not capsys.readouterr().out
    with alone_at(tmp_path / "a.npy"):
        assert process.stdout.read() == "out\n"
    assert "at work on a.npy" in capsys.readouterr().out
    assert not [*tmp_path.glob("*.lock")]  # nothing is left beside one's files


def test_a_program_that_is_killed_holds_up_nobody(tmp_path):
    process = holder(tmp_path / "a", 600)
    process.kill()
    process.wait()
    with alone_at(tmp_path / "a"):
        pass
