"""The exercises' solutions, and the notebooks that are derived from these."""

import ast
import json
import re
import shutil

import nbformat
import pytest

from helpers.teach.exercises import CHECKS, verdict
from helpers.teach.solutions import NOTEBOOKS, drifted, for_students, solutions_command
from tools.walkthrough import execute

SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("[0-9]*.ipynb"))
every_solution = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
verdict("0.1", ...)
NUMBERS = sorted(CHECKS)


def cells(path, kind="code"):
    return [
        cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind
    ]


def source(cell):
    return "".join(cell["source"])


def run_all(path, change=str):
    """Execute the code cells in one namespace."""
    names = {}
    for cell in cells(path):
        exec(compile(change(source(cell)), path.name, "exec"), names)


def said(output):
    """(number, the rest) of every check's line in what was printed."""
    return re.findall(r"^(\d\.\d) (.*)", output, re.M)


@every_solution
def test_solutions_are_right_and_untouched_cells_only_not_tried(path, capsys):
    numbers = [number for number in NUMBERS if number[0] == path.stem[1]]
    run_all(path)
    told = said(capsys.readouterr().out)
    assert [number for number, _ in told] == numbers and all(text.startswith("right.") for _, text in told), (
        told
    )
    run_all(path, for_students)
    told = said(capsys.readouterr().out)
    assert [number for number, _ in told] == numbers
    assert all(text.startswith("not tried yet") for _, text in told), told


@pytest.fixture
def course(tmp_path):
    """A copy of the notebooks, derived."""
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    drifted(tmp_path / "notebooks", write=True)
    return tmp_path / "notebooks"


def test_the_committed_notebooks_have_the_exercises_of_their_solutions(capsys):
    assert solutions_command(["--check"]) == 0, capsys.readouterr().out


def test_a_second_derivation_changes_nothing(course):
    before = {path: path.read_bytes() for path in course.rglob("*.ipynb")}
    assert drifted(course, write=True) == []
    assert all(path.read_bytes() == content for path, content in before.items())


@every_solution
def test_only_the_exercises_change(path, course):
    if not (NOTEBOOKS / path.name).exists():
        pytest.skip("this notebook is not written yet")
    old, new = (
        json.loads((folder / path.name).read_text(encoding="utf-8")) for folder in (NOTEBOOKS, course)
    )

    def rest(notebook):
        kept = [cell for cell in notebook["cells"] if "-ex-" not in cell["id"]]
        text = [source(cell) for cell in kept if cell["cell_type"] == "markdown"]
        text = re.sub(r"## Exercises.*?(?=## Further)", "", "\n\n".join(text), flags=re.S)
        return [cell for cell in kept if cell["cell_type"] == "code"], text.split(), notebook["metadata"]

    assert rest(old) == rest(new)
    text = "\n".join(source(cell) for cell in new["cells"])
    places = [text.index(part) for part in ("## Summary", "## Exercises", "check(", "## Further reading")]
    assert places == sorted(places) and "# students see" not in text and "# end" not in text
    assert len({cell["id"] for cell in new["cells"]}) == len(new["cells"])


def test_outputs_of_exercises_that_stay_are_kept_and_drift_is_a_sentence(course, capsys):
    path = course / "01_preprocessing.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    tried = [cell for cell in notebook["cells"] if "exercise" in cell["metadata"].get("tags", [])]
    for cell in tried:
        cell |= {
            "execution_count": 7,
            "outputs": [{"name": "stdout", "output_type": "stream", "text": ["hm"]}],
        }
    tried[1]["source"] = ["print('changed by hand')"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert solutions_command(["--check", "--folder", str(course)]) == 1
    assert "exercises of 01_preprocessing have drifted" in capsys.readouterr().out
    assert solutions_command(["--folder", str(course)]) == 0
    assert "New exercises in 01_preprocessing." in capsys.readouterr().out
    again = [cell for cell in cells(path) if "exercise" in cell["metadata"].get("tags", [])]
    assert [cell["execution_count"] for cell in again] == [7, None, 7, 7]
    assert "changed by hand" not in path.read_text(encoding="utf-8")


def test_a_notebook_without_the_section_is_one_sentence(course, capsys):
    (course / "00_start_here.ipynb").write_text(json.dumps({"cells": [], "metadata": {}}))
    assert solutions_command(["--folder", str(course)]) == 2
    assert 'needs a section "## Exercises"' in capsys.readouterr().err


def bound(node):
    """Names that code binds at the level of its notebook, imports aside."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif not isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from bound(child)


def assigned(text):
    """Names that the code of a cell binds."""
    return set(bound(ast.parse(re.sub(r"^( *)[!%].*$", r"\1pass", text, flags=re.M))))


@every_solution
def test_form(path):
    texts = [source(cell) for cell in cells(path, "markdown")]
    solved = [source(cell) for cell in cells(path) if cell["metadata"]["tags"] == ["exercise"]]
    assert texts[0].startswith("## Exercises") and texts[-1].startswith("**To think about.**")
    assert cells(path)[0]["metadata"]["tags"] == ["setup"] and len(solved) >= 4
    for i, (text, code) in enumerate(zip(texts[1:-1], solved, strict=True), 1):
        number = f"{path.stem[1]}.{i}"
        assert text.startswith(f"**{number}** *") and re.search(r"· \d+ minutes\.\*", text)
        assert "*Read:*" in text or "*Hint:*" in text or "`" in text
        assert f'check("{number}", ' in code.splitlines()[-1] and for_students(code) != code
    for cell in cells(path):
        assert len(for_students(source(cell)).splitlines()) <= 15 and not cell["outputs"]


@every_solution
def test_exercises_bind_no_name_of_their_notebook(path):
    if not (NOTEBOOKS / path.name).exists():
        pytest.skip("this notebook is not written yet")
    own, ours = cells(NOTEBOOKS / path.name), cells(path)
    taken = [assigned(source(cell)) for cell in own if "-ex-" not in cell["id"]]
    assert not set.union(*taken) & set.union(*(assigned(for_students(source(cell))) for cell in ours))


@pytest.mark.notebooks
def test_all_solutions_in_a_kernel(tmp_path):
    """One after the other in one kernel: most of the time goes into importing PyTorch."""
    all_cells = [cell for path in SOLUTIONS for cell in nbformat.read(path, as_version=4).cells]
    for number, cell in enumerate(all_cells):
        cell.id = str(number)
    nbformat.write(nbformat.v4.new_notebook(cells=all_cells), tmp_path / "all.ipynb")
    notebook = execute(tmp_path / "all.ipynb", tmp_path / "executed.ipynb")
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    told = said("\n".join(output.get("text", "") for output in outputs))
    assert [number for number, _ in told] == NUMBERS
    assert all(text.startswith("right.") for _, text in told), told
