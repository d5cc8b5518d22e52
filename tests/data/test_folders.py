"""What a folder holds: every file is a picture or is passed over, no circle holds us, nothing is changed."""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from odd_folders import FILES, accounted, build, locks, state
from small_world import paint

from helpers.base.errors import UserError
from helpers.data import folders
from helpers.data.datasets import load
from helpers.data.folders import PASSED_OVER, pictures_below, walk

linux = pytest.mark.skipif(sys.platform != "linux", reason="such names and links are not to be had here")


def touch(path: Path, content: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def whys(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): why for path, why in walk(folder).passed_over}


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in pictures_below(folder)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a.CR3", "raw"),
        ("a.dng", "raw"),
        ("a.jxl", "jxl"),
        ("a.MOV", "film"),
        ("a.psd", "drawn"),
        ("a.txt", "other"),
        ("jpg", "other"),
        ("Thumbs.db", "system"),
        ("desktop.ini", "system"),
        ("._a.jpg", "hidden"),
        (".DS_Store", "hidden"),
    ],
)
def test_files_that_are_no_pictures_are_passed_over_by_their_names(tmp_path, name, why):
    touch(tmp_path / "a.JPG")
    touch(tmp_path / name)
    assert names(tmp_path) == ["a.JPG"] and whys(tmp_path) == {name: why}
    assert set(whys(tmp_path).values()) <= set(PASSED_OVER)


@pytest.mark.parametrize(
    "name", ["@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", ".Trash-1000"]
)
def test_what_other_programs_keep_for_themselves_is_passed_over_as_one(tmp_path, name):
    touch(tmp_path / "a.jpg")
    touch(tmp_path / "deep" / name / "deeper" / "b.jpg")
    assert names(tmp_path) == ["a.jpg"]
    assert whys(tmp_path) == {f"deep/{name}": "hidden" if name[0] == "." else "system"}


@linux
def test_links_are_followed_once_after_all_that_needs_no_link(tmp_path):
    album, elsewhere = tmp_path / "album", tmp_path / "elsewhere"
    touch(album / "z" / "a.jpg")
    touch(elsewhere / "b.jpg")
    (album / "a").symlink_to(album / "z")  # would come first
    (album / "e1").symlink_to(elsewhere)
    (album / "e2").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(album)
    (elsewhere / "itself").symlink_to(elsewhere)
    (album / "up").symlink_to(tmp_path)
    (album / "c.jpg").symlink_to(album / "z" / "a.jpg")
    (album / "d.jpg").symlink_to(touch(tmp_path / "far.bin"))
    (album / "loop.jpg").symlink_to(album / "loop.jpg")
    (album / "gone").symlink_to(tmp_path / "nowhere")
    assert names(album) == ["d.jpg", "e1/b.jpg", "z/a.jpg"]
    again = dict.fromkeys(["a", "c.jpg", "e1/back", "e1/itself", "e2", "up"], "again")
    assert whys(album) == again | {"gone": "dead", "loop.jpg": "dead"}
    found = walk(album, but=elsewhere)
    assert [path.name for path in found.pictures] == ["d.jpg", "a.jpg"]


@linux
def test_what_two_links_hold_is_read_once(tmp_path):
    album, far = tmp_path / "album", tmp_path / "far"
    for path in (far / "near" / "a.jpg", far / "b.jpg", far / "c.jpg", tmp_path / "out" / "d.jpg"):
        touch(path)
    album.mkdir()
    for name, target in {"1": far / "near", "2.jpg": far / "b.jpg", "3": far, "4": tmp_path / "out"}.items():
        (album / name).symlink_to(target)
    (far / "to out").symlink_to(tmp_path / "out")
    assert names(album) == ["1/a.jpg", "2.jpg", "3/c.jpg", "3/to out/d.jpg"]
    assert whys(album) == dict.fromkeys(["3/b.jpg", "3/near", "4"], "again")
    assert "d.jpg" not in [path.name for path in walk(album, but=tmp_path / "out").pictures]


@linux
def test_blanks_and_dots_behind_a_name_hide_no_picture(tmp_path):
    for name in ("a.jpg ", "b.JPG.", "c.jpg. .", "d.nef "):
        touch(tmp_path / name)
    assert names(tmp_path) == ["a.jpg ", "b.JPG.", "c.jpg. ."] and whys(tmp_path) == {"d.nef ": "raw"}


@linux
def test_pipes_and_sockets_named_like_pictures_are_not_opened(tmp_path):
    touch(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "to pipe.jpg").symlink_to(tmp_path / "pipe.jpg")
    assert names(tmp_path) == ["a.jpg"] and whys(tmp_path) == {"pipe.jpg": "pipe", "to pipe.jpg": "pipe"}


def locked(monkeypatch, folder: Path) -> None:
    """Make `folder` unreadable, also for root."""
    scandir = os.scandir

    def refuse(path):
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(folders.os, "scandir", refuse)


def test_a_folder_that_cannot_be_read_is_named_and_the_rest_is_read(tmp_path, monkeypatch):
    touch(tmp_path / "a.jpg")
    touch(tmp_path / "secret" / "b.jpg")
    locked(monkeypatch, tmp_path / "secret")
    assert names(tmp_path) == ["a.jpg"] and whys(tmp_path) == {"secret": "locked"}


@linux
@pytest.mark.parametrize(("error", "why"), [(PermissionError, "locked"), (FileNotFoundError, "dead")])
def test_a_link_to_where_one_may_not_go_is_no_link_to_nothing(tmp_path, monkeypatch, error, why):
    (tmp_path / "a.jpg").symlink_to(touch(tmp_path.with_name(f"{tmp_path.name} far") / "b.jpg"))
    ask = os.stat

    def refuse(path, **options):
        if os.fspath(path).endswith("b.jpg"):
            raise error(13, "no")
        return ask(path, **options)

    monkeypatch.setattr(folders.os, "stat", refuse)
    assert whys(tmp_path) == {"a.jpg": why}


def test_a_disk_that_says_of_an_entry_neither_what_it_is_nor_why(tmp_path, monkeypatch):
    class Mute:
        def __init__(self, entry):
            self.name, self.path = entry.name, entry.path

        def is_file(self, **_):
            raise PermissionError(13, "no")

    scandir = os.scandir
    monkeypatch.setattr(folders.os, "scandir", lambda path: nullcontext([*map(Mute, scandir(path))]))
    touch(tmp_path / "a.jpg")
    assert whys(tmp_path) == {"a.jpg": "locked"}


def test_a_folder_that_itself_cannot_be_read_is_a_sentence(tmp_path, monkeypatch):
    locked(monkeypatch, tmp_path)
    with pytest.raises(UserError, match="not allowed"):
        walk(tmp_path)
    with pytest.raises(UserError, match="is not there"):
        walk(tmp_path / "nowhere")


def test_a_folder_called_like_a_picture_is_a_folder(tmp_path):
    touch(tmp_path / "trip.jpg" / "a.jpg")
    assert names(tmp_path) == ["trip.jpg/a.jpg"]


def test_load_names_and_counts_what_it_passes_over(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(tmp_path / "home"))
    folder = tmp_path / "mine"
    paint(folder / "a.png", "red")
    for name in ("b.nef", "c.nef", "Thumbs.db", "notes.txt"):
        touch(folder / name)
    left_out = load(folder, "all").left_out
    assert {why: left_out[why] for why in ("raw", "system", "other")} == {"raw": 2, "system": 1, "other": 1}
    assert "RAW, which cannot be read here, export it as JPEG: 2 (b.nef; c.nef)" in capsys.readouterr().out
    (folder / "a.png").unlink()
    with pytest.raises(UserError, match=r"no picture in .* export it as JPEG: 2"):
        load(folder)


@linux
@given(files=FILES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_folder_is_read_or_named_and_nothing_changes(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("any") / "mine"
    build(folder, files)
    before = state(folder)
    with locks(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOW_TELL_SORT_HOME", str(folder.with_name("home")))
        pictures, passed_over = walk(folder)
        records = load(folder, "all")
    assert accounted(folder, pictures, [path for path, _ in passed_over])
    assert len(records) + len(records.skipped) == len(pictures)
    assert [records[i].image.size for i in range(len(records))] == [(256, 256)] * len(records)
    assert sum(n for why, n in records.left_out.items() if why in PASSED_OVER) == len(passed_over)
    assert state(folder) == before
