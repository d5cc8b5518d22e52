import pytest

from helpers.base import files
from helpers.base.errors import UserError
from helpers.base.files import checkpoint_folder, data_folder, require_disk, whole_file


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
