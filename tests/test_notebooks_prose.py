"""Numbers that the notebooks' prose quotes come from their cells: see `tools.prose`."""

import re

import nbformat
import pytest
from notebook_checks import PATHS, code_cells

from tools.prose import NUMBER, UNKNOWN, expressions

QUOTED = re.compile(r"\d+[.,]\d+|\d+ ?%|\b\d+ (?:in|of|out of) \d+\b|\b\d+ (?:times|points)\b")
CODE = r"`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|https?://\S+"
EXERCISES = r"^\*\*\d\.\d\*\*|\b\d\.\d to \d\.\d\b|[Ee]xercises? \d\.\d"
NO_NUMBERS = re.compile(f"{CODE}|{EXERCISES}", re.S | re.M)
FACTS = {  # of the world outside, which no cell can say
    "00_start_here": ["8,091", "8,000", "1.1", "80,000", "13.8", "5,000", "6,000"],  # the data sets on offer
    "01_preprocessing": ["60,000", "10,000"],  # COCO's splits, as helpers.data.datasets draws them
}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_numbers_in_the_prose_come_from_cells(path):
    """A marker, a setting that stands in the code, or a fact: nothing else is quoted."""
    notebook = nbformat.read(path, as_version=4)
    code = "\n".join(cell.source for cell in code_cells(notebook))
    known = {*re.findall(r"\d+(?:\.\d+)?", code), *FACTS.get(path.stem, [])}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            bare = NO_NUMBERS.sub("", NUMBER.sub("", cell.source))
            for quoted in QUOTED.findall(bare):
                assert quoted in known or quoted.rstrip(" %") in known, f"{quoted!r} in: {cell.source[:80]}"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_no_number_was_left_without_a_value(path):
    notebook = nbformat.read(path, as_version=4)
    filled = [found[2] for cell in notebook.cells for found in NUMBER.finditer(cell.source)]
    assert len(filled) >= len(expressions(notebook)) and UNKNOWN not in filled and "" not in filled
