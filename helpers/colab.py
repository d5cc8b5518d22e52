"""What the first cell of every notebook calls on Colab: install what Colab lacks, and nothing else."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version

from helpers.base.files import PROJECT


def missing(requirements: list[str] | None = None) -> list[str]:
    """Those of `requirements` (the project's own, if not given) that no installed package answers to.

    Whatever is there in any version is left alone: Colab's torch and numpy fit its GPU and each other.
    """
    if requirements is None:
        described = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
        requirements = described["project"]["dependencies"]
    return [line for line in requirements if not _installed(re.match(r"[\w.-]+", line)[0])]


def install_missing() -> None:
    """Install the missing packages into this Python, without touching those that are there."""
    lacking = missing()
    if lacking:
        print("Installing", ", ".join(lacking))
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *lacking], check=True)


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False
