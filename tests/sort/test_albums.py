import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from PIL import Image
from small_world import ByColour, files_of, paint, pictures_of, rows_of, snapshot

from helpers.base.errors import UserError
from helpers.sort.albums import albums_command, sort_photos


def test_photos_are_copied_into_albums_and_the_originals_stay_as_they_were(photos, tmp_path):
    before, captioner = snapshot(photos), ByColour()
    albums = sort_photos(photos, captioner, tmp_path / "out", k=3, beam_width=2)
    assert snapshot(photos) == before
    assert captioner.calls == [(6, 2)]
    assert all((albums.folder / name).is_dir() for name in albums.names)
    assert [len(members) for members in albums.members.values()] == [3, 2, 1]
    for photo in pictures_of(albums):
        assert (albums.folder / photo.path).read_bytes() == photo.original.read_bytes()
        with Image.open(albums.folder / photo.thumbnail) as thumb:
            assert thumb.size == photo.size and max(thumb.size) <= 400
    bus = albums.members[albums.names[0]]
    assert sorted(Path(photo.path).name for photo in bus) == ["Bus (2).PNG", "bus (3).png", "bus.png"]
    assert len({photo.path.lower() for photo in bus}) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["My photos", "out"]


def test_a_second_run_changes_nothing(photos, tmp_path):
    def state():
        now = snapshot(tmp_path / "out").items()
        return {path: facts[1:] for path, facts in now if path.suffix not in (".html", ".lock")}

    sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    before = state()
    sort_photos(photos, ByColour(patience=0), tmp_path / "out", k=3)
    after = state()
    assert before.keys() == after.keys()
    assert {path.name for path in before if before[path] != after[path]} <= {"albums.json", "captions.csv"}


def test_new_and_changed_photos_join_and_no_other_is_captioned_again(photos, tmp_path):
    out = tmp_path / "out"
    sort_photos(photos, ByColour(), out, k=3)
    paint(photos / "2025" / "boat.png", "blue")
    paint(photos / "cow.jpg", "red", (50, 50))
    captioner = ByColour()
    albums = sort_photos(photos, captioner, out, k=3)
    assert captioner.captioned == 2
    assert [len(members) for members in albums.members.values()] == [4, 2, 1]
    assert rows_of(albums)[0]["album"] == albums.names[0]
    assert albums.kept == ["Farm/cow.jpg"], "the photo as it was may be nowhere else"
    assert len(list((out / "thumbs").glob("*.jpg"))) == 7
    other = ByColour(name="another")
    sort_photos(photos, other, out, k=3)
    assert other.captioned == 7, "what another has said is not this one's"
    wider = ByColour(name="another")
    sort_photos(photos, wider, out, k=3, beam_width=5)
    assert wider.captioned == 7


def test_bad_folders_and_numbers_get_a_sentence_that_says_what_to_do(photos, tmp_path, monkeypatch):
    (tmp_path / "nothing").mkdir()
    (tmp_path / "inside").symlink_to(photos)
    for folder, out, k, says in (
        (tmp_path / "missing", "out", None, "There is no folder"),
        (photos / "bus.png", "out", None, "There is no folder"),
        (tmp_path / "nothing", "out", None, "There is no picture"),
        (photos, photos / "albums", None, "outside"),
        (photos, tmp_path / "inside" / "albums", None, "outside"),
        (photos, photos, None, "outside"),
        (photos, tmp_path, None, "outside"),
        (photos, "out", 8, "choose k between 1 and 7"),
        (photos, "out", 0, "k is 0"),
    ):
        before = files_of(tmp_path)
        with pytest.raises(UserError, match=says):
            sort_photos(folder, ByColour(), tmp_path / out, k)
        assert files_of(tmp_path) == before
    with pytest.raises(UserError, match="choose k between 1 and 6"):  # one of the seven cannot be read
        sort_photos(photos, ByColour(), tmp_path / "out", 7)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(UserError, match="are free"):
        sort_photos(photos, ByColour(), tmp_path / "new")


def test_only_broken_pictures(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"")
    with pytest.raises(UserError, match="None of the 1 pictures"):
        sort_photos(tmp_path / "in", ByColour(), tmp_path / "out")


def test_the_command_line(photos, tmp_path, monkeypatch, capsys):
    captioner = pytest.importorskip("helpers.tell.captioner")
    loaded = []
    monkeypatch.setattr(
        captioner.Captioner, "load", lambda path, device=None: loaded.append(path) or ByColour()
    )
    command = [str(photos), "--out", str(tmp_path / "out")]
    assert albums_command([*command, "--k", "2", "--link"]) == 0
    assert loaded == [captioner.SHIPPED_PHOTOS], "a folder of photographs is what it is for"
    assert "index.html" in capsys.readouterr().out
    assert (tmp_path / "out" / "captions.csv").is_file()
    (tmp_path / "mine.pt").touch()
    for name in (str(tmp_path / "mine.pt"), "scenes"):
        assert albums_command([*command, "--captioner", name]) == 0
    assert loaded[1:] == [tmp_path / "mine.pt", captioner.SHIPPED]
    assert albums_command([*command, "--captioner", "Photos"]) == 2
    assert "photos and scenes ship" in capsys.readouterr().err
    assert albums_command([str(photos), "--out", str(photos / "in")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setattr(captioner.Captioner, "load", lambda path, device=None: ByColour(patience=0))
    assert albums_command([str(photos), "--out", str(tmp_path / "new")]) == 130
    assert "again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"k": 0}, "k is 0"),
        ({"k": True}, "k is True"),
        ({"k": 1.5}, "k is 1.5"),
        ({"beam_width": 0}, "beam_width is 0"),
        ({"captioner": "captioner.pt"}, "Captioner.load"),
        ({"captioner": None}, "Captioner.load"),
        ({"folder": None}, "no path"),
        ({"out": ""}, "no path"),
    ],
)
def test_arguments_that_make_no_sense_are_named_and_nothing_is_written(photos, tmp_path, options, word):
    out = tmp_path / "out"
    with pytest.raises(UserError, match=word):
        sort_photos(**{"folder": photos, "captioner": ByColour(), "out": out} | options)
    assert not out.exists()


SLOW = "sklearn", "networkx", "scipy", "pandas", "matplotlib"
BEGUN = """
import sys
from helpers.sort.albums import sort_photos
class Stopped(Exception): pass
class Captioner:
    def caption(self, pictures, beam_width):
        raise Stopped(sorted(set(sys.modules) & {slow}))
try:
    sort_photos({folder!r}, Captioner(), {out!r})
except Stopped as stopped:
    print(*stopped.args)
"""


def test_nothing_slow_is_imported_before_the_first_caption(photos, tmp_path):
    code = BEGUN.format(slow={*SLOW}, folder=str(photos), out=str(tmp_path / "out"))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


class Both(ByColour):
    """Two of them begin at the same time, and each waits a little for the other."""

    def __init__(self, both):
        super().__init__()
        self.both = both

    def caption(self, pictures, beam_width=3):
        with suppress(BrokenBarrierError):
            self.both.wait(1)
        return super().caption(pictures)


def test_two_runs_at_once_file_every_photo_once(photos, tmp_path):
    captioners = [Both(barrier := Barrier(2)), Both(barrier)]
    with ThreadPoolExecutor(2) as runs:
        one, other = runs.map(
            lambda captioner: sort_photos(photos, captioner, tmp_path / "out", 3), captioners
        )
    assert rows_of(one) == rows_of(other) and one.kept == other.kept == []
    assert sorted(it.captioned for it in captioners) == [0, 6], "the second has waited, and knows all"
    copies = [
        path for path in files_of(tmp_path / "out") if path.count("/") and not path.startswith("thumbs")
    ]
    assert len(copies) == 6
