"""The notebooks' cells at small size, one notebook after another in one process: no cell mixes devices."""

import json

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from helpers.base.files import NOTEBOOKS
from helpers.scenes import drawn_set

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
every_notebook = pytest.mark.parametrize("path", PATHS[:8], ids=lambda path: path.stem)
SIZES = {"train": 48, "val": 16, "test": 48}
SMALL = {"EPOCHS": 1, "PRACTICE": 1}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A home in which nothing lies but few scenes."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOW_TELL_SORT_HOME", str(home))
        patch.setattr(drawn_set, "SIZES", SIZES)
        drawn_set.scenes_folder()
    return home / "data"


@pytest.fixture
def shell(home, drawn, monkeypatch):
    """What runs cells as a kernel does, in a home of its own with few scenes."""
    home.mkdir()
    (home / "data").symlink_to(drawn, target_is_directory=True)
    monkeypatch.setattr(drawn_set, "SIZES", SIZES)
    monkeypatch.chdir(NOTEBOOKS)
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()
    torch.set_grad_enabled(True)  # 05 needs no gradients, and says so to all of its process


def run(shell, path, leave_out=()):
    """Run the code cells but those with one of these tags; what `SMALL` names is set as it says there."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] == "code" and not {*leave_out} & {*tags}:
            source = "".join(cell["source"]).replace("range(120)", "range(24)")  # pictures in 00
            shell.run_cell(source).raise_error()
        if "parameters" in tags:
            shell.push({name: value for name, value in SMALL.items() if name in shell.user_ns})


@every_notebook
def test_cells(shell, path):
    run(shell, path, leave_out=["exercise", "setup", "source"])  # "source" shows what a setup has made


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_solutions(shell, path, capsys):
    run(shell, NOTEBOOKS / "solutions" / path.name)
    told = capsys.readouterr().out
    assert told.count("right.") >= 4 and "not yet" not in told and "not tried" not in told
