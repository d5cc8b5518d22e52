"""The notebooks as they lie there: their form, and what they were committed with."""

import re
import sys
from pathlib import Path
from statistics import median

import nbformat
import pytest
from notebook_checks import PATHS, check_clean, code_cells

from tools.prose import plain
from tools.walkthrough import execute

ENDING = ["Summary", "Quiz", "Exercises", "Further reading", "If you want more"]
QUESTION = re.compile(
    r"^\*\*(\d)\.\*\* (\S.*?)\n\n<details><summary>Answer</summary>\n\n(\S.*?)\n\n</details>$", re.M | re.S
)
every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_all_are_here():
    assert [path.stem[:2] for path in PATHS] == ["00", "01", "02", "03", "04", "05", "06", "07", "08"]


@every_notebook
def test_form(path):
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = re.findall(r"^## (.+)$", text, re.M)
    ending = headings[headings.index("Summary") :]
    assert "**Time:**" in text and ending in (ENDING, ENDING[:-1])
    exercises = text.split("\n## Exercises")[1].split("\n## Further reading")[0]
    assert len(re.findall(rf"^\*\*{int(path.stem[:2])}\.\d\*\*", exercises, re.M)) >= 4
    assert any("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells)


@every_notebook
def test_cells_are_short(path):
    lines = [len(cell.source.splitlines()) for cell in code_cells(nbformat.read(path, as_version=4))]
    assert max(lines) <= 15 and median(lines) <= 7, lines


@every_notebook
def test_a_quiz_asks_five_questions_and_folds_its_answers_away(path):
    cells = nbformat.read(path, as_version=4).cells
    (quiz,) = (cell.source for cell in cells if "## Quiz" in cell.source)
    found = QUESTION.findall(quiz)
    assert [number for number, *_ in found] == list("12345")
    assert quiz.startswith("## Quiz\n\n") and quiz.count("<details>") == quiz.count("</details>") == 5
    for number, question, answer in found:
        assert question[-1] in "?." and len(plain(question)) < 300, number
        assert len(plain(answer)) > 30, "an answer says why"


@every_notebook
def test_committed_executed_clean_and_light(path):
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size < 1_000_000
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run it from top to bottom: make notebooks"
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    check_clean(outputs)
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 3
    assert str(Path.home()) not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "rest",
    [
        "\r",
        " 53%|████▍  | 10/19",
        "10/19 [00:00<00:00, 18.01it/s]",
        "3it [00:00,",
        "8/150, 15.02 pictures/s]",
    ],
)
def test_what_a_progress_bar_leaves_behind_is_seen(rest):
    with pytest.raises(AssertionError):
        check_clean([nbformat.v4.new_output("stream", name="stdout", text=f"a\n{rest}\n")])
    check_clean([nbformat.v4.new_output("stream", name="stdout", text="CIDEr 53% | 4 pictures\n")])


@pytest.mark.parametrize("name", ["03_decoder", "04_training", "05_inference"])
def test_later_notebooks_have_the_vocabulary_that_01_builds(name):
    def words(path):
        outputs = [
            output for cell in code_cells(nbformat.read(path, as_version=4)) for output in cell.outputs
        ]
        printed = "".join(output.get("text", "") for output in outputs)
        return re.search(r"([\d,]+) words[,:]", printed)[1]

    first, other = (next(path for path in PATHS if path.stem == stem) for stem in ("01_preprocessing", name))
    assert words(first) == words(other)


def test_photographs_come_first_and_your_own_may_take_their_place():
    first, inference, clustering = (nbformat.read(PATHS[i], as_version=4) for i in (0, 5, 6))
    code = "\n".join(cell.source for cell in code_cells(first))
    assert 0 < code.index("SHIPPED_PHOTOS") < code.index('datasets.load("scenes"')
    for notebook in (inference, clustering):
        (parameters,) = (c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
        assert "PHOTOS = None" in parameters.source
        assert "SHIPPED_PHOTOS" in "\n".join(cell.source for cell in code_cells(notebook))


@pytest.mark.parametrize("path", [path for path in PATHS if path.stem[:2] in ("02", "04", "07")])
def test_what_a_gpu_needs_is_in_view(path):
    """The device, the precision, and the lines that matter: not hidden in helpers."""
    code = "\n".join(cell.source for cell in code_cells(nbformat.read(path, as_version=4)))
    for line in ("device.best_device()", "device.precision(", ".to(where)", "torch.autocast(", "GradScaler("):
        assert line in code, line


def test_the_training_loop_is_in_view():
    """In one cell of 04, every step in its order, and what the package's loop comes to is held against it."""
    (path,) = (path for path in PATHS if path.stem == "04_training")
    sources = [cell.source for cell in code_cells(nbformat.read(path, as_version=4))]
    steps = ["for ", "loss = ", "zero_grad()", "backward()", "clip_grad_norm_(", ".step(optimizer)"]
    (loop,) = (source for source in sources if all(step in source for step in steps))
    assert [loop.index(step) for step in steps] == sorted(loop.index(step) for step in steps)
    later = sources[sources.index(loop) + 1 :]
    assert any("train_epoch(" in source and "assert abs(" in source for source in later)


def test_a_mistake_of_the_user_is_one_sentence_in_a_notebook(tmp_path):
    """No stack trace of ours: IPython shows what UserError says, and nothing else."""
    source = "from helpers.data.datasets import load\nload('no such data set')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(notebook, tmp_path / "mistake.ipynb")
    with pytest.raises(Exception, match="no such data set"):
        execute(tmp_path / "mistake.ipynb", tmp_path / "out.ipynb")
    traceback = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[0].outputs[-1].traceback
    assert len(traceback) == 1 and "File" not in traceback[0]


def test_python_is_the_one_that_runs_the_tests():
    assert sys.prefix != sys.base_prefix, "run the tests with make test, in the project's own .venv"
