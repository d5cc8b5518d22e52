"""The notebooks themselves: their form, and what they show when they are run from the first to the last."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

from helpers.walkthrough import NOTEBOOKS, PROJECT, execute

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
ADDRESS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
walk = pytest.mark.xdist_group("walk")  # these share one walk through the course: one process runs them all
every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def setup_cell(notebook):
    return code_cells(notebook)[0].source


def tagged(notebook, tag):
    """What the cell with this tag shows, as the Python value it is."""
    cell = next(cell for cell in notebook.cells if tag in cell.metadata.get("tags", []))
    return ast.literal_eval(cell.outputs[-1].data["text/plain"])


def test_all_are_here():
    assert [path.stem[:2] for path in PATHS] == ["00", "01", "02", "03", "04", "05", "06"]


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
    assert len(re.findall(r"^\d\. ", text.split("## Exercises")[1], re.M)) >= 3
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


def check_clean(outputs):
    for output in outputs:
        assert output.output_type != "error"
        text = json.dumps(output.get("text", "")) if output.output_type == "stream" else ""
        assert output.get("name") != "stderr" and not re.search("warning|traceback", text, re.I), text


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """All notebooks executed in order in one new home: {stem: notebook}, and that home."""
    home, out = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("walkthrough")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOW_TELL_SORT_HOME", str(home))
        yield {path.stem: execute(path, out / path.name) for path in PATHS}, home


@walk
@pytest.mark.notebooks
def test_the_whole_course_runs_without_a_warning(walked):
    for notebook in walked[0].values():
        check_clean([output for cell in code_cells(notebook) for output in cell.outputs])


@walk
@pytest.mark.notebooks
def test_stage_one_learns_its_classes(walked):
    assert tagged(walked[0]["02_encoder"], "precision")["mean average precision"] >= 0.9


@walk
@pytest.mark.notebooks
def test_greedy_captions_of_scenes_are_true(walked):
    judged = tagged(walked[0]["05_inference"], "judged")
    assert judged["place"] >= 0.90 and judged["place_of_named"] >= 0.95
    assert judged["main"] >= 0.85 and judged["different"] >= 150


@walk
@pytest.mark.notebooks
def test_groups_of_captions_are_the_places(walked):
    rows = tagged(walked[0]["06_clustering"], "agreement")
    assert rows["captions"]["ARI"] >= 0.9 and abs(rows["k"] - 12) <= 1  # there are 12 places
    assert rows["captions"]["ARI"] > 10 * rows["chance"]["ARI"]


@walk
@pytest.mark.notebooks
def test_sampling_scores_lower_than_searching(walked):
    (cell,) = [c for c in walked[0]["05_inference"].cells if "scores" in c.metadata.get("tags", [])]
    ways, *rows = cell.outputs[0].text.splitlines()
    assert re.split(r"\s{2,}", ways.strip()) == ["greedy", "beam 3", "beam 5", "sampling"]
    for row in rows:
        values = [float(value) for value in re.findall(r"(\d\.\d+) \(", row)]
        assert values[1] > values[3], row


@walk
@pytest.mark.notebooks
def test_a_notebook_runs_alone_without_what_the_earlier_ones_made(walked, tmp_path, monkeypatch):
    home = tmp_path / "fresh"
    shutil.copytree(walked[1] / "data" / "scenes", home / "data" / "scenes")  # spares drawing it again
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(home))
    notebook = execute(NOTEBOOKS / "06_clustering.ipynb", tmp_path / "06.ipynb")
    assert tagged(notebook, "agreement")["captions"]["ARI"] >= 0.9
    assert not list(home.rglob("*.pt"))  # it trained nothing: it took the captioner that ships


@pytest.mark.notebooks
def test_on_colab_a_notebook_fetches_the_project_and_runs(tmp_path, monkeypatch, tiny_set):
    """In a bare folder, with a stand-in google.colab, and a local clone behind the project's address."""
    clone = tmp_path / "remote"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
    config = tmp_path / "gitconfig"
    config.write_text(f'[url "{clone.as_uri()}"]\n    insteadOf = {ADDRESS}\n[safe]\n    directory = *\n')
    stand_in = tmp_path / "packages" / "google" / "colab"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").touch()
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("import google.colab\n")  # as Colab's own kernel has done
    content = tmp_path / "content"
    content.mkdir()
    for name, value in {
        "GIT_CONFIG_GLOBAL": config,
        "PYTHONPATH": stand_in.parent.parent,
        "IPYTHONDIR": tmp_path / "ipython",
        "SHOW_TELL_SORT_HOME": "",
    }.items():
        monkeypatch.setenv(name, str(value))

    parameters = {"DATASET": str(tiny_set)}
    notebook = execute(NOTEBOOKS / "01_preprocessing.ipynb", tmp_path / "01.ipynb", parameters, cwd=content)
    check_clean([output for cell in code_cells(notebook) for output in cell.outputs])
    fetched = content / ADDRESS.rsplit("/", 1)[1]
    assert (fetched / "checkpoints" / "vocabulary-tiny.json").exists()  # the fetched helpers wrote it


@pytest.mark.notebooks
@pytest.mark.skipif(
    not list(Path(os.environ.get("TORCH_HOME", "/nowhere")).glob("hub/checkpoints/mobilenet_v2-*.pth")),
    reason="no ImageNet weights of mobilenet_v2 under TORCH_HOME",
)
def test_the_course_runs_on_photographs(tmp_path, monkeypatch):
    folder = os.environ.get("SHOW_TELL_SORT_COCO_SMALL")
    if not folder:
        pytest.skip("SHOW_TELL_SORT_COCO_SMALL does not name a folder of photographs in COCO's format")
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(tmp_path / "home"))
    parameters = {"DATASET": folder, "BACKBONE": "mobilenet_v2"}
    for path in PATHS:
        notebook = execute(path, tmp_path / path.name, parameters)
        check_clean([output for cell in code_cells(notebook) for output in cell.outputs])


def test_a_mistake_of_the_user_is_one_sentence_in_a_notebook(tmp_path):
    """No stack trace of ours: IPython shows what UserError says, and nothing else."""
    source = "from helpers.datasets import load\nload('no such data set')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(notebook, tmp_path / "mistake.ipynb")
    with pytest.raises(Exception, match="no such data set"):
        execute(tmp_path / "mistake.ipynb", tmp_path / "out.ipynb")
    traceback = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[0].outputs[-1].traceback
    assert len(traceback) == 1 and "File" not in traceback[0]


def test_python_is_the_one_that_runs_the_tests():
    assert sys.prefix != sys.base_prefix, "run the tests with make test, in the project's own .venv"
