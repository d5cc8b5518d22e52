"""The first minute: which Python is taken, and a sentence where there is none, no network, no room."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.base.files import PROJECT
from tools import setup_venv

SCRIPT = PROJECT / "tools" / "setup_venv.py"
PIECES = ("Makefile", "requirements.txt", "requirements-compare.txt", "pyproject.toml", "tools/setup_venv.py")
UTILITIES = ("sh", "make", "test", "touch", "mkdir", "cp", "cat", "sleep", "rm", "basename")
NEEDS_MAKE = pytest.mark.skipif(
    os.name == "nt" or not shutil.which("make"), reason="make and sh are not here"
)
# A Python of any version: it says which, makes environments with itself in them, and starts no JupyterLab.
PYTHON = """#!/bin/sh
case "$*" in
    *"import ensurepip"*) echo "{version}"; echo "/where/it/is"; exit {bare};;
    *"import pip"*) echo "{version}";;
    *"-m venv"*) rm -rf "$5" && mkdir -p "$5/bin" && cp "$0" "$5/bin/python" && touch "$5/pyvenv.cfg";;
    *"-m ensurepip"*) {pip};;
    *"pip install"*) {uv};;
    *tools.lab*) echo "JupyterLab opens";;
    *) exec "{real}" "$@";;
esac
"""
NO_DNS = "echo 'error: Request failed'; echo '  cause: dns error'; echo '  cause: cannot resolve'; exit 2"


class Machine:
    """A clone on a machine with nothing but a few Pythons."""

    def __init__(self, folder: Path):
        self.clone, self.bin = folder / "clone", folder / "bin"
        (self.clone / "tools").mkdir(parents=True)
        self.bin.mkdir()
        for piece in PIECES:
            shutil.copy(PROJECT / piece, self.clone / piece)
        for name in UTILITIES:
            (self.bin / name).symlink_to(shutil.which(name))

    def put(self, name: str, version="3.12.1", bare=0, uv="echo $*", pip=":"):
        """A Python by this name; `uv`: what pip and uv do; `pip`: what happens when pip is put in."""
        facts = {"version": version.replace(".", " "), "bare": bare, "uv": uv, "pip": pip}
        text = PYTHON.format(real=sys.executable, **facts)
        for path, content in ((self.bin / name, text), (self.bin / "uv", f"#!/bin/sh\n{uv}\n")):
            path.write_text(content)
            path.chmod(0o755)

    def start(self, *words: str):
        """`make`, in a session of its own."""
        environment = {"PATH": str(self.bin), "LC_ALL": "C"}
        heed = {"start_new_session": True, "preexec_fn": heed_interrupts}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(["make", *words], cwd=self.clone, env=environment, **heed, **pipes)

    def make(self, *words: str) -> tuple[int, str]:
        """Its exit code and all that it said."""
        with self.start(*words) as process:
            said = process.communicate()[0]
        return process.returncode, said


def heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@NEEDS_MAKE
@pytest.mark.parametrize("version", ["3.6.9", "3.10.13"])
def test_an_old_python_says_what_is_needed_and_leaves_nothing_and_a_new_one_then_works(machine, version):
    machine.put("python3", version)
    code, said = machine.make("lab")
    assert code == 2 and "Python 3.11 or newer" in said and f"python3 ({version}, /where/it/is)" in said
    assert "python3.12" in said and "Traceback" not in said and not (machine.clone / ".venv").exists()
    machine.put("python3.12")
    code, said = machine.make("lab", "VERBOSE=1")
    assert code == 0 and "-r requirements.txt" in said and said.endswith("JupyterLab opens\n")
    code, said = machine.make("lab", "VERBOSE=1")
    assert code == 0 and "requirements" not in said and said.endswith("JupyterLab opens\n")


@NEEDS_MAKE
def test_the_python_that_is_named_wins_and_none_at_all_is_said(machine):
    code, said = machine.make("lab")
    assert code == 2 and "Python 3.11 or newer" in said and said.count("\n") == 1
    machine.put("python3", "3.12.1")
    for name, version in (("python3.8", "3.8.18"), ("python3.77", None)):
        if version:
            machine.put(name, version)
        code, said = machine.make("lab", f"PYTHON={name}")
        assert code == 2 and f"Looked for {name}; found" in said and str(version or "none that runs") in said
    machine.put("python3.13", "3.13.0")
    assert "Making .venv with" in (said := machine.make("lab", "PYTHON=python3.13")[1])
    assert "bin/python3.13" in said


@NEEDS_MAKE
def test_without_the_module_that_makes_environments_the_package_is_named(machine):
    machine.put("python3", "3.11.2", bare=1)
    code, said = machine.make("lab")
    assert code == 2 and "apt install python3.11-venv" in said and not (machine.clone / ".venv").exists()
    machine.put("python3.12")
    assert machine.make("lab")[0] == 0


@NEEDS_MAKE
@pytest.mark.parametrize("broken", ["vanished", "old", "half", "dead"])
def test_a_broken_environment_is_made_anew(machine, broken):
    machine.put("python3", "3.8.18" if broken == "old" else "3.12.1")
    python = machine.clone / ".venv" / "bin" / "python"
    if broken == "old":
        python.parent.mkdir(parents=True)
        shutil.copy(machine.bin / "python3", python)
        (machine.clone / ".venv" / "pyvenv.cfg").touch()
        machine.put("python3")
    elif broken == "half":
        python.parent.mkdir(parents=True)
    else:
        assert machine.make("lab")[0] == 0
        python.unlink()
        if broken == "vanished":
            python.symlink_to("/no/where/python3")
        else:
            python.write_text("#!/bin/sh\nexit 1\n")
            python.chmod(0o755)
            (machine.clone / ".venv" / "ready-default").unlink()
    code, said = machine.make("lab")
    assert code == 0 and "Making .venv" in said and said.endswith("JupyterLab opens\n")


@NEEDS_MAKE
def test_a_folder_of_somebody_else_is_left_alone(machine):
    machine.put("python3")
    (machine.clone / ".venv").mkdir()
    (machine.clone / ".venv" / "diary.txt").write_text("mine")
    code, said = machine.make("lab")
    assert code == 2 and "move it away" in said
    assert [path.name for path in (machine.clone / ".venv").iterdir()] == ["diary.txt"]


@NEEDS_MAKE
@pytest.mark.parametrize("target", ["lab", ".venv/ready-default-compare"])
def test_without_a_network_a_sentence_says_how_to_bring_the_packages(machine, target):
    if "compare" in target:
        machine.put("python3")
        assert machine.make("lab")[0] == 0
    machine.put("python3", uv=NO_DNS)
    code, said = machine.make(target)
    assert code == 2 and "make bundle" in said and "(dns error)" in said and "cannot resolve" not in said
    assert "cannot resolve" in (machine.clone / ".venv" / "setup.log").read_text()
    assert "cannot resolve" in machine.make(target, "VERBOSE=1")[1]
    machine.put("python3", uv="echo 'Downloading torch (800MiB)'; echo ' + torch'")
    code, said = machine.make(target)
    assert code == 0 and "Downloading torch" in said and "+ torch" not in said and "Making" not in said


@pytest.mark.parametrize(
    "line, advice",
    [
        ("cause: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer", "SSL_CERT_FILE"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("cause: failed to write: No space left on device (os error 28)", "The disk is full"),
        ("WARNING: Retrying after '[Errno -3] Temporary failure in name resolution'", "make bundle"),
        ("cause: tcp connect error: Connection refused (os error 111)", "make bundle"),
        ("hint: Packages were unavailable because the network was disabled.", "make bundle"),
        ("error: torch has no wheels for this platform", "cannot be installed"),
    ],
)  # fmt: skip
def test_the_telling_line_is_shown(tmp_path, line, advice):
    said = setup_venv.reason(["error: Request failed", line], tmp_path / "setup.log")
    assert advice in said and line.replace("cause: ", "").rstrip(".") in said and "setup.log" in said
    assert (tmp_path / "setup.log").read_text() == f"error: Request failed\n{line}\n"


def test_where_python_may_write_no_bytecode_it_is_written_at_installation(monkeypatch, capsys):
    told = [sys.executable, "-c", "import os; print('compiled:', os.environ.get('UV_COMPILE_BYTECODE'))"]
    monkeypatch.delenv("UV_COMPILE_BYTECODE", raising=False)
    for value, said in (("1", "compiled: 1"), (None, "compiled: None")):
        with monkeypatch.context() as patch:
            if value:
                patch.setenv("PYTHONDONTWRITEBYTECODE", value)
            else:
                patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            setup_venv.run(told, None, verbose=True)
        assert said in capsys.readouterr().out


def test_a_log_that_cannot_be_written_hides_no_reason(tmp_path):
    (tmp_path / "setup.log").mkdir()
    assert "VERBOSE=1" in setup_venv.reason(["No space left on device"], tmp_path / "setup.log")


@NEEDS_MAKE
@pytest.mark.parametrize("moment", ["pip", "uv"])
def test_ctrl_c_in_the_middle_is_a_line_and_the_same_command_goes_on(machine, moment):
    sleep = "echo started > started; exec sleep 60"
    machine.put("python3", **{moment: sleep})
    with machine.start("lab") as process:
        while not (machine.clone / "started").exists():
            assert process.poll() is None
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate()[0]
    assert process.returncode and "Interrupted. The same command goes on." in said and "Traceback" not in said
    assert (machine.clone / ".venv").exists() == (moment == "uv")
    machine.put("python3")
    assert machine.make("lab")[0] == 0


def test_it_is_written_for_an_old_python():
    for path in (SCRIPT, SCRIPT.with_name("offline.py")):  # which says for which Python a bundle was made
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
    for name in (f"python3.{minor}" for minor in range(6, 11)):
        if shutil.which(name) and subprocess.run([name, "-c", ""], capture_output=True).returncode == 0:
            done = subprocess.run([name, SCRIPT, "--find", "--python", name], capture_output=True, text=True)
            assert done.returncode == 1 and f"found {name} (3." in done.stderr, done.stderr
            break


def test_the_cpu_build_needs_no_cuda(tmp_path):
    (tmp_path / "all.txt").write_text("torch==2\nnvidia-cublas==1\ntriton==3\nnumpy==2\n")
    copy = setup_venv.without_cuda(tmp_path / "all.txt", tmp_path)
    assert copy.read_text() == "torch==2\nnumpy==2\n"


def test_what_the_bundle_needs_for_cuda_is_the_same():
    from tools import wheels

    assert setup_venv.CUDA == wheels.CUDA


@NEEDS_MAKE
def test_a_disk_that_fills_up_while_the_environment_is_made_leaves_nothing(machine):
    machine.put("python3", pip="echo 'OSError: [Errno 28] No space left on device'; exit 1")
    code, said = machine.make("lab")
    assert code == 2 and "The disk is full" in said and "setup.log" not in said
    assert not (machine.clone / ".venv").exists()
    machine.put("python3")
    assert machine.make("lab")[0] == 0
