"""Numbers in the prose of a notebook, which come from its cells.

    Beam 3 reaches <!--{{wide["CIDEr"]:.2f}}-->1.99<!---->, greedy less.

A reader sees "Beam 3 reaches 1.99, greedy less.". Whoever executes the notebook (`make notebooks`) writes
there what the expression, in the form of an f-string, gives when all cells have run: prose cannot be left
behind.
"""

import json
import re

NUMBER = re.compile(r"<!--\{\{(.+?)\}\}-->(.*?)<!---->", re.S)
UNKNOWN = "…"  # where an expression has no value, as on another data set
ASK = """
import json as _json
def _said(expression):
    try:
        return eval("f" + repr("{" + expression + "}"))
    except Exception:
        return None
print(_json.dumps({each: _said(each) for each in EXPRESSIONS}))
"""


def expressions(notebook) -> list[str]:
    """All that the prose of a notebook asks for, each once."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return list(dict.fromkeys(found[1] for text in prose for found in NUMBER.finditer(text)))


def asking(notebook) -> str:
    """The code of a last cell, which prints what they are."""
    return ASK.replace("EXPRESSIONS", repr(expressions(notebook)))


def fill(notebook, printed: str) -> None:
    """Write what that cell has printed into the prose, `UNKNOWN` where there is no value."""
    said = json.loads(printed)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = NUMBER.sub(
                lambda found: f"<!--{{{{{found[1]}}}}}-->{said[found[1]] or UNKNOWN}<!---->", cell.source
            )


def plain(markdown: str) -> str:
    """Prose as a reader sees it."""
    return NUMBER.sub(r"\2", markdown)
