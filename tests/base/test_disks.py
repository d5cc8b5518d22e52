import errno
import os

import pytest

from helpers.base.disks import DiskError, disk_errors, while_there
from helpers.base.errors import GONE, UserError, run_command, why_disk

KINDS = {
    "ENOSPC": "the disk is full.*Make room",
    "EROFS": "can only be read.*SHOW_TELL_SORT_HOME",
    "EACCES": "not allowed.*rights",
    "EFBIG": "too large",
    "EIO": "does not answer.*Plug it in",
    "ENODEV": "does not answer.*Plug it in",
    "ESTALE": "does not answer.*connect to it again",
    "ENOENT": "is not there.*Check the path",
    "ENOTDIR": "something else",
    "EMFILE": "Look at its disk",
}


def failing(name, file="/sticks/photo.jpg"):
    number = getattr(errno, name)
    return OSError(number, os.strerror(number), file)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_trouble_is_one_sentence_with_the_file(name, capsys):
    with pytest.raises(DiskError, match=f"photo.jpg cannot .*{KINDS[name]}") as told, disk_errors():
        raise failing(name)
    assert isinstance(told.value, UserError) and "\n" not in str(told.value)

    def work():
        raise failing(name)

    assert run_command(work, "") == 2
    assert "photo.jpg cannot" in capsys.readouterr().err


def test_an_error_without_a_file_names_the_one_that_was_meant():
    assert why_disk(OSError(errno.ENOSPC, "No space"), "last.pt").startswith("last.pt cannot be used")
    assert why_disk(OSError("encoder error -2"), "a.jpg").startswith("a.jpg cannot be read or written (enc")


def test_trouble_with_the_network_and_mistakes_stay_what_they_are():
    for error in (ConnectionResetError(), KeyError("x"), UserError("x")):
        with pytest.raises(type(error)), disk_errors():
            raise error


def outcomes(paths, **errors):
    return ((path, errors.get(path.name)) for path in paths)


@pytest.fixture
def paths(tmp_path):
    for name in "abcd":
        (tmp_path / name).touch()
    return sorted(tmp_path.iterdir())


def test_one_file_that_cannot_be_read_stops_nobody(paths):
    for error in (UserError("no picture"), DiskError("a bad sector")):
        passed = list(while_there(outcomes(paths, b=error, d=error), paths))
        assert [found for _, found in passed] == [None, error, None, error]
    paths[1].unlink()
    assert len(list(while_there(outcomes(paths, b=UserError("gone")), paths))) == 4


def test_a_disk_that_does_not_answer_twice_stops_the_run(paths):
    error, passed = DiskError("no answer"), []
    with pytest.raises(DiskError, match="no answer"):
        passed += while_there(outcomes(paths, b=error, c=error), paths)


def test_pictures_that_are_all_gone_stop_the_run(paths):
    for path in paths:
        path.unlink()
    with pytest.raises(DiskError, match="plug their disk in again"):
        list(while_there(outcomes(paths, b=UserError("There is no picture b")), paths))


def test_a_disk_that_is_gone_has_numbers_on_this_system():
    assert {errno.EIO, errno.ENODEV} <= GONE and errno.ENOSPC not in GONE
