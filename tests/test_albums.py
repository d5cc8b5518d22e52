import csv
import html
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

import helpers.albums
from helpers.albums import folder_name, main, sort_photos
from helpers.common import UserError

SAYS = {"red": "a red bus on the street", "green": "two <cows> & a farm", "blue": "a boat on the sea"}


class ByColour:
    """Captions a picture by its main colour."""

    def __init__(self):
        self.calls = []

    def caption(self, paths, beam_width=3):
        self.calls.append((len(paths), beam_width))
        return [SAYS[list(SAYS)[int(np.asarray(Image.open(path)).mean((0, 1)).argmax())]] for path in paths]


def paint(path, colour, size=(60, 40)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "My photos"
    paint(folder / "bus.png", "red")
    paint(folder / "2023" / "bus.png", "red", (900, 300))
    paint(folder / "2024" / "Bus.PNG", "red")
    paint(folder / "2023" / "cow #1 & co.png", (0, 200, 0))
    paint(folder / "cow.jpg", (0, 200, 0))
    paint(folder / "boat ü.png", "blue")
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.jpg").write_bytes(b"no picture either")
    return folder


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_photos_are_copied_into_albums_and_the_originals_stay_as_they_were(photos, tmp_path):
    before, captioner = snapshot(photos), ByColour()
    albums = sort_photos(photos, captioner, tmp_path / "out", k=3, beam_width=2)
    assert snapshot(photos) == before
    assert captioner.calls == [(6, 2)]
    assert albums.names == [path.name for path in map(albums.folder.joinpath, albums.names) if path.is_dir()]
    assert [len(members) for members in albums.members.values()] == [3, 2, 1]
    for members in albums.members.values():
        for photo in members:
            assert (albums.folder / photo.path).read_bytes() == photo.original.read_bytes()
    bus = albums.members[albums.names[0]]
    assert sorted(Path(photo.path).name for photo in bus) == ["Bus (2).PNG", "bus (3).png", "bus.png"]
    assert len({photo.path.lower() for photo in bus}) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["My photos", "out"]


def test_unreadable_pictures_are_reported_and_left_out(photos, tmp_path):
    albums = sort_photos(photos, ByColour(), tmp_path / "out")
    assert [path.name for path, _ in albums.skipped] == ["broken.jpg"]
    assert "1 left out" in str(albums) and "broken.jpg" in str(albums)
    assert not any("broken" in name for name in files_of(albums.folder))


def test_captions_are_written_beside(photos, tmp_path):
    albums = sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    with (albums.folder / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 and set(rows[0]) == {"path", "caption", "album"}
    for row in rows:
        assert (photos / row["path"]).is_file()
        assert row["caption"] in SAYS.values()
        assert row["album"] in albums.names
    assert "boat ü.png" in {row["path"] for row in rows}


def test_the_gallery_shows_every_photo_with_links_that_work(photos, tmp_path):
    albums = sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    page = albums.gallery.read_text(encoding="utf-8")
    links = [unquote(html.unescape(link)) for link in re.findall(r'<a href="([^#"][^"]*)"', page)]
    thumbs = re.findall(
        r'<img src="([^"]+)" alt="([^"]+)" loading="lazy"\s+width="(\d+)" height="(\d+)"', page
    )
    assert sorted(links) == sorted(photo.path for members in albums.members.values() for photo in members)
    assert all((albums.folder / link).is_file() for link in links)
    assert len(thumbs) == 6
    for thumb, alt, width, height in thumbs:
        with Image.open(albums.folder / thumb) as image:
            assert image.size == (int(width), int(height)) and max(image.size) <= 480
        assert html.unescape(alt) in SAYS.values()
    assert "two &lt;cows&gt; &amp; a farm" in page and "<cows>" not in page
    assert "My photos" in page and "6 photos in 3 albums" in page
    assert not re.search(r"https?://|<script", page)  # nothing is fetched from elsewhere


@pytest.mark.parametrize("hard", [True, False])
def test_links_take_no_room(photos, tmp_path, monkeypatch, hard):
    if not hard:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError("another disk")))
    albums = sort_photos(photos, ByColour(), tmp_path / "out", link=True)
    for members in albums.members.values():
        for photo in members:
            assert (albums.folder / photo.path).samefile(photo.original)
            assert (albums.folder / photo.path).is_symlink() != hard


def test_no_links_possible_says_so_and_leaves_nothing(photos, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(UserError, match="use copies"):
        sort_photos(photos, ByColour(), tmp_path / "out", link=True)
    assert [path.name for path in tmp_path.iterdir()] == ["My photos"]


def test_an_interrupted_run_leaves_nothing_behind_and_keeps_what_was_there(photos, tmp_path):
    class Interrupted:
        def caption(self, paths, beam_width):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sort_photos(photos, Interrupted(), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["My photos"]
    sort_photos(photos, ByColour(), tmp_path / "out")
    before = snapshot(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        sort_photos(photos, Interrupted(), tmp_path / "out", overwrite=True)
    assert snapshot(tmp_path) == before


def test_overwrite_replaces_albums_and_nothing_else(photos, tmp_path):
    out = tmp_path / "out"
    sort_photos(photos, ByColour(), out, k=3)
    with pytest.raises(UserError, match="in use"):
        sort_photos(photos, ByColour(), out)
    assert sort_photos(photos, ByColour(), out, k=1, overwrite=True).clusters.k == 1
    assert len([path for path in out.iterdir() if path.is_dir()]) == 2  # one album and thumbs
    other = tmp_path / "diary"
    other.mkdir()
    (other / "secret.txt").write_text("mine")
    with pytest.raises(UserError, match="not overwritten"):
        sort_photos(photos, ByColour(), other, overwrite=True)
    assert (other / "secret.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert sort_photos(photos, ByColour(), tmp_path / "empty").gallery.is_file()


def test_bad_folders_and_numbers_get_a_sentence_that_says_what_to_do(photos, tmp_path, monkeypatch):
    (tmp_path / "nothing").mkdir()
    for folder, out, k, says in (
        (tmp_path / "missing", "out", None, "There is no folder"),
        (photos / "bus.png", "out", None, "There is no folder"),
        (tmp_path / "nothing", "out", None, "There is no picture"),
        (photos, photos / "albums", None, "outside"),
        (photos, photos, None, "outside"),
        (photos, tmp_path, None, "outside"),
        (photos, "out", 8, "choose k between 1 and 7"),
        (photos, "out", 7, "choose k between 1 and 6"),  # one of the seven cannot be read
        (photos, "out", 0, "choose k between 1"),
    ):
        before = files_of(tmp_path)
        with pytest.raises(UserError, match=says):
            sort_photos(folder, ByColour(), tmp_path / out, k)
        assert files_of(tmp_path) == before
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(UserError, match="are free"):
        sort_photos(photos, ByColour(), tmp_path / "out")


def test_only_broken_pictures(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"")
    with pytest.raises(UserError, match="None of the 1 pictures"):
        sort_photos(tmp_path / "in", ByColour(), tmp_path / "out")


def test_captioning_goes_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(helpers.albums, "BATCH", 4)
    for i in range(9):
        paint(tmp_path / "in" / f"{i}.png", ["red", "blue"][i % 2])
    captioner = ByColour()
    albums = sort_photos(tmp_path / "in", captioner, tmp_path / "out", k=2)
    assert [size for size, _ in captioner.calls] == [4, 4, 1]
    assert [len(members) for members in albums.members.values()] == [5, 4]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Dogs & snow", "Dogs & snow"),
        ('a/b\\c:d*"?', "a-b-c-d---"),
        ("con", "con_"),
        ("Nul.txt", "Nul.txt_"),
        (" . ", "Album"),
        ("end. ", "end"),
        ("x" * 300, "x" * 80),
        ("Straße", "Straße"),
    ],
)
def test_folder_names_are_safe_on_windows_too(name, safe):
    assert folder_name(name) == safe


def test_the_command_line(photos, tmp_path, monkeypatch, capsys):
    captioner = pytest.importorskip("helpers.captioner")
    loaded = []
    monkeypatch.setattr(
        captioner.Captioner, "load", lambda path, device=None: loaded.append(path) or ByColour()
    )
    assert main([str(photos), str(tmp_path / "out"), "--k", "2", "--link"]) == 0
    assert loaded == [captioner.SHIPPED]
    assert "index.html" in capsys.readouterr().out
    assert main([str(photos), str(tmp_path / "out"), "--captioner", "mine.pt"]) == 2
    assert loaded[1] == "mine.pt"
    assert capsys.readouterr().err.count("\n") == 1
