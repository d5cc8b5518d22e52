"""Notebooks where the walk through the course does not lead: alone, on Colab, on photographs."""

import os
import subprocess
from pathlib import Path

import pytest
from notebook_checks import ADDRESS, PATHS, check_clean, code_cells, tagged

from tools.walkthrough import NOTEBOOKS, PROJECT, execute


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Execute one notebook in a home that the earlier ones have never seen."""
    home = tmp_path_factory.mktemp("fresh")

    def execute_there(name, **parameters):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHOW_TELL_SORT_HOME", str(home))
            notebook = execute(NOTEBOOKS / f"{name}.ipynb", home / f"{name}.ipynb", parameters)
        check_clean([output for cell in code_cells(notebook) for output in cell.outputs])
        return notebook

    return execute_there, home


@pytest.mark.notebooks
def test_06_alone_groups_what_the_captioner_says_that_ships(alone):
    run, home = alone
    assert tagged(run("06_clustering"), "agreement")["captions"]["ARI"] >= 0.9
    assert not list(home.rglob("*.pt"))  # it trained nothing


@pytest.mark.notebooks
def test_07_alone_looks_at_what_it_names_and_practice_raises_the_score(alone):
    notebook = alone[0]("07_attention", PRACTICE=1)
    share, effect = tagged(notebook, "share"), tagged(notebook, "effect")
    assert share["inside"] > 1.5 * share["area"] and share["words"] >= 300
    assert effect["self-critical"]["CIDEr"] > effect["one vector"]["CIDEr"]


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
    for path in PATHS[:7]:  # what 07 and 08 do beyond these has little to do with the pictures
        notebook = execute(path, tmp_path / path.name, parameters)
        check_clean([output for cell in code_cells(notebook) for output in cell.outputs])
