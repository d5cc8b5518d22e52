"""One source for exercises: `notebooks/solutions` has them solved, the notebooks get them unsolved.

    python -m helpers.teach.solutions              puts them into the notebooks (`make exercises`)
    python -m helpers.teach.solutions --check      changes nothing, and says which notebook has drifted

Everything else in a notebook stays as it is, and so do the outputs of exercises that have not changed.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import json
import re
import sys
from pathlib import Path

from helpers.base.commands import command_parser
from helpers.base.errors import UserError, run_command
from helpers.base.files import NOTEBOOKS, whole_file

SOLVED = re.compile(r"^([ \t]*)# students see: (.*)\n(?:.*\n)*?\1# end$", re.M)
START, END = "## Exercises", "## Further reading"


def for_students(source: str) -> str:
    """The source of a cell without its solution, which lies between "# students see: …" and "# end"."""
    return SOLVED.sub(r"\1\2", source)


def derive(notebook: dict, solutions: dict) -> dict:
    """The notebook (JSON) with the exercises of `solutions`; cells that stay the same keep their outputs."""
    cells = notebook["cells"]
    first, last = ([i for i, cell in enumerate(cells) if part in _text(cell)][:1] for part in (START, END))
    if not first or not last or last < first:
        raise UserError(f'A notebook needs a section "{START}" and then one "{END}": write them first.')
    first, last = first[0], last[0]
    before = _text(cells[first]).partition(START)[0].rstrip()
    after = END + _text(cells[last]).partition(END)[2]
    kept = {cell["id"]: cell for cell in cells[first : last + 1]}
    middle = [_markdown(cells[first]["id"], before)] if before else []
    for cell in solutions["cells"]:
        cell = {**cell, "source": for_students(_text(cell)).splitlines(True)}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        old = kept.get(cell["id"])
        middle.append(old if old and _text(old) == _text(cell) else cell)
    name = cells[last]["id"] if last > first else f"{cells[last]['id']}-reading"
    return {**notebook, "cells": [*cells[:first], *middle, _markdown(name, after), *cells[last + 1 :]]}


def _text(cell: dict) -> str:
    return "".join(cell["source"])


def _markdown(name: str, text: str) -> dict:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.splitlines(True)}


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """(notebook, its solutions) for every notebook in `folder` that has any."""
    both = [(folder / path.name, path) for path in sorted((folder / "solutions").glob("[0-9]*.ipynb"))]
    return [(notebook, solutions) for notebook, solutions in both if notebook.exists()]


def drifted(folder: Path = NOTEBOOKS, write: bool = False) -> list[str]:
    """The names of the notebooks whose exercises are not those of their solutions; `write` mends them."""
    names = []
    for path, solutions in pairs(folder):
        old = json.loads(path.read_text(encoding="utf-8"))
        new = derive(old, json.loads(solutions.read_text(encoding="utf-8")))
        if new != old:
            names.append(path.stem)
            if write:
                with whole_file(path) as partial:
                    text = json.dumps(new, indent=1, ensure_ascii=False, sort_keys=True)
                    partial.write_text(text + "\n", encoding="utf-8")
    return names


def solutions_command(arguments=None) -> int:
    """Command line; returns the exit code."""
    parser = command_parser("python -m helpers.teach.solutions", __doc__.partition("\n")[0], "--check")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a notebook has drifted")
    parser.add_argument("--folder", type=Path, default=NOTEBOOKS, help="where the notebooks are")
    options = parser.parse_args(arguments)

    def work() -> int:
        names = drifted(options.folder, write=not options.check)
        print(_told(names, options.check))
        return int(bool(names) and options.check)

    return run_command(work, "The same command goes on.")


def _told(names: list[str], check: bool) -> str:
    if not names:
        return "The exercises in the notebooks are those of notebooks/solutions."
    if check:
        return f"The exercises of {', '.join(names)} have drifted from notebooks/solutions: make exercises."
    return f"New exercises in {', '.join(names)}. Execute them: make notebooks ONLY={names[0]} and so on."


if __name__ == "__main__":
    sys.exit(solutions_command())
