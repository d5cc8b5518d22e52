"""What the tests of the notebooks share."""

import ast
import json
import re
import tomllib

import pytest

from tools.walkthrough import NOTEBOOKS, PROJECT, execute

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
ADDRESS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def tagged(notebook, tag):
    """What the cell with this tag shows, as the Python value it is."""
    cell = next(cell for cell in notebook.cells if tag in cell.metadata.get("tags", []))
    return ast.literal_eval(cell.outputs[-1].data["text/plain"])


BAR = re.compile(r"[\r\x1b]|\d%\||\d ?[A-Za-z]+/s\b|\ds/\w+\]|\dit \[")  # what a progress bar leaves behind


def check_clean(outputs):
    for output in outputs:
        assert output.output_type != "error"
        said = output.get("text", "") + output.get("data", {}).get("text/plain", "")
        assert not BAR.search(said), said
        text = json.dumps(output.get("text", "")) if output.output_type == "stream" else ""
        assert output.get("name") != "stderr" and not re.search("warning|traceback", text, re.I), text


def check_places(notebook):
    """06 has found the twelve places of the scenes."""
    rows = tagged(notebook, "agreement")
    assert rows["captions"]["ARI"] >= 0.9 and abs(rows["k"] - 12) <= 1
    assert rows["captions"]["ARI"] > 10 * rows["chance"]["ARI"]


def run(name, home, **parameters):
    """The notebook as it is when it has been executed in this home, without a warning."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOW_TELL_SORT_HOME", str(home))
        notebook = execute(NOTEBOOKS / f"{name}.ipynb", home / f"{name}.ipynb", parameters)
    check_clean([output for cell in code_cells(notebook) for output in cell.outputs])
    return notebook
