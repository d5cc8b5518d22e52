"""Make the environment of the course with whatever Python runs this; `make lab` and `make test` do.

    python3 tools/setup_venv.py          (on Windows: py tools/setup_venv.py)

It finds a Python that is new enough, makes .venv with it, anew if what is there is of no use, and installs
all packages. What goes wrong is a sentence. It needs nothing but Python 3.6: an old one can tell, too.
"""

import os
import signal
import sys

if __name__ == "__main__":  # Ctrl-C from the first moment on
    signal.signal(
        signal.SIGINT, lambda *_: (print("Interrupted.", file=sys.stderr, flush=True), os._exit(130))
    )

import argparse
import re
import shlex
import shutil
import subprocess
import threading
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
NEEDED = (3, 11)
NAMES = ("python3", "python3.13", "python3.12", "python3.11", "python", "py")
WITH_VENV = "import sys; print(*sys.version_info[:3]); print(sys.executable); import ensurepip, venv"
WITH_PIP = "import sys; print(*sys.version_info[:3]); import pip"
OURS = {"bin", "lib", "lib64", "include", "Scripts", "Lib", "Include"}  # what venv makes before pyvenv.cfg
CUDA = ("nvidia-", "cuda-", "triton")  # what only PyTorch's CUDA build needs, as in wheels.py
PROGRESS = re.compile(r"\s*(Resolved|Downloading|Downloaded|Building|Built|Prepared|Installed)\b")
REASONS = (  # what a line of the log says, and what to do about it
    (
        "no space left|os error 28|errno 28|not enough space|disk quota",
        "The disk is full: make room, then do the same again.",
    ),
    (
        "certificate|UnknownIssuer|SSL: |SSLError",
        "The network shows a certificate that is not trusted here, as proxies of schools and companies do: "
        "ask for that certificate and name its file in SSL_CERT_FILE.",
    ),
    (
        "dns error|name resolution|getaddrinfo|failed to lookup|connection (refused|reset|timed)|timed? ?out"
        "|unreachable|no route|network (was|is|connectivity is) disabled|tunnel|proxy|new connection"
        "|error sending request",
        "The packages (PyTorch is one) come once from a network, and none can be reached: try again where "
        "one can, or run make bundle on such a machine and bring its zip, which installs without.",
    ),
)


class Trouble(Exception):
    """What the user can do, in a sentence."""


def ask(command: list, question: str) -> tuple:
    """(version, what it said, whether all went well) of a Python; the version is () if it does not run."""
    try:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        done = subprocess.run([*command, "-c", question], timeout=60, check=False, **pipes)
        lines = done.stdout.decode(errors="replace").splitlines()
        return tuple(map(int, lines[0].split())), lines, done.returncode == 0
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return (), [], False


def find_python(given: str = "") -> list:
    """The command of a Python that is new enough: `given`, or else the first of NAMES on the PATH.

    Trouble, which tells what was found, if there is none, or if none can make environments.
    """
    old, bare = [], None
    for name in [given] if given else NAMES:
        path = shutil.which(name)
        command = [path] if path else [part.strip('"') for part in shlex.split(name, posix=os.name != "nt")]
        version, lines, able = ask(command, WITH_VENV)
        if version >= NEEDED and able:
            return command
        if version >= NEEDED:
            bare = bare or (name, version)
        elif version:
            old.append(f"{name} ({dotted(version)}, {lines[1]})")
    if bare:
        name, version = bare
        raise Trouble(
            f"{name} ({dotted(version)}) lacks the module that makes environments: on Debian and Ubuntu, "
            f"sudo apt install python{dotted(version[:2])}-venv, then do the same again."
        )
    looked = given or f"{', '.join(NAMES)} on the PATH"
    raise Trouble(
        f"The course needs Python {dotted(NEEDED)} or newer. Looked for {looked}; found "
        f"{', '.join(old) or 'none that runs'}. Install one (python.org/downloads), or say where it is: "
        "make lab PYTHON=/path/to/python3.12."
    )


def dotted(version: tuple) -> str:
    """3.11.7, say."""
    return ".".join(map(str, version))


def make_venv(folder: Path, given: str = "", verbose=False) -> Path:
    """The Python of the environment in `folder`, which is made anew if it is broken or of an old Python."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    version, _, whole = ask([str(python)], WITH_PIP)
    if version >= NEEDED and (whole or shutil.which("uv")):  # uv needs no pip
        return python
    command = find_python(given)  # before anything is touched
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if "pyvenv.cfg" not in there and there - OURS:
        raise Trouble(f"{folder} is no environment of Python: move it away, then do the same again.")
    print(f"Making {folder} with {' '.join(command)}", flush=True)
    try:
        run([*command, "-m", "venv", "--clear", "--without-pip", str(folder)], None, verbose)
        run([str(python), "-m", "ensurepip", "--default-pip"], None, verbose)  # venv would hide what it says
    except BaseException:  # Ctrl-C, too: nothing half made stays
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return python


def install(python: Path, what: list, cpu: bool, itself: bool, verbose=False) -> None:
    """Install what `what` tells uv to, and with `itself` the course; uv is fetched if it is not there."""
    log, beside = python.parent.parent / "setup.log", str(python.with_name("uv"))
    uv = shutil.which("uv") or shutil.which(beside)
    if not uv:
        run([str(python), "-m", "pip", "install", "--quiet", "--retries", "1", "uv"], log, verbose)
    command = [uv or beside, "pip", "install", "--python", str(python)]
    run(command + ["--torch-backend", "cpu"] * cpu + what, log, verbose)
    if itself:
        run([*command, "--no-deps", "--no-build-isolation", "--editable", "."], log, verbose)


def without_cuda(requirements: Path, folder: Path) -> Path:
    """A copy of `requirements`, in `folder`, without what only PyTorch's CUDA build needs."""
    lines = requirements.read_text(encoding="utf-8").splitlines(True)
    copy = folder / "requirements-cpu.txt"
    copy.write_text("".join(line for line in lines if not line.startswith(CUDA)), encoding="utf-8")
    return copy


def run(command: list, log, verbose: bool) -> None:
    """Run `command` and show how far it has come. Trouble if it fails; what it said is then in `log`."""
    environment = dict(os.environ, NO_COLOR="1", PYTHONUTF8="1")
    if "SSL_CERT_FILE" in environment:
        environment.setdefault("PIP_CERT", environment["SSL_CERT_FILE"])
    if "PYTHONDONTWRITEBYTECODE" in environment:  # or every start would compile everything anew
        environment.setdefault("UV_COMPILE_BYTECODE", "1")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    over, lines, letters = threading.Event(), [], sys.stdout.encoding or "ascii"  # those that can be shown
    clock = threading.Thread(target=tick, args=(over,))
    clock.start()
    try:
        for line in process.stdout:
            lines.append(line.decode(errors="replace").encode(letters, "replace").decode(letters).rstrip())
            if verbose or PROGRESS.match(lines[-1]):
                print(lines[-1].ljust(40), flush=True)
    except BaseException:
        process.terminate()
        raise
    finally:
        code = process.wait()
        over.set()
        clock.join()
    if code:
        raise Trouble(reason([line.strip() for line in lines if line.strip()], log))


def tick(over: threading.Event) -> None:
    """On a terminal, say every second how long it has taken and how much has been written to the disk."""
    began, free = time.time(), shutil.disk_usage(".").free
    while sys.stdout.isatty() and not over.wait(1):
        written = max(0, free - shutil.disk_usage(".").free)
        print(
            f"{time.time() - began:4.0f} s, {written / 1e6:,.0f} MB written".ljust(40), end="\r", flush=True
        )


def reason(lines: list, log) -> str:
    """What to do, with the line that says why; writes all `lines` to `log` if it can."""
    advice, telling = "The packages cannot be installed.", (lines or ["nothing was said"])[-1]
    for pattern, what in REASONS:
        found = [line for line in lines if re.search(pattern, line, re.IGNORECASE)]
        if found:
            advice, telling = what, found[-1]
            break
    more = "VERBOSE=1 shows all that is said."
    try:
        if log:
            log.write_text("\n".join(lines) + "\n", encoding="utf-8")
            more = f"All that was said is in {log}."
    except OSError:
        pass  # the disk is full
    return f"{advice} ({telling.replace('cause: ', '').rstrip('.')[-200:]}) {more}"


def main(arguments=None) -> None:
    """The command line; Trouble is for the user to mend."""
    parser = argparse.ArgumentParser(
        prog="python3 tools/setup_venv.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        epilog="Example:\n    python3 tools/setup_venv.py --python python3.12 --torch cpu",
    )
    parser.add_argument("--venv", type=Path, default=Path(".venv"), help="its folder (default: .venv)")
    parser.add_argument("--python", default="", help="make it with this one, not with the first that will do")
    parser.add_argument("--torch", default="default", help="cpu: PyTorch's CPU build")
    parser.add_argument("--find", action="store_true", help="only print the Python that would be taken")
    parser.add_argument(
        "--add", action="store_true", help="the course is in it: install what follows, for uv"
    )
    chosen, what = parser.parse_known_args(arguments)
    if chosen.find:
        print(*find_python(chosen.python))
        return
    os.chdir(str(PROJECT))
    verbose, cpu = bool(os.environ.get("VERBOSE")), chosen.torch == "cpu"
    python = make_venv(chosen.venv, chosen.python, verbose)
    listed = without_cuda(Path("requirements.txt"), chosen.venv) if cpu else "requirements.txt"
    install(python, what or ["-r", str(listed)], cpu, not chosen.add, verbose)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main()
    except (Trouble, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("Interrupted. The same command goes on.", file=sys.stderr)
        sys.exit(130)
