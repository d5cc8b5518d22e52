"""The notebooks themselves: their form, and what they show when they are run from the first to the last."""

import re
import sys
from pathlib import Path

import nbformat
import pytest
from notebook_checks import ADDRESS, PATHS, check_clean, code_cells, tagged

from tools.walkthrough import can_run, execute

every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def setup_cell(notebook):
    return code_cells(notebook)[0].source


def test_all_are_here():
    assert [path.stem[:2] for path in PATHS] == ["00", "01", "02", "03", "04", "05", "06", "07", "08"]


@every_notebook
def test_badge_and_setup_cell_name_the_one_address_of_the_project(path):
    notebook = nbformat.read(path, as_version=4)
    slug = ADDRESS.removeprefix("https://github.com/")
    assert (
        f"colab.research.google.com/github/{slug}/blob/main/notebooks/{path.name}" in notebook.cells[0].source
    )
    assert f"git clone --quiet --depth 1 {ADDRESS}\n" in setup_cell(notebook)
    assert setup_cell(notebook) == setup_cell(nbformat.read(PATHS[0], as_version=4))


@every_notebook
def test_form(path):
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for part in ("**Time:**", "## Summary", "## Exercises", "## Further reading"):
        assert part in text
    assert len(re.findall(rf"^\*\*{int(path.stem[:2])}\.\d\*\*", text.split("## Exercises")[1], re.M)) >= 4
    assert any("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells)
    assert max(len(cell.source.splitlines()) for cell in code_cells(notebook)) <= 15


@every_notebook
def test_committed_executed_clean_and_light(path):
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size < 3_000_000
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run it from top to bottom: make notebooks"
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    check_clean(outputs)
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 3
    assert str(Path.home()) not in path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """All but 07, which runs elsewhere, executed in order in a new home: {stem: notebook}, and that home."""
    home, out = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("walkthrough")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOW_TELL_SORT_HOME", str(home))
        paths = [path for path in PATHS if path.stem != "07_attention" and can_run(path)]
        yield {path.stem: execute(path, out / path.name) for path in paths}, home


@pytest.mark.notebooks
def test_the_whole_course_runs_without_a_warning(walked):
    for notebook in walked[0].values():
        check_clean([output for cell in code_cells(notebook) for output in cell.outputs])


@pytest.mark.notebooks
def test_stage_one_learns_its_classes(walked):
    assert tagged(walked[0]["02_encoder"], "precision")["mean average precision"] >= 0.9


@pytest.mark.notebooks
def test_greedy_captions_of_scenes_are_true(walked):
    judged = tagged(walked[0]["05_inference"], "judged")
    assert judged["place"] >= 0.90 and judged["place_of_named"] >= 0.95
    assert judged["main"] >= 0.85 and judged["different"] >= 150


@pytest.mark.notebooks
def test_groups_of_captions_are_the_places(walked):
    rows = tagged(walked[0]["06_clustering"], "agreement")
    assert rows["captions"]["ARI"] >= 0.9 and abs(rows["k"] - 12) <= 1  # there are 12 places
    assert rows["captions"]["ARI"] > 10 * rows["chance"]["ARI"]


@pytest.mark.notebooks
def test_sampling_scores_lower_than_searching(walked):
    (cell,) = [c for c in walked[0]["05_inference"].cells if "scores" in c.metadata.get("tags", [])]
    ways, *rows = cell.outputs[0].text.splitlines()
    assert re.split(r"\s{2,}", ways.strip()) == ["greedy", "beam 3", "beam 5", "sampling"]
    for row in rows:
        values = [float(value) for value in re.findall(r"(\d\.\d+) \(", row)]
        assert values[1] > values[3], row


@pytest.mark.notebooks
def test_shared_work_is_the_same_work(walked):
    if "08_scaling_out" not in walked[0]:
        pytest.skip("the extra 'scale' is not installed")
    notebook = walked[0]["08_scaling_out"]
    same, collection, groups = (tagged(notebook, tag) for tag in ("same", "collection", "groups"))
    assert abs(same["train_loss"]["one"] - same["train_loss"]["two"]) <= 1e-4
    assert collection["rows"] == 501 and len(collection["broken"]) == 1
    assert collection["as one machine says it"] == groups["pictures in the same group"] == 500
    assert groups["names agree"]


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
