import json
import os
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from small_world import ByColour, files_of, paint, pictures_of, rows_of, snapshot

import helpers.sort.filing
from helpers.base.errors import UserError
from helpers.sort.albums import sort_photos
from helpers.sort.filing import safe_name, unused_name


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


@pytest.mark.parametrize("link", [False, True])
def test_copies_move_from_album_to_album_and_are_not_made_anew(photos, tmp_path, monkeypatch, link):
    out = tmp_path / "out"
    sort_photos(photos, ByColour(), out, k=1, link=link)

    def refuse(*_):
        raise AssertionError("a copy was at hand")

    monkeypatch.setattr("shutil.copyfile", refuse)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    albums = sort_photos(photos, ByColour(), out, k=3, link=link)
    assert [len(members) for members in albums.members.values()] == [3, 2, 1] and albums.kept == []
    for photo in pictures_of(albums):
        assert (out / photo.path).read_bytes() == photo.original.read_bytes()
    assert [name for name in files_of(out) if "/" in name and "thumbs" not in name] == sorted(
        photo.path for photo in pictures_of(albums)
    )


def set_times(photos, hour):
    for photo in photos.rglob("*.*"):
        os.utime(photo, ns=(0, hour * 3600 * 10**9))


@pytest.mark.parametrize("copystat", [lambda *_: None, lambda *_: os.utime("/nowhere")])
def test_albums_do_not_multiply_on_a_disk_that_keeps_no_times(photos, tmp_path, monkeypatch, copystat):
    monkeypatch.setattr("shutil.copystat", copystat)
    out = tmp_path / "out"
    set_times(photos, hour=9)
    copies = [photo.path for photo in pictures_of(sort_photos(photos, ByColour(), out, k=3))]
    again = sort_photos(photos, ByColour(), out, k=3)
    assert again.kept == [] and [photo.path for photo in pictures_of(again)] == copies
    retouched = (out / copies[0]).read_bytes()[:-1] + b"!"  # no larger, no smaller
    (out / copies[0]).write_bytes(retouched)
    assert sort_photos(photos, ByColour(), out, k=3).kept == copies[:1]
    assert (out / copies[0]).read_bytes() == retouched


def test_albums_do_not_multiply_when_a_disk_tells_other_times_of_the_photos(photos, tmp_path):
    """A memory stick does, in summer."""
    for hour in (9, 10):
        set_times(photos, hour)
        albums = sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    pictures = [name for name in files_of(albums.folder) if "/" in name and "thumbs" not in name]
    assert albums.kept == [] and len(pictures) == 6


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


def test_interrupted_while_filling_it_knows_its_own_files_again(photos, tmp_path, monkeypatch):
    put, done = helpers.sort.filing.put, []

    def tired(*arguments):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(put(*arguments))

    monkeypatch.setattr(helpers.sort.filing, "put", tired)
    with pytest.raises(KeyboardInterrupt):
        sort_photos(photos, ByColour(), tmp_path / "out", k=3)
    monkeypatch.setattr(helpers.sort.filing, "put", put)
    albums = sort_photos(photos, ByColour(patience=0), tmp_path / "out", k=1)
    assert albums.kept == []
    pictures = [name for name in files_of(albums.folder) if "/" in name and "thumbs" not in name]
    assert pictures == sorted(photo.path for photo in pictures_of(albums))


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


@pytest.mark.parametrize("letter", ["e\u0323\u0302", "क्षि", "น้ำ", "بُّ", "👨\u200d👩", "🇰🇷", "가", "ခြေ"])
@pytest.mark.parametrize("start", ["", "a", "aa", "aaa"])
def test_a_long_name_is_cut_between_letters_with_their_marks(letter, start):
    cut = safe_name(start + 60 * letter)
    assert len(cut.encode()) <= 120 and cut.startswith(start + letter)
    assert set(regex.findall(r"\X", cut.removeprefix(start))) == {*regex.findall(r"\X", letter)}
    assert safe_name(cut) == cut
    assert safe_name(f"{start}{60 * letter}.jpg").endswith(f"{regex.findall(chr(92) + 'X', letter)[-1]}.jpg")


def test_a_letter_of_more_marks_than_a_name_has_room_for_keeps_some():
    assert 100 < len(safe_name("a" + 200 * "\u0301").encode()) <= 120


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=150))
def test_no_name_is_too_long_or_empty_and_none_begins_a_letter_that_it_does_not_end(name):
    safe = safe_name(name)
    assert safe and len(safe.encode()) <= 121 and safe_name(safe) == safe
