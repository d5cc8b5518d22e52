import io

import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from PIL import Image

from helpers.look.style import light_png
from tools.walkthrough import execute, final_text, inject, main, tidy, walk


def test_a_progress_bar_leaves_only_its_last_state():
    assert final_text("\r 10%\r 50%\r100%\ndone\n") == "100%\ndone\n"
    assert final_text("\r 10%\r100%\r      \r") == ""


def test_parameters_are_set_right_after_their_cell():
    cells = [nbformat.v4.new_code_cell(source) for source in ("pass", "A = 1", "print(A)")]
    cells[1].metadata["tags"] = ["parameters"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    inject(notebook, {"A": "two", "B": None})
    assert notebook.cells[2].source == "A = 'two'\nB = None"
    assert [cell.source for cell in notebook.cells[::3]] == ["pass", "print(A)"]


def test_tidy_drops_finished_bars_and_keeps_the_rest():
    cell = nbformat.v4.new_code_cell("…")
    for text in ("\r 50%\r     \r", "kept\n"):
        cell.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=text))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    tidy(notebook)
    assert [output.text for output in cell.outputs] == ["kept\n"]


def test_tidy_keeps_of_a_widgets_layout_only_what_is_set():
    layout = {"model_name": "LayoutModel", "state": {"width": "80%", "height": None, "flex": None}}
    text = {"model_name": "HTMLModel", "state": {"value": "a", "tooltip": None}}
    notebook = nbformat.v4.new_notebook()
    kind = "application/vnd.jupyter.widget-state+json"
    notebook.metadata["widgets"] = {kind: {"state": {"1": layout, "2": text}}}
    tidy(notebook)
    kept = notebook.metadata.widgets[kind].state
    assert kept["1"].state == {"width": "80%"} and kept["2"] == text


def test_a_heavy_picture_becomes_light_and_looks_the_same():
    heavy = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 64, (200, 200, 3)) + np.arange(200)[:, None, None] // 2
    Image.fromarray(pixels.astype(np.uint8)).save(heavy, "PNG")
    light = light_png(heavy.getvalue())
    assert len(light) < 0.6 * len(heavy.getvalue())
    shown = np.asarray(Image.open(io.BytesIO(light)).convert("RGB")).astype(int)
    assert np.abs(shown - pixels).mean() < 12


def test_a_notebook_is_executed_and_written(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in ("A = 1", "print(A + 1)")]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "in.ipynb")
    execute(tmp_path / "in.ipynb", tmp_path / "out" / "out.ipynb", {"A": 41})
    assert nbformat.read(tmp_path / "out" / "out.ipynb", as_version=4).cells[-1].outputs[0].text == "42\n"


def test_in_place_a_notebook_that_fails_stays_as_it_was(tmp_path):
    good, bad = tmp_path / "good.ipynb", tmp_path / "bad.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(41 + 1)")]), good)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), bad)
    before = bad.read_bytes()
    with pytest.raises(CellExecutionError):
        walk([good, bad], tmp_path / "out", {}, in_place=True)
    assert bad.read_bytes() == before
    assert "ZeroDivisionError" in (tmp_path / "out" / "bad.ipynb").read_text()
    assert nbformat.read(good, as_version=4).cells[0].outputs[0].text == "42\n"


def test_nobodys_own_data_set_gets_into_the_committed_notebooks(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["walkthrough", "--in-place", "--dataset", "flickr8k"])
    monkeypatch.setattr("tools.walkthrough.walk", lambda *_: 1 / 0)
    with pytest.raises(SystemExit):
        main()
    assert "on scenes" in capsys.readouterr().err
