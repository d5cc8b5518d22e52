import json
import multiprocessing
import os
import re
import signal
import sys
import time
from pathlib import Path
from threading import Event, Lock
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_folders import FILES, accounted, build, locks, state
from small_world import SAYS, ByColour, files_of, paint, pictures_of, rows_of

import helpers.sort.layout
import helpers.sort.photos
from helpers.base.disks import DiskError
from helpers.base.errors import UserError
from helpers.base.terminals import printable
from helpers.sort.albums import sort_photos
from helpers.sort.photos import find_photos


def test_captions_are_those_that_the_captioner_gives_for_the_files(photos, tmp_path, tiny_captioner):
    albums = sort_photos(photos, tiny_captioner, tmp_path / "out")
    paths = [photo.original for photo in albums.photos]
    assert [photo.caption for photo in albums.photos] == tiny_captioner.caption(paths)


def test_unreadable_pictures_are_reported_and_left_out(photos, tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo(photos / "pipe.jpg")  # reading it would wait for ever
    (photos / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    albums = sort_photos(photos, ByColour(), tmp_path / "out")
    assert sorted(path.name for path, _ in albums.skipped) == ["broken.jpg", "gone.jpg", "pipe.jpg"]
    assert "3 left out" in str(albums) and "broken.jpg" in str(albums)
    assert not any("broken" in name for name in files_of(albums.folder))
    known = json.loads((albums.folder / "albums.json").read_text())
    assert {left["photo"] for left in known["left out"]} == {"broken.jpg", "gone.jpg", "pipe.jpg"}


def test_captioning_goes_in_batches_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(helpers.sort.photos, "AT_ONCE", 4)
    for i in range(17):
        paint(tmp_path / "in" / f"{i:02}.png", ["red", "blue"][i % 2])
    captioner = ByColour()
    albums = sort_photos(tmp_path / "in", captioner, tmp_path / "out", k=2)
    assert [size for size, _ in captioner.calls] == [4, 4, 4, 4, 1]
    assert [photo.caption for photo in albums.photos] == [SAYS[["red", "blue"][i % 2]] for i in range(17)]
    assert [len(members) for members in albums.members.values()] == [9, 8]


def test_several_batches_at_a_time_come_to_the_same_albums(photos, tmp_path, monkeypatch, tiny_captioner):
    monkeypatch.setattr(helpers.sort.photos, "AT_ONCE", 2)
    here = sort_photos(photos, tiny_captioner, tmp_path / "one hand", k=3)
    monkeypatch.setattr(helpers.sort.photos, "at_a_time", lambda captioner: 3)
    there = sort_photos(photos, tiny_captioner, tmp_path / "three", k=3)
    assert rows_of(there) == rows_of(here)
    assert [path.name for path, _ in there.skipped] == [path.name for path, _ in here.skipped] != []


def test_the_first_captions_come_soon(tmp_path, monkeypatch):
    monkeypatch.setattr(helpers.sort.photos, "AT_FIRST", 2)
    monkeypatch.setattr(helpers.sort.photos, "AT_ONCE", 4)
    for i in range(7):
        paint(tmp_path / "in" / f"{i}.png", "red")
    captioner = ByColour()
    sort_photos(tmp_path / "in", captioner, tmp_path / "out", k=1)
    assert [size for size, _ in captioner.calls] == [2, 4, 1]


def test_a_captioner_is_known_by_its_weights(tiny_captioner):
    was = tiny_captioner.fingerprint()
    assert was == tiny_captioner.fingerprint()
    next(iter(tiny_captioner.decoder.state_dict().values())).add_(1)
    assert tiny_captioner.fingerprint() != was


def test_an_interrupted_run_goes_on_where_it_stopped(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(helpers.sort.photos, "AT_ONCE", 2)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        sort_photos(photos, ByColour(patience=1), out, k=3)
    with (out / "captions.jsonl").open("a") as stream:
        stream.write('{"photo": "2024/Bus.PNG", "by')  # a line that was being written
    captioner = ByColour()
    albums = sort_photos(photos, captioner, out, k=3)
    assert 0 < captioner.captioned < 6
    fresh = sort_photos(photos, ByColour(), tmp_path / "fresh", k=3)
    assert rows_of(albums) == rows_of(fresh)
    assert [p.path for p in pictures_of(albums)] == [p.path for p in pictures_of(fresh)]
    assert sort_photos(photos, ByColour(patience=0), out, k=3).names == albums.names


class Interrupted(ByColour):
    """Ctrl-C comes in its first batch, while the second is at work."""

    def __init__(self):
        super().__init__()
        self.begun, self.also = Lock(), Event()

    def caption(self, pictures, beam_width=3):
        if self.begun.acquire(blocking=False):
            assert self.also.wait(60)
            raise KeyboardInterrupt
        self.also.set()
        time.sleep(0.2)
        return super().caption(pictures)


def test_what_is_at_work_when_ctrl_c_comes_is_kept(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(helpers.sort.photos, "AT_ONCE", 2)
    monkeypatch.setattr(helpers.sort.photos, "at_a_time", lambda captioner: 2)
    captioner = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        sort_photos(photos, captioner, tmp_path / "out", k=3)
    kept = (tmp_path / "out" / "captions.jsonl").read_text().splitlines()
    assert len(kept) == captioner.captioned > 0


class Slow(ByColour):
    """Leaves time to kill it."""

    def caption(self, pictures, beam_width=3):
        time.sleep(0.3)
        return super().caption(pictures)


def sort_slowly(folder, out):
    """What the killed process does."""
    helpers.sort.photos.AT_ONCE = 4
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let background jobs ignore it,
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # and some that start us hold it back
    sort_photos(folder, Slow(), out, 2)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals on Windows")
@pytest.mark.parametrize("blow", ["SIGINT", "SIGKILL"])  # Windows has no name for the second
def test_a_killed_process_loses_no_caption(tmp_path, monkeypatch, blow):
    """A real process, killed when its notes have their first lines; the next run goes on."""
    monkeypatch.setattr(helpers.sort.photos, "AT_ONCE", 4)
    for i in range(40):
        paint(tmp_path / "in" / f"{i:02}.png", (250 - 5 * i, 0, 5 * i))
    notes, where = tmp_path / "out" / "captions.jsonl", (tmp_path / "in", tmp_path / "out")
    process = multiprocessing.get_context("spawn").Process(target=sort_slowly, args=where)
    process.start()
    while process.is_alive() and not (notes.exists() and notes.stat().st_size):
        time.sleep(0.01)
    os.kill(process.pid, getattr(signal, blow))
    process.join()
    kept = notes.read_bytes().count(b"\n")
    assert process.exitcode != 0 and 0 < kept < 40
    captioner = ByColour()
    albums = sort_photos(tmp_path / "in", captioner, tmp_path / "out", 2)
    assert captioner.captioned == 40 - kept
    assert [photo.caption for photo in albums.photos] == [SAYS["red"]] * 26 + [SAYS["blue"]] * 14
    assert not list((tmp_path / "out").rglob("*.partial*"))


@pytest.fixture
def sorted_once(photos, tmp_path, monkeypatch):
    """Albums that are there already; then new photos came, and each is read alone."""
    monkeypatch.setattr(helpers.sort.photos, "AT_ONCE", 1)
    monkeypatch.setattr(helpers.sort.photos, "AHEAD", 1)
    sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    for i in range(9):
        paint(photos / f"new {i}.png", "blue")
    return tmp_path / "out"


class PulledOut(ByColour):
    """The stick with the photos is pulled out while this captioner is at work."""

    def __init__(self, photos, pocket, leave=False):
        super().__init__()
        self.photos, self.pocket, self.leave = photos, pocket, leave

    def caption(self, pictures, beam_width=3):
        if not self.pocket.exists():
            self.photos.rename(self.pocket)
            self.leave and self.photos.mkdir()  # a mount point without anything mounted
        return super().caption(pictures)


def test_a_photo_that_is_deleted_meanwhile_is_left_out(photos, tmp_path):
    class Deletes(ByColour):
        def caption(self, pictures, beam_width=3):
            (photos / "cow.jpg").unlink()
            return super().caption(pictures)

    albums = sort_photos(photos, Deletes(), tmp_path / "out", k=2)
    assert len(albums.photos) == 5 == len(pictures_of(albums))
    assert "cow.jpg has been deleted meanwhile" in str(albums)


@pytest.mark.parametrize("leave", [False, True])
def test_a_stick_pulled_out_stops_the_run_and_no_album_loses_anything(photos, sorted_once, tmp_path, leave):
    albums = {path: path.read_bytes() for path in sorted_once.glob("*/*") if path.parent.name != "thumbs"}
    assert len(albums) == 6
    with pytest.raises(DiskError, match="plug their disk in again"):
        sort_photos(photos, PulledOut(photos, tmp_path / "pocket", leave), sorted_once, k=3)
    assert all(path.read_bytes() == content for path, content in albums.items())
    for _ in range(2):  # while it lies in the pocket nothing happens either
        with pytest.raises(UserError):
            sort_photos(photos, ByColour(), sorted_once, k=3)
    assert all(path.read_bytes() == content for path, content in albums.items())
    leave and photos.rmdir()
    (tmp_path / "pocket").rename(photos)
    again = sort_photos(photos, ByColour(), sorted_once, k=3)
    assert len(again.photos) == 15 and len(again.skipped) == 1


@pytest.mark.parametrize("link", [False, True])
def test_a_stick_pulled_out_while_the_albums_are_filled(photos, sorted_once, tmp_path, monkeypatch, link):
    old = {path.name for path in sorted_once.glob("*/*") if path.parent.name != "thumbs"}
    lay_out = helpers.sort.layout.lay_out

    def pulled_out(*of):
        photos.rename(tmp_path / "pocket")
        return lay_out(*of)

    with monkeypatch.context() as patch:
        patch.setattr(helpers.sort.layout, "lay_out", pulled_out)  # the last thing before the albums change
        with pytest.raises(DiskError, match="cannot be used: it is not there"):
            sort_photos(photos, ByColour(), sorted_once, k=3, link=link)
    assert old <= {path.name for path in sorted_once.glob("*/*") if path.is_file()}
    (tmp_path / "pocket").rename(photos)
    again = sort_photos(photos, ByColour(), sorted_once, k=3, link=link)
    assert len(again.photos) == 15 and all((sorted_once / photo.path).is_file() for photo in again.photos)


def test_a_full_disk_stops_the_run_and_the_next_one_goes_on(photos, sorted_once, small_disk):
    with small_disk(400), pytest.raises(DiskError, match="cannot be used: it is too large"):
        sort_photos(photos, ByColour(), sorted_once, k=3)
    assert not [*sorted_once.rglob("*.partial*")]
    assert len(sort_photos(photos, ByColour(), sorted_once, k=3).photos) == 15


@pytest.mark.skipif(sys.platform != "linux", reason="such names and links are not to be had here")
@given(files=FILES, link=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_folder_is_filed_or_named_and_nothing_changes(tmp_path_factory, files, link):
    folder = tmp_path_factory.mktemp("any") / "mine"
    build(folder, files)
    before = state(folder)
    with locks():
        albums = sort_photos(folder, ByColour(), folder.with_name("out"), link=link)
    left_out = [path for path, _ in albums.skipped + albums.passed_over]
    assert accounted(folder, [photo.original for photo in albums.photos], left_out)
    filed = [path for path in albums.folder.glob("*/*") if path.parent.name != "thumbs"]
    assert len(filed) == len(albums.photos) == len(rows_of(albums))
    assert all((albums.folder / photo.thumbnail).is_file() for photo in albums.photos)
    page = re.search('id="data">(.*?)</script>', albums.gallery.read_text(encoding="utf-8"), re.DOTALL)
    links = json.loads(page[1])["links"]
    assert sorted(albums.folder / unquote(link) for link in links) == sorted(filed)
    assert str(albums) == printable(str(albums))
    assert state(folder) == before


def test_a_photo_that_may_not_be_looked_at_is_left_out(photos, tmp_path, monkeypatch):
    ask = Path.stat

    def refuse(path, **options):
        if path.name == "boat ü.png":
            raise PermissionError(13, "Permission denied", str(path))
        return ask(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    found, passed_over = find_photos(photos)
    assert len(found) == 6 and (photos / "boat ü.png", "locked") in passed_over
    albums = sort_photos(photos, ByColour(), tmp_path / "out")
    assert "boat ü.png" in [path.name for path, _ in albums.skipped]
