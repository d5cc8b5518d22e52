"""Notebooks where the walk through the course does not lead: alone, on Colab, on photographs."""

import os
import subprocess
from pathlib import Path

import pytest
from notebook_checks import ADDRESS, PATHS, check_clean, code_cells, tagged

from helpers.walkthrough import NOTEBOOKS, PROJECT, execute


@pytest.mark.notebooks
def test_a_notebook_runs_alone_without_what_the_earlier_ones_made(tmp_path, monkeypatch):
    home = tmp_path / "fresh"
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
