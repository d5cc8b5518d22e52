"""Which wheels a machine without a network needs, and fetching them: for this system or for others.

requirements.txt pins every version and says with markers on which systems a package is needed. uv reads it as
any system and Python would (`uv pip compile --python-platform …`), and says where each wheel lies.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from os import environ, pathsep
from pathlib import Path
from urllib.parse import unquote

from helpers.base.errors import UserError
from helpers.base.files import require_disk
from helpers.base.progress import progress
from helpers.data.fetching import fetch

SYSTEMS = {  # system-machine: what uv calls it
    "linux-x86_64": "x86_64-manylinux_2_28",
    "linux-aarch64": "aarch64-manylinux_2_28",
    "windows-amd64": "x86_64-pc-windows-msvc",
    "macos-arm64": "aarch64-apple-darwin",
}
UV = ["pip", "compile", "-", "--quiet", "--format", "pylock.toml", "--only-binary", ":all:"]
SETTINGS = {"MACOSX_DEPLOYMENT_TARGET": "14.0", "UV_PYTHON_DOWNLOADS": "never"}
CUDA = ("nvidia-", "cuda-", "triton")  # what only PyTorch's CUDA build needs, as in the Makefile


def without_cuda(requirements: str) -> str:
    """The text of requirements.txt without the packages that only PyTorch's CUDA build needs."""
    return "".join(line for line in requirements.splitlines(True) if not line.startswith(CUDA))


def wheels_for(requirements: str, target: str, cpu: bool = False) -> dict[str, dict]:
    """The wheel of each package that `target` needs: {"name==version": {"url", "size", "hashes", …}}.

    `requirements` is the text of requirements.txt, a `target` such as "linux-x86_64-3.11". With `cpu`,
    PyTorch on Linux is its CPU build. Where the last digit of Python's version decides, as in 3.11.2, both
    choices are there.

    Raises UserError for an unknown target, when a package has no wheel for it, or when one requires what is
    not in `requirements`.
    """
    system, _, python = target.rpartition("-")
    if system not in SYSTEMS or not re.fullmatch(r"3\.\d+", python):
        known = ", ".join(f"{name}-3.12" for name in SYSTEMS)
        raise UserError(f"{target!r} is no system to bundle for. Write it like one of these: {known}.")
    options = ["--python", sys.executable, "--python-platform", SYSTEMS[system]]
    options += ["--torch-backend", "cpu"] if cpu and system.startswith("linux") else []
    found = {}
    for last in (0, 99):
        for package in _compile(requirements, target, [*options, "--python-version", f"{python}.{last}"]):
            line = f"{package['name']}=={package['version'].partition('+')[0]}"  # 2.9.0+cpu is 2.9.0 as well
            compiled = [wheel for wheel in package["wheels"] if "none-any" not in wheel["url"]]
            found[line] = (compiled or package["wheels"])[0]
    pinned = {line.partition(" ")[0] for line in requirements.splitlines()}
    if lacking := found.keys() - pinned:
        raise UserError(f"requirements.txt lacks {', '.join(sorted(lacking))} for {target}. Run make lock.")
    return found


def _compile(requirements: str, target: str, options: list[str]) -> list[dict]:
    """The packages that uv finds, as in a pylock.toml (PEP 751)."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{pathsep}{environ['PATH']}")
    if uv is None:
        raise UserError("This needs uv: python -m pip install uv.")
    how = {"capture_output": True, "encoding": "utf-8", "env": environ | SETTINGS}
    done = subprocess.run([uv, *UV, *options], input=requirements, **how)
    if done.returncode:
        said = " ".join(done.stderr.partition("error: ")[2].split()).rstrip(".")
        raise UserError(
            f"The wheels for {target} cannot be had ({said}). Check the network, or choose another Python."
        )
    return tomllib.loads(done.stdout)["packages"]


def fetch_wheels(wheels: dict[str, dict], target: str, folder: Path) -> dict[str, str]:
    """Download what `wheels_for` found for `target` into `folder`; {"name==version": file name}.

    What is there already stays, and what was cut off goes on. UserError when one cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = {line: unquote(wheel["url"].rpartition("/")[2]) for line, wheel in wheels.items()}
    lacking = [wheel.get("size", 0) for line, wheel in wheels.items() if not (folder / names[line]).exists()]
    require_disk(folder, sum(lacking), f"Fetching the packages for {target}")
    for line, wheel in progress(wheels.items(), f"wheels for {target}", unit="wheel"):
        fetch(wheel["url"], folder / names[line], wheel.get("size"), sha256=wheel["hashes"].get("sha256"))
    return names
