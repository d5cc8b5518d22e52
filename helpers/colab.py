"""What the first cell of every notebook calls on Colab, where each session begins with an empty disk."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from helpers.base.errors import UserError
from helpers.base.files import DRIVE, PROJECT, home, on_drive

GPU = Path("/dev/nvidia0")  # is there if the session has one


def set_up(drive: bool = False) -> None:
    """Install what Colab lacks, and let every command find the course, wherever it is started.

    With `drive` Google Drive is mounted, which asks for permission, and the course's home put there.
    """
    install_missing()
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = dict.fromkeys(path for path in (str(PROJECT), *known) if path)  # each once
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    if drive:
        keep_on_drive()
    if on_drive():
        print(f"Checkpoints and downloaded photographs stay on your Google Drive, in {home()}.")
    else:
        print(
            "What is made here vanishes with this session. To keep it write drive=True, run this cell again."
        )
    if not GPU.exists():
        print("No GPU here: Runtime > Change runtime type > T4 GPU. (The drawn scenes do without.)")


def keep_on_drive() -> None:
    """Mount Google Drive, and put the course's home there. UserError if that is not allowed."""
    if not (DRIVE / "MyDrive").exists():
        from google.colab import drive

        try:
            drive.mount(str(DRIVE))
        except Exception as error:  # of many kinds, none of them documented
            raise UserError(
                f"Google Drive cannot be reached ({error}): run this cell again and allow it, "
                "or write drive=False."
            ) from None
    os.environ["SHOW_TELL_SORT_HOME"] = str(DRIVE / "MyDrive" / "show-tell-sort")


def install_missing() -> None:
    """Install the missing packages into this Python, without touching those that are there."""
    lacking = missing()
    if lacking:
        print("Installing", ", ".join(lacking))
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *lacking], check=True)


def missing(requirements: list[str] | None = None) -> list[str]:
    """Those of `requirements` (if not given the project's own, and its photos) that no package answers to.

    Whatever is there in any version is left alone: Colab's torch and numpy fit its GPU and each other.
    """
    if requirements is None:
        described = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        requirements = [*described["dependencies"], *described["optional-dependencies"]["photos"]]
    return [line for line in requirements if not _installed(re.match(r"[\w.-]+", line)[0])]


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False
