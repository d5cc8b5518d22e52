import errno
import os
from pathlib import Path

import pytest
import torch

from helpers.base import files
from helpers.base.disks import DiskError
from helpers.base.errors import UserError
from helpers.base.files import checkpoint_folder, data_folder, require_disk, save_tensors, whole_file


def test_everything_goes_under_home(home, monkeypatch):
    assert data_folder("scenes") == home.resolve() / "data" / "scenes"
    assert checkpoint_folder("a").is_dir()
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", "")
    assert (files.home() / "pyproject.toml").exists()


@pytest.mark.parametrize("part", ["{0}/photos-small", "../photos-small"])
def test_a_path_is_no_name(tmp_path, part):
    for folder in (checkpoint_folder, data_folder):
        with pytest.raises(UserError, match="is a path"):
            folder(part.format(tmp_path))
    assert not [*tmp_path.rglob("photos-small")]


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with whole_file(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_before_anything_is_written(tmp_path):
    require_disk(tmp_path, 1000, "A small thing")
    with pytest.raises(UserError, match=r"A huge thing needs .*SHOW_TELL_SORT_HOME"):
        require_disk(tmp_path, 10**18, "A huge thing")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.ESTALE])
def test_trouble_with_the_disk_leaves_the_old_file_and_is_one_sentence(tmp_path, number):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(DiskError, match=r"a\.txt cannot be used"), whole_file(tmp_path / "a.txt") as partial:
        partial.write_text("half")
        raise OSError(number, os.strerror(number), str(partial))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_folder_that_vanishes_is_one_sentence(tmp_path):
    told = pytest.raises(DiskError, match=r"a\.txt cannot be used: it is not there")
    with told, whole_file(tmp_path / "stick" / "a.txt") as partial:
        partial.write_text("x")
    assert not (tmp_path / "stick").exists()


def test_other_errors_come_out_as_they_are(tmp_path):
    for error in (ZeroDivisionError, UserError, RuntimeError):
        with pytest.raises(error), whole_file(tmp_path / "a.txt"):
            raise error("x")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("size", [10, 1_000_000])  # so the error comes at the end, or in the middle
def test_tensors_on_a_full_disk_leave_the_old_ones(tmp_path, small_disk, size):
    path = tmp_path / "last.pt"
    save_tensors({"a": torch.zeros(3)}, path)
    with small_disk(500), pytest.raises(DiskError, match=r"last\.pt cannot be used"):
        save_tensors({"a": torch.zeros(size)}, path)
    assert torch.load(path)["a"].tolist() == [0, 0, 0] and [*tmp_path.iterdir()] == [path]


def test_a_home_in_which_nothing_can_be_made_is_one_sentence(home, monkeypatch):
    home.write_text("a file in its place")
    with pytest.raises(DiskError, match=r"something else is in its place.*SHOW_TELL_SORT_HOME"):
        data_folder("scenes")
    home.unlink()

    def locked(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", locked)
    for folder in (data_folder, checkpoint_folder):
        with pytest.raises(DiskError, match=r"can only be read.*SHOW_TELL_SORT_HOME"):
            folder("scenes")
