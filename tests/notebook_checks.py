"""What the tests of the notebooks share."""

import ast
import json
import re
import tomllib

from tools.walkthrough import NOTEBOOKS, PROJECT

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
ADDRESS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def tagged(notebook, tag):
    """What the cell with this tag shows, as the Python value it is."""
    cell = next(cell for cell in notebook.cells if tag in cell.metadata.get("tags", []))
    return ast.literal_eval(cell.outputs[-1].data["text/plain"])


def check_clean(outputs):
    for output in outputs:
        assert output.output_type != "error"
        text = json.dumps(output.get("text", "")) if output.output_type == "stream" else ""
        assert output.get("name") != "stderr" and not re.search("warning|traceback", text, re.I), text
