"""The exercises: their checks, their solutions, and the notebooks that are derived from these."""

import ast
import json
import re
import shutil
from importlib import import_module

import nbformat
import pytest
import torch
from exercise_answers import other_right_answers, wrong_answers

from helpers.teach import exercises, solutions
from helpers.teach.checks_tell import some_decoder
from helpers.teach.exercises import check, untouched, verdict
from helpers.teach.solutions import NOTEBOOKS, drifted, for_students
from tools.walkthrough import execute

SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("[0-9]*.ipynb"))
every_solution = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
verdict("0.1", ...)
NUMBERS = sorted(exercises.CHECKS)


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


# ---------------------------------------------------------------------- right, wrong, untouched


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


@pytest.mark.parametrize("number", NUMBERS)
def test_wrong_answers_get_a_hint_that_fits(number):
    assert len(wrong_answers()[number]) >= 2
    for answer, piece in wrong_answers()[number]:
        for _ in range(1 if number == "6.4" else 3):  # other inputs every time
            text = verdict(number, answer)
            assert text.startswith("not yet: ") and piece in text, (piece, text)


@pytest.mark.parametrize("number", NUMBERS)
def test_other_right_answers_are_right_every_time(number):
    for answer in other_right_answers().get(number, []):
        for _ in range(1 if number == "6.4" else 10):
            assert verdict(number, answer).startswith("right."), verdict(number, answer)


CONSTANTS = (
    None,
    0,
    1,
    0.5,
    True,
    False,
    "",
    "a dog",
    [],
    [2, 3],
    set(),
    (0, 0),
    torch.zeros(3, 5, 11),
    torch.ones(1),
)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_constant_passes_for_a_function(number):
    if callable(wrong_answers()[number][0][0]):
        for constant in CONSTANTS:
            text = verdict(number, lambda *_, constant=constant: constant)
            assert not text.startswith("right"), (constant, text)


def raising(*_):
    raise RuntimeError("no such luck\nand more")


def leaving(*_):
    raise SystemExit


def endless(*_):
    return endless(*_)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_check_never_raises(number, capsys):
    odd = (None, "", "nine", [], {}, object(), object, float("nan"), float("inf"), torch.zeros(0), raising)
    for answer in (*odd, leaving, endless, lambda: 3, type("Empty", (), {})):
        check(number, answer)
        told = capsys.readouterr().out
        assert told.startswith(f"{number} not yet: "), (answer, told)
    if callable(wrong_answers()[number][0][0]) and number not in ("1.3", "2.5", "3.5", "7.4"):
        assert "RuntimeError: no such luck (run it" in verdict(number, raising)


def test_an_unknown_number_is_a_sentence(capsys):
    check("9.9", 3)
    assert "9.9 is no exercise. There are 0.1, 0.2" in capsys.readouterr().out


def test_what_counts_as_untouched():
    def dots(a, b=2): ...

    def with_a_docstring():
        """Says what to do."""
        ...

    def closure():
        def inner():
            ...
            return dots

        return inner

    class Half:
        size = 3

        def start(self):
            return 1

        def step(self): ...

    for answer in (..., dots, with_a_docstring, lambda: ..., lambda x: None, [1, ...], (..., 2)):
        assert untouched(answer) == "", answer
    for answer in (
        0,
        None,
        False,
        "",
        [],
        lambda x: x,
        lambda: 3,
        print,
        dict,
        closure,
        torch.zeros(2),
        Half(),
    ):
        assert untouched(answer) is None, answer
    assert untouched(Half) == ": `step` still to do"


def test_a_forgotten_return_is_not_called_untouched():
    def forgot(caption):
        caption.lower().split()

    assert "Is a `return` missing?" in verdict("1.2", forgot)


def test_a_check_leaves_chance_as_it_was():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    for number in ("3.4", "4.4", "7.4"):
        verdict(number, wrong_answers()[number][0][0])
    assert torch.equal(torch.rand(2), expected)


def test_answers_learnt_by_heart_do_not_pass():
    """Who remembers what was right the last time is wrong the next time: the inputs are drawn anew."""
    heard = []
    for _ in range(5):
        verdict("2.2", lambda *asked: heard.append(asked) or 10**9)
    assert len(set(heard)) > 1


# ---------------------------------------------------------------------- one source


@pytest.fixture
def course(tmp_path):
    """A copy of the notebooks, derived."""
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    drifted(tmp_path / "notebooks", write=True)
    return tmp_path / "notebooks"


def test_the_committed_notebooks_have_the_exercises_of_their_solutions(capsys):
    assert solutions.main(["--check"]) == 0, capsys.readouterr().out


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
    assert solutions.main(["--check", "--folder", str(course)]) == 1
    assert "exercises of 01_preprocessing have drifted" in capsys.readouterr().out
    assert solutions.main(["--folder", str(course)]) == 0
    assert "New exercises in 01_preprocessing." in capsys.readouterr().out
    again = [cell for cell in cells(path) if "exercise" in cell["metadata"].get("tags", [])]
    assert [cell["execution_count"] for cell in again] == [7, None, 7, 7]
    assert "changed by hand" not in path.read_text(encoding="utf-8")


def test_a_notebook_without_the_section_is_one_sentence(course, capsys):
    (course / "00_start_here.ipynb").write_text(json.dumps({"cells": [], "metadata": {}}))
    assert solutions.main(["--folder", str(course)]) == 2
    assert 'needs a section "## Exercises"' in capsys.readouterr().err


# ---------------------------------------------------------------------- form


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


PROJECTS = (NOTEBOOKS / "projects.md").read_text(encoding="utf-8").split("\n## ")[1:]


@pytest.mark.parametrize("project", PROJECTS, ids=lambda text: text.partition("\n")[0])
def test_projects_have_a_rubric_of_twenty_points_and_cells_that_run(project):
    for part in ("**Goal.**", "hours", "**Milestones.**", "**Pitfalls.**", "| points | for |"):
        assert part in project
    assert sum(map(int, re.findall(r"^\| (\d+) \|", project, re.M))) == 20
    names = {}
    for code in re.findall(r"```python\n(.*?)```", project, re.S):
        exec(compile(code, "projects.md", "exec"), names)
    if "learn" in names:  # it does train, and says something
        captioner = names["learn"](epochs=1, batch_size=16, word_threshold=0)
        assert captioner.vocabulary["있다"] != captioner.vocabulary.UNK
    if "agree" in names:  # it sees a decoder that is right, and one that is not
        names["agree"](some_decoder())
        with pytest.raises(NotImplementedError):
            names["agree"](names["GRUDecoder"](11, 8, 16))


def test_projects_name_what_exists():
    text = "\n".join(PROJECTS)
    for module, name in re.findall(r"`helpers\.(\w+)\.(\w+)`", text):
        assert hasattr(import_module(f"helpers.{module}"), name)
    for path in re.findall(r"`(helpers/[\w/]+\.py)`", text):
        assert (NOTEBOOKS.parent / path).exists()


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
