import nbformat
import pytest

from tools.prose import expressions, plain
from tools.walkthrough import execute

TEXT = "It scores <!--{{scores['CIDEr']:.2f}}-->9.99<!---->, and <!--{{len(words):,}}-->0<!----> words."


def notebook_of(*cells):
    kinds = {"md": nbformat.v4.new_markdown_cell, "py": nbformat.v4.new_code_cell}
    return nbformat.v4.new_notebook(cells=[kinds[kind](source) for kind, source in cells])


@pytest.fixture
def executed(tmp_path):
    def run(*cells):
        nbformat.write(notebook_of(*cells), tmp_path / "in.ipynb")
        return execute(tmp_path / "in.ipynb", tmp_path / "out.ipynb")

    return run


def test_numbers_in_the_prose_are_those_of_the_run(executed):
    code = "scores, words = {'CIDEr': 1.987}, range(1234)"
    notebook = executed(("md", TEXT), ("py", code), ("md", TEXT))
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "markdown"]
    assert {plain(notebook.cells[i].source) for i in (0, 2)} == {"It scores 1.99, and 1,234 words."}
    assert expressions(notebook) == expressions(notebook_of(("md", TEXT)))  # another run fills them anew


def test_what_has_no_value_keeps_no_old_number(executed):
    notebook = executed(("py", "scores = {}"), ("md", TEXT))
    assert plain(notebook.cells[1].source) == "It scores …, and … words."


def test_prose_without_numbers_stays_as_it_is(executed):
    text = "A comment <!-- {{here}} --> and `{{braces}}` stay."
    assert executed(("md", text), ("py", "1")).cells[0].source == text
