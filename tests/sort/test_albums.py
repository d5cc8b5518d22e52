import contextlib
import csv
import json
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import helpers.sort.photos
from helpers.base.errors import UserError
from helpers.sort.albums import main, sort_photos
from helpers.sort.filing import safe_name, unused_name

SAYS = {"red": "a red bus on the street", "green": "two <cows> & a farm", "blue": "a boat on the sea"}


class ByColour:
    """Captions a picture by its main colour; after `patience` batches it is interrupted."""

    def __init__(self, patience=None, name="colours"):
        self.calls, self.patience, self.name = [], patience, name

    def fingerprint(self):
        return self.name

    def caption(self, pictures, beam_width=3):
        if len(self.calls) == self.patience:
            raise KeyboardInterrupt
        self.calls.append((len(pictures), beam_width))
        return [SAYS[list(SAYS)[int(np.asarray(picture).mean((0, 1)).argmax())]] for picture in pictures]

    @property
    def captioned(self):
        return sum(size for size, _ in self.calls)


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
    """Every file's bytes, time of change and inode: nothing may have touched it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def pictures_of(albums):
    return [photo for members in albums.members.values() for photo in members]


def rows_of(albums):
    with (albums.folder / "captions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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


def test_captions_are_written_beside(photos, tmp_path):
    albums = sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    rows = rows_of(albums)
    assert len(rows) == 6 and set(rows[0]) == {"path", "caption", "album"}
    for row in rows:
        assert (photos / row["path"]).is_file()
        assert row["caption"] in SAYS.values()
        assert row["album"] in albums.names
    assert "boat ü.png" in {row["path"] for row in rows}
    known = json.loads((albums.folder / "albums.json").read_text())
    assert [album["name"] for album in known["albums"]] == albums.names
    listed = [(p["photo"], p["caption"]) for album in known["albums"] for p in album["pictures"]]
    assert listed == [(row["path"], row["caption"]) for row in rows]


@pytest.mark.parametrize("hard", [True, False])
def test_links_take_no_room_and_give_way_to_copies(photos, tmp_path, monkeypatch, hard):
    if not hard:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError("another disk")))
    albums = sort_photos(photos, ByColour(), tmp_path / "out", link=True)
    for photo in pictures_of(albums):
        assert (albums.folder / photo.path).samefile(photo.original)
        assert (albums.folder / photo.path).is_symlink() != hard
    names = files_of(albums.folder)
    for photo in pictures_of(sort_photos(photos, ByColour(), tmp_path / "out", link=False)):
        assert not (albums.folder / photo.path).samefile(photo.original)
    assert files_of(albums.folder) == names


def test_no_links_possible_says_so(photos, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(UserError, match="use copies"):
        sort_photos(photos, ByColour(), tmp_path / "out", link=True)
    assert sort_photos(photos, ByColour(patience=0), tmp_path / "out").gallery.is_file()


def test_a_second_run_changes_nothing(photos, tmp_path):
    sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    before = {path: facts[1:] for path, facts in snapshot(tmp_path / "out").items() if path.suffix != ".html"}
    rewritten = ("albums.json", "captions.csv")
    sort_photos(photos, ByColour(patience=0), tmp_path / "out", k=3)
    after = {path: facts[1:] for path, facts in snapshot(tmp_path / "out").items() if path.suffix != ".html"}
    assert before.keys() == after.keys()
    assert {path.name for path in before if before[path] != after[path]} <= {*rewritten}


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
    assert albums.kept == ["Cows farm/cow.jpg"], "the photo as it was may be nowhere else"
    assert len(list((out / "thumbs").iterdir())) == 7
    other = ByColour(name="another")
    sort_photos(photos, other, out, k=3)
    assert other.captioned == 7, "what another has said is not this one's"
    wider = ByColour(name="another")
    sort_photos(photos, wider, out, k=3, beam_width=5)
    assert wider.captioned == 7


@pytest.mark.parametrize("link", [False, True])
def test_copies_move_from_album_to_album_and_are_not_made_anew(photos, tmp_path, monkeypatch, link):
    out = tmp_path / "out"
    sort_photos(photos, ByColour(), out, k=1, link=link)

    def refuse(*_):
        raise AssertionError("a copy was at hand")

    monkeypatch.setattr("shutil.copy2", refuse)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    albums = sort_photos(photos, ByColour(), out, k=3, link=link)
    assert [len(members) for members in albums.members.values()] == [3, 2, 1] and albums.kept == []
    for photo in pictures_of(albums):
        assert (out / photo.path).read_bytes() == photo.original.read_bytes()
    assert [name for name in files_of(out) if "/" in name and "thumbs" not in name] == sorted(
        photo.path for photo in pictures_of(albums)
    )


def test_a_captioner_is_known_by_its_weights(tiny_captioner):
    was = tiny_captioner.fingerprint()
    assert was == tiny_captioner.fingerprint()
    next(iter(tiny_captioner.decoder.state_dict().values())).add_(1)
    assert tiny_captioner.fingerprint() != was


def test_a_copy_whose_photo_is_gone_is_never_removed(photos, tmp_path):
    out = tmp_path / "out"
    first = sort_photos(photos, ByColour(), out, k=3)
    boat = next(photo for photo in pictures_of(first) if photo.original.name == "boat ü.png")
    content = (out / boat.path).read_bytes()
    boat.original.unlink()
    second = sort_photos(photos, ByColour(), out, k=2)
    assert second.kept == [boat.path] and "1 older copies stay" in str(second)
    assert (out / boat.path).read_bytes() == content
    assert "boat ü.png" not in {row["path"] for row in rows_of(second)}
    assert sort_photos(photos, ByColour(), out, k=2).kept == []


def test_another_photo_under_an_old_name_does_not_cost_the_old_copy(tmp_path):
    """A camera that counts from the beginning again, after its card was emptied."""
    card, out = tmp_path / "card", tmp_path / "out"
    paint(card / "IMG_1.png", "red")
    paint(card / "IMG_2.png", "blue")
    album = sort_photos(card, ByColour(), out, k=2).photos[0].path
    old = (out / album).read_bytes()
    paint(card / "IMG_1.png", "red", (20, 30))
    photo = sort_photos(card, ByColour(), out, k=2).photos[0]
    assert (out / album).read_bytes() == old
    assert photo.path != album and (out / photo.path).read_bytes() == photo.original.read_bytes()


def test_what_others_put_among_the_albums_stays(photos, tmp_path):
    out = tmp_path / "out"
    first = sort_photos(photos, ByColour(), out, k=3)
    album = first.names[0]
    edited = out / first.members[album][0].path
    edited.write_bytes(b"retouched")
    (out / album / "notes.txt").write_text("mine")
    (out / "thumbs" / "holiday.jpg").write_text("mine")
    (out / "letter.txt").write_text("mine")
    second = sort_photos(photos, ByColour(), out, k=1)
    assert edited.read_bytes() == b"retouched" and edited.relative_to(out).as_posix() in second.kept
    for mine in (out / album / "notes.txt", out / "thumbs" / "holiday.jpg", out / "letter.txt"):
        assert mine.read_text() == "mine"
    for photo in pictures_of(second):
        assert (out / photo.path).read_bytes() == photo.original.read_bytes()
    assert not (out / first.names[2]).exists(), "an album that is empty goes"


def test_albums_do_not_follow_links_out_of_their_folder(photos, tmp_path):
    out = tmp_path / "out"
    first = sort_photos(photos, ByColour(), out, k=3)
    album = first.names[0]
    moved = (out / album).rename(tmp_path / "elsewhere")
    (out / album).symlink_to(moved)
    before = snapshot(moved)
    second = sort_photos(photos, ByColour(), out, k=3)
    assert snapshot(moved) == before
    assert f"{album} (2)" in second.names


def test_a_forged_list_of_files_cannot_have_others_removed(photos, tmp_path):
    out, victim = tmp_path / "out", tmp_path / "victim.png"
    sort_photos(photos, ByColour(), out, k=3)
    victim.write_bytes((photos / "bus.png").read_bytes())
    os.utime(victim, ns=(0, (photos / "bus.png").stat().st_mtime_ns))
    known = json.loads((out / "albums.json").read_text())
    for album in known["albums"]:
        for picture in album["pictures"]:
            if picture["photo"] == "bus.png":
                picture["path"] = "../victim.png"
    (out / "albums.json").write_text(json.dumps(known))
    sort_photos(photos, ByColour(), out, k=3)
    assert victim.exists()


def test_an_interrupted_run_goes_on_where_it_stopped(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(helpers.sort.photos, "BATCH", 2)
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


def test_interrupted_while_filling_it_knows_its_own_files_again(photos, tmp_path, monkeypatch):
    put, done = helpers.sort.albums.put, []

    def tired(*arguments):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(put(*arguments))

    monkeypatch.setattr(helpers.sort.albums, "put", tired)
    with pytest.raises(KeyboardInterrupt):
        sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    monkeypatch.setattr(helpers.sort.albums, "put", put)
    albums = sort_photos(photos, ByColour(patience=0), tmp_path / "out", k=1)
    assert albums.kept == []
    pictures = [name for name in files_of(albums.folder) if "/" in name and "thumbs" not in name]
    assert pictures == sorted(photo.path for photo in pictures_of(albums))


class Slow(ByColour):
    """Leaves time to kill it."""

    def caption(self, pictures, beam_width=3):
        time.sleep(0.3)
        return super().caption(pictures)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork on Windows")
@pytest.mark.filterwarnings("ignore:.*fork")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_process_loses_no_caption(tmp_path, monkeypatch, blow):
    """A real process, killed when its notes have their first lines; the next run goes on."""
    monkeypatch.setattr(helpers.sort.photos, "BATCH", 4)
    for i in range(40):
        paint(tmp_path / "in" / f"{i:02}.png", (250 - 5 * i, 0, 5 * i))
    notes = tmp_path / "out" / "captions.jsonl"

    def run():
        signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let background jobs ignore it,
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # and some that start us hold it back
        sort_photos(tmp_path / "in", Slow(), tmp_path / "out", 2)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    while process.is_alive() and not (notes.exists() and notes.stat().st_size):
        time.sleep(0.01)
    os.kill(process.pid, blow)
    process.join()
    kept = notes.read_bytes().count(b"\n")
    assert process.exitcode != 0 and 0 < kept < 40
    captioner = ByColour()
    albums = sort_photos(tmp_path / "in", captioner, tmp_path / "out", 2)
    assert captioner.captioned == 40 - kept
    assert [photo.caption for photo in albums.photos] == [SAYS["red"]] * 26 + [SAYS["blue"]] * 14
    assert not list((tmp_path / "out").rglob("*.partial*"))


def test_what_is_not_ours_is_not_written_into(photos, tmp_path):
    diary = tmp_path / "diary"
    diary.mkdir()
    for content in ("mine", '{"format": "something else"}', "[]", '{"format": "show-tell-sort albums 1"}'):
        (diary / "albums.json").write_text(content)
        with pytest.raises(UserError, match="other than our albums"):
            sort_photos(photos, ByColour(), diary)
        assert files_of(diary) == ["albums.json"]
    sort_photos(photos, ByColour(), tmp_path / "out")
    paint(tmp_path / "others" / "bus.png", "red")
    with pytest.raises(UserError, match="holds the albums of"):
        sort_photos(tmp_path / "others", ByColour(), tmp_path / "out")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".DS_Store").touch()
    assert sort_photos(photos, ByColour(), tmp_path / "empty").gallery.is_file()


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
        (photos, "out", 0, "choose k between 1"),
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


def test_captioning_goes_in_batches_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(helpers.sort.photos, "BATCH", 4)
    for i in range(17):
        paint(tmp_path / "in" / f"{i:02}.png", ["red", "blue"][i % 2])
    captioner = ByColour()
    albums = sort_photos(tmp_path / "in", captioner, tmp_path / "out", k=2)
    assert [size for size, _ in captioner.calls] == [4, 4, 4, 4, 1]
    assert [photo.caption for photo in albums.photos] == [SAYS[["red", "blue"][i % 2]] for i in range(17)]
    assert [len(members) for members in albums.members.values()] == [9, 8]


HOSTILE = [
    "=1+1.png",
    "line\nbreak.png",
    "<script>alert(1)</script>.png".replace("/", "∕"),
    "back\\slash:colon?.png",
    "x" * 250 + ".png",
    "🐶" * 60 + ".png",
    "u\u0308.png",
    "ü.png",
    "con.png",
    " .. .png",
    "gpj\u202e.png",
    os.fsdecode(b"\xff\xfe.png"),
]


def test_hostile_names_are_safe_on_disk_and_in_the_table(tmp_path):
    for name in HOSTILE:
        with contextlib.suppress(OSError):  # not every file system takes every name
            paint(tmp_path / "in" / name, "red")
    before = snapshot(tmp_path / "in")
    albums = sort_photos(tmp_path / "in", ByColour(), tmp_path / "out", k=1)
    assert snapshot(tmp_path / "in") == before and len(albums.photos) == len(before) > 5
    paths = [photo.path for photo in albums.photos]
    assert sorted(paths) == [name for name in files_of(albums.folder) if name.endswith(".png")]
    assert len({helpers.sort.filing._alike(path) for path in paths}) == len(paths)
    for path in paths:
        assert not set(path) & set('\n<>\\:?"*|\u202e') and len(Path(path).name.encode()) <= 130
    assert not any(value[0] in "=+-@\t\r" for row in rows_of(albums) for value in row.values())
    listed = {row["path"] for row in rows_of(albums)}
    assert "./=1+1.png" in listed and "line\nbreak.png" in listed
    assert all((tmp_path / "in" / path).is_file() for path in listed if "?" not in path)
    str(albums).encode()


def test_hostile_captions_are_safe_in_the_table_and_in_the_page(photos, tmp_path):
    nasty = ['=cmd|"/C calc"!A0', "</script><script>alert(1)</script>", "a\nb, c", "", "../../x", "<!--"]

    class Nasty:
        def caption(self, pictures, beam_width):
            return nasty

    albums = sort_photos(photos, Nasty(), tmp_path / "out", k=2)
    assert {row["caption"] for row in rows_of(albums)} == {"'" + nasty[0], *nasty[1:]}
    page = albums.gallery.read_text(encoding="utf-8")
    assert page.count("</script>") == 3 and "<script>alert" not in page and "<!--" not in page
    assert all((albums.folder / name).is_dir() for name in albums.names)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["My photos", "out"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Dogs & snow", "Dogs & snow"),
        ('a/b\\c:d*"?', "a-b-c-d---"),
        ("../../x", "-.-x"),
        ("con", "con_"),
        ("Nul.txt", "Nul_.txt"),
        (" . ", "Album"),
        ("end. ", "end"),
        ("x" * 300, "x" * 120),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
        ("犬" * 100, "犬" * 40),
        ("Straße", "Straße"),
    ],
)
def test_names_are_safe_on_windows_too(name, safe):
    assert safe_name(name) == safe
    assert safe_name(safe) == safe


def test_no_two_names_are_alike():
    taken = set()
    assert [unused_name(name, taken) for name in ("a.jpg", "A.JPG", "ü", "u\u0308")] == [
        "a.jpg",
        "A (2).JPG",
        "ü",
        "u\u0308 (2)",
    ]


def test_the_command_line(photos, tmp_path, monkeypatch, capsys):
    captioner = pytest.importorskip("helpers.tell.captioner")
    loaded = []
    monkeypatch.setattr(
        captioner.Captioner, "load", lambda path, device=None: loaded.append(path) or ByColour()
    )
    command = [str(photos), "--out", str(tmp_path / "out")]
    assert main([*command, "--k", "2", "--link"]) == 0
    assert loaded == [captioner.SHIPPED]
    assert "index.html" in capsys.readouterr().out
    assert (tmp_path / "out" / "captions.csv").is_file()
    assert main([*command, "--captioner", "mine.pt"]) == 0
    assert loaded[1] == "mine.pt"
    capsys.readouterr()
    assert main([str(photos), "--out", str(photos / "in")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setattr(captioner.Captioner, "load", lambda path, device=None: ByColour(patience=0))
    assert main([str(photos), "--out", str(tmp_path / "new")]) == 130
    assert "again" in capsys.readouterr().err
