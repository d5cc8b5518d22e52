"""Every command of the course: Ctrl-C at any moment is a line and 130, --help shows an example that works."""

import ast
import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from pages import modules

from helpers.base import commands
from helpers.base.commands import heeding_interrupts, was_interrupted
from helpers.base.errors import UserError, run_command
from helpers.base.files import PROJECT

# On the path as sitecustomize.py, it presses Ctrl-C at the moment that INTERRUPT_AT names. "first": at the
# first import once Ctrl-C is quiet; "heavy": at the first that takes time; in any case when the work begins.
TRAP = """
import os, signal, sys

SLOW = ("torch", "numpy", "nbformat", "PIL", "jupyterlab", "sklearn", "ray", "ipywidgets")
HEAVY = {"heavy": SLOW, "work": ()}
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started us may ignore it
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

class Trap:
    def find_spec(self, name, path=None, target=None):
        names = HEAVY.get(os.environ["INTERRUPT_AT"])
        quiet = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        if name in names if names is not None else quiet:
            press()

def called(frame, event, _):
    if event == "call" and frame.f_back:
        by, name = frame.f_back.f_code.co_name, frame.f_code.co_name
        begins = by == "run_command" and name in ("work", "main", "<lambda>")
        if begins or (by, name) == ("<module>", "main"):
            press()

def press():
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Trap)]
    sys.setprofile(None)
    signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Trap())
sys.setprofile(called)
"""


def find_commands() -> list[Path]:
    """All files that do something when they are run."""
    paths = [path for name in ("helpers", "tools", "benchmarks") for path in modules(PROJECT / name)]
    return sorted(path for path in paths if '__name__ == "__main__"' in path.read_text(encoding="utf-8"))


COMMANDS = find_commands()
BY_THEMSELVES = [PROJECT / "tools" / "offline.py", PROJECT / "tools" / "setup_venv.py"]  # with Python alone
each = pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)


def needs(path: Path):
    """Skip what cannot be imported here."""
    if path.stem == "scale" and not find_spec("ray"):
        pytest.skip("Ray is not installed")
    if path.parent.name == "benchmarks" and not find_spec("resource"):
        pytest.skip("benchmarks ask the system for its memory, which Windows does not tell")


def ask(path: Path, words: list[str], monkeypatch) -> None:
    """Run a command in this process, where what is imported stays."""
    monkeypatch.setattr(sys, "argv", [str(path), *words])
    monkeypatch.setattr(commands, "leave_quietly", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.syspath_prepend(path.parent if path.parent.name == "benchmarks" else PROJECT)
    runpy.run_path(str(path), run_name="__main__")


def examples(path: Path, monkeypatch, capsys) -> list[list[str]]:
    """The lines of --help below "Example:", as words."""
    with pytest.raises(SystemExit) as left:
        ask(path, ["--help"], monkeypatch)
    assert not left.value.code
    said = capsys.readouterr().out
    assert said.startswith("usage: "), said
    return [shlex.split(line) for line in said.partition("Example:\n")[2].splitlines() if line.strip()]


class ParsedError(Exception):
    """The options were understood."""


@each
def test_help_shows_an_example_that_is_understood(path, monkeypatch, capsys):
    needs(path)
    found = examples(path, monkeypatch, capsys)
    assert found, "there is no example"
    understand = ArgumentParser.parse_known_args

    def parsed(self, *arguments):
        assert not understand(self, *arguments)[1], "these are no options of it"
        raise ParsedError

    for words in found:
        here = path.relative_to(PROJECT)
        module = ".".join(here.with_suffix("").parts)
        ways = (
            ["python", "-m", module],
            ["python", f"{here}"],
            ["python3", f"{here}"],
            ["python3", "install.py"],
        )
        count = next(len(way) for way in ways if words[: len(way)] == way)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(ParsedError):
            patch.setattr(ArgumentParser, "parse_known_args", parsed)
            ask(path, words[count:], patch)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to all that share a window")
@pytest.mark.parametrize("moment", ["first", "heavy", "work"])
@each
def test_ctrl_c_in_the_first_seconds_is_a_line(path, moment, tmp_path, monkeypatch, capsys):
    needs(path)
    benchmark = path.parent.name == "benchmarks"
    if benchmark and moment == "work":
        pytest.skip("it imports all of PyTorch before that: seconds")
    start = [str(path)]
    if path not in BY_THEMSELVES and not benchmark:
        start = ["-m", ".".join(path.relative_to(PROJECT).with_suffix("").parts)]
        start += examples(path, monkeypatch, capsys)[0][3:]
    (tmp_path / "sitecustomize.py").write_text(TRAP)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{PROJECT}", "INTERRUPT_AT": moment}
    command = [sys.executable, *start]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 130, done.stderr
    assert re.fullmatch(r"Interrupted\..*\n", done.stderr)


def test_ctrl_c_during_an_import_is_ctrl_c_whatever_the_import_makes_of_it(capsys):
    def work():
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise ImportError("initialization failed") from error

    assert run_command(work, "Go on.") == 130
    assert capsys.readouterr().err == "Interrupted. Go on.\n"
    assert not was_interrupted(None) and not was_interrupted(ImportError("another"))


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to all that share a window")
def test_no_import_can_swallow_ctrl_c_or_abort_at_it(tmp_path):
    """PyTorch's C++ ends the program when an exception comes out of what it calls while it is imported."""
    press = "import signal\ntry:\n    signal.raise_signal(signal.SIGINT)\nexcept BaseException:\n    pass\n"
    (tmp_path / "greedy.py").write_text(press)
    begin = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    begin += "from helpers.base.commands import leave_quietly; leave_quietly()\n"
    begin += "from helpers.base.errors import run_command\n"
    work = "def work():\n    import greedy\n    print('it goes on')\nraise SystemExit(run_command(work, ''))"
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{PROJECT}"}
    command = [sys.executable, "-c", begin + work]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


def test_ctrl_c_that_python_would_lose_arrives(capsys):
    class Lost:
        def __del__(self):
            raise KeyboardInterrupt

    def work():
        Lost()
        for _ in range(2000):
            time.sleep(0.01)
        pytest.fail("nobody has heard it")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        assert run_command(work, "") == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "Interrupted.\n"


def test_the_exit_code_is_that_of_the_work(capsys):
    def fail(error):
        raise error

    assert [run_command(work, "") for work in (lambda: None, lambda: 0, lambda: 1)] == [0, 0, 1]
    assert run_command(lambda: fail(UserError("Do this.")), "") == 2
    assert capsys.readouterr().err == "Do this.\n"
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 / 0, "")


def test_what_others_do_at_ctrl_c_stays(monkeypatch):
    handler = signal.getsignal(signal.SIGINT)
    with heeding_interrupts():
        assert signal.getsignal(signal.SIGINT) is handler
    monkeypatch.setattr(commands.signal, "getsignal", lambda _: signal.SIG_IGN)  # behind a shell
    monkeypatch.setattr(commands.signal, "signal", lambda *_: pytest.fail("it was to be ignored"))
    commands.leave_quietly()


@each
def test_every_command_is_quiet_from_its_first_import_on(path):
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    first = next(node for node in nodes if not isinstance(node, ast.Expr))
    if path in BY_THEMSELVES:
        assert ast.unparse(first) == "import os"
    else:
        assert isinstance(first, ast.If) and "leave_quietly()" in ast.unparse(first)
