from helpers.base.files import NOTEBOOKS
from tools import lab


def test_the_limit_is_raised_and_other_options_win():
    notebook, limit, last = lab.lab_options(NOTEBOOKS / "05_inference.ipynb", ["--no-browser"])
    assert notebook.endswith("05_inference.ipynb") and last == "--no-browser"
    assert f"'websocket_max_message_size': {lab.LARGEST}" in limit and lab.LARGEST > 18_000_000 * 4 / 3


def test_a_notebook_that_is_not_there_is_a_sentence(capsys, monkeypatch):
    monkeypatch.setattr(lab, "require", lambda *_, **__: None)
    assert lab.lab_command(["99_nothing", "--no-browser"]) == 2
    assert "There is no notebook 99_nothing" in capsys.readouterr().err
