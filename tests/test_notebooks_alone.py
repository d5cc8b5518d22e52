"""Every notebook runs on its own, in a home that the others have never seen; and on Colab."""

import subprocess

import pytest
from notebook_checks import ADDRESS, check_clean, check_places, code_cells, run, tagged

from tools.walkthrough import NOTEBOOKS, PROJECT, can_run, execute

pytestmark = pytest.mark.notebooks


def test_07_looks_at_what_it_names_and_practice_raises_the_score(make_home):
    notebook = run("07_attention", make_home(), PRACTICE=1)
    share, effect = tagged(notebook, "share"), tagged(notebook, "effect")
    assert share["inside"] > 1.5 * share["area"] and share["words"] >= 300
    assert effect["self-critical"]["CIDEr"] > effect["one vector"]["CIDEr"]


@pytest.mark.skipif(not can_run(NOTEBOOKS / "08_scaling_out.ipynb"), reason="no extra 'scale' is installed")
def test_08_shared_work_is_the_same_work(make_home):
    notebook = run("08_scaling_out", make_home())
    same, collection, groups = (tagged(notebook, tag) for tag in ("same", "collection", "groups"))
    apart = abs(same["train_loss"]["one"] - same["train_loss"]["two"])
    assert round(apart, 4) <= 1e-4  # both are rounded to four digits
    assert collection["rows"] == 501 and len(collection["broken"]) == 1
    assert collection["as one machine says it"] == groups["pictures in the same group"] == 500
    assert groups["names agree"]


def test_06_finds_the_places_in_what_the_captioner_says_that_ships(make_home):
    home = make_home()
    check_places(run("06_clustering", home))
    assert not list(home.rglob("*.pt"))  # it trained nothing


@pytest.mark.parametrize("name", ["00_start_here", "01_preprocessing", "03_decoder"])
def test_it_runs_alone(name, make_home):
    run(name, make_home())


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
    opened = tmp_path / "opened.ipynb"
    text = (NOTEBOOKS / "01_preprocessing.ipynb").read_text(encoding="utf-8")
    opened.write_text(text.replace("/content/show-tell-sort", f"{content}/show-tell-sort"), encoding="utf-8")
    notebook = execute(opened, tmp_path / "01.ipynb", parameters, cwd=content)
    check_clean([output for cell in code_cells(notebook) for output in cell.outputs])
    fetched = content / "show-tell-sort"
    assert [*fetched.glob("checkpoints/vocabulary-tiny*.json")]  # the fetched helpers wrote it
