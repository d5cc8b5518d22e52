"""The repository's address, written wherever it stands: `make colab REPO=owner/name`.

It is that of pyproject.toml. Afterwards badges open, and first cells fetch, the repository that was named, so
that a fork works on Colab.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import re
import sys
import tomllib
from pathlib import Path

from helpers.base.commands import command_parser
from helpers.base.errors import UserError, run_command
from helpers.base.files import PROJECT, whole_file

GITHUB = "https://github.com/"
PLACES = ("pyproject.toml", "*.md", "notebooks/*.ipynb", "notebooks/*.md")


def repository(project: Path = PROJECT) -> str:
    """`owner/name`, as pyproject.toml has it."""
    described = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return described["urls"]["Repository"].removeprefix(GITHUB)


def move_to(new: str, project: Path = PROJECT) -> list[Path]:
    """Write `new`, "owner/name" or an address on GitHub, in the place of the present one; the changed files.

    UserError if it is neither.
    """
    new = new.removeprefix(GITHUB).removesuffix(".git").rstrip("/")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", new):
        raise UserError(f"{new!r} is no repository: write owner/name, as in make colab REPO=owner/name.")
    old = repository(project)
    links = re.compile(rf"(github\.com/|google\.com/github/){re.escape(old)}(?![\w.-]*\w)")
    into = re.compile(rf"^(    cd ){re.escape(old.partition('/')[2])}$", re.M)  # after `git clone`
    changed = []
    for path in (path for place in PLACES for path in sorted(project.glob(place))):
        text = path.read_bytes().decode()  # with the ends of lines as they are
        moved = into.sub(rf"\g<1>{new.partition('/')[2]}", links.sub(rf"\g<1>{new}", text))
        if moved != text:
            with whole_file(path) as partial:
                partial.write_bytes(moved.encode())
            changed.append(path)
    return changed


def address_command(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = command_parser("python -m tools.address", __doc__.partition("\n")[0], "owner/name")
    parser.add_argument("repository", nargs="?", default="", help="owner/name on GitHub")
    chosen = parser.parse_args(arguments)

    def work():
        changed = move_to(chosen.repository)
        print(f"{repository()} stands in {len(changed)} more files: commit them, and push them to main.")

    return run_command(work, "The same command goes on.")


if __name__ == "__main__":
    sys.exit(address_command())
