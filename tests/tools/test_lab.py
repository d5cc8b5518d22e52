from helpers.base.files import NOTEBOOKS, PROJECT
from tools import lab


def test_links_from_our_notebooks_to_modules_lead_to_files_that_jupyterlab_may_see(tmp_path):
    ours = lab.lab_options(NOTEBOOKS / "05_inference.ipynb", ["--port=1"])
    assert f"--ServerApp.root_dir={PROJECT}" in ours[:-1] and ours[-1] == "--port=1"
    assert not any("root_dir" in option for option in lab.lab_options(tmp_path / "mine.ipynb", []))


def test_the_limit_is_raised_and_other_options_win():
    notebook, limit, *_, last = lab.lab_options(NOTEBOOKS / "05_inference.ipynb", ["--no-browser"])
    assert notebook.endswith("05_inference.ipynb") and last == "--no-browser"
    assert f"'websocket_max_message_size': {lab.LARGEST}" in limit and lab.LARGEST > 18_000_000 * 4 / 3


def test_a_notebook_that_is_not_there_is_a_sentence(capsys, monkeypatch):
    monkeypatch.setattr(lab, "require", lambda *_, **__: None)
    assert lab.lab_command(["99_nothing", "--no-browser"]) == 2
    assert "There is no notebook 99_nothing" in capsys.readouterr().err
