"""Install the course with no network, from the folder that this file lies in: `python3 install.py`.

It needs nothing but Python: the copy of it in a bundle (`make bundle`) runs before anything is installed.
Run twice, it checks the files again and mends what is missing.
"""

import os
import signal
import sys

if __name__ == "__main__":  # Ctrl-C from the first moment on
    signal.signal(
        signal.SIGINT, lambda *_: (print("Interrupted.", file=sys.stderr, flush=True), os._exit(130))
    )

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
SYSTEM = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}


def this_target() -> str:
    """This system, machine and Python, such as "linux-x86_64-3.11"."""
    system = SYSTEM.get(platform.system(), platform.system().lower())
    return f"{system}-{platform.machine().lower()}-{sys.version_info[0]}.{sys.version_info[1]}"


def sha256(path: Path) -> str:
    """The checksum of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def trouble(folder: Path, manifest: dict, target: str) -> str:
    """One sentence on why `target` cannot install from `folder`, or "" if all is well.

    Every file that this system needs is compared with the manifest: its size and its checksum.
    """
    targets = manifest["targets"]
    if target not in targets:
        return (
            f"This is {target}, but the bundle was made for {', '.join(targets)}. Use such a Python, "
            f"or ask for a bundle for this machine (make bundle FOR={target})."
        )
    needed = manifest["installed"][target] * 11 // 10
    free = shutil.disk_usage(folder).free
    if free < needed and not (folder / ".venv").exists():
        return (
            f"The packages take {needed / 1e9:.1f} GB, but only {free / 1e9:.1f} GB are free here. Make room."
        )
    others = {wheel for name in targets if name != target for wheel in targets[name].values()}
    foreign = others - set(targets[target].values())
    files = [entry for entry in manifest["files"] if entry["path"].rpartition("/")[2] not in foreign]
    for i, entry in enumerate(files):
        if i % 100 == 0:
            print(f"\rchecking file {i + 1:,} of {len(files):,}", end="", flush=True)
        path = folder / entry["path"]
        if not path.is_file():
            return f"\n{entry['path']} is missing. Unpack the bundle again."
        if path.stat().st_size != entry["size"] or sha256(path) != entry["sha256"]:
            return f"\n{entry['path']} is damaged. Copy the bundle again and unpack it anew."
    print(f"\r{len(files):,} files are whole.{' ' * 20}")
    return ""


def install(folder: Path, manifest: dict, target: str) -> Path:
    """Make `folder`/.venv and install all packages and the course into it; the Python in it.

    Raises subprocess.CalledProcessError when venv or pip fails; what went wrong has been printed by then.
    """
    home = folder / ".venv"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not list(home.glob("ready-*")):
        print("Making .venv …")
        venv.create(home, with_pip=True, symlinks=os.name != "nt")
    offline = [str(python), "-m", "pip", "install", "--no-index", "--no-compile", "--quiet"]
    wheels = ["--find-links", str(folder / "wheels"), "-r", str(folder / "wheels" / "requirements.txt")]
    itself = ["--no-deps", "--no-build-isolation", "--editable", str(folder)]
    print(f"Installing {len(manifest['targets'][target])} packages; this takes some minutes …", flush=True)
    for what in (wheels, itself):
        _run([*offline, "--disable-pip-version-check", *what], folder, manifest["installed"][target])
    (home / f"ready-{manifest['torch']}").touch()  # so that `make lab` finds its work done
    return python


def _run(command: list[str], folder: Path, size: int) -> None:
    """Run pip without any address of an index, whatever is set on this machine; say how far it has come."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    clean["PIP_CONFIG_FILE"] = os.devnull
    free, process = shutil.disk_usage(folder).free, subprocess.Popen(command, env=clean)
    while True:
        try:
            code = process.wait(timeout=2)
            break
        except subprocess.TimeoutExpired:
            share = (free - shutil.disk_usage(folder).free) / size
            print(f"\r{min(max(share, 0), 1):4.0%} unpacked", end="", flush=True)
    print("\r" + 20 * " ", end="\r")
    if code:
        raise subprocess.CalledProcessError(code, command)


def main() -> None:
    """Check, install, and say how to start."""
    argparse.ArgumentParser(
        prog="python3 install.py", description=__doc__, epilog="Example:\n    python3 install.py",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()  # fmt: skip
    if not (HERE / "manifest.json").exists():
        sys.exit(
            "There is no manifest.json beside this file: it belongs into an unpacked bundle (make bundle)."
        )
    began = time.monotonic()
    manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    target = this_target()
    wrong = trouble(HERE, manifest, target)
    if wrong:
        sys.exit(wrong)
    try:
        python = install(HERE, manifest, target)
    except subprocess.CalledProcessError as error:
        hint = (
            " On Debian and Ubuntu, first: sudo apt install python3-venv."
            if "ensurepip" in str(error)
            else ""
        )
        sys.exit(f"The installation stopped; run it again when the reason above is mended.{hint}")
    minutes = (time.monotonic() - began) / 60
    print(f"Ready after {minutes:.1f} minutes. To start, in this folder:")
    print(f"    {python.relative_to(HERE)} -m tools.lab")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        print("Interrupted. Run it again: what is installed already stays.", file=sys.stderr)
        sys.exit(130)
