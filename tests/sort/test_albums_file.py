import contextlib
import json
import os
import sys
from pathlib import Path

import pytest
from small_world import SAYS, ByColour, files_of, paint, rows_of, snapshot

import helpers.sort.filing
from helpers.base.errors import UserError
from helpers.sort.albums import sort_photos


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


STARTS = [*"=-+@﹣⁼＝\t\r\n", " =", "\t=", "\r=", "\n+", "\xa0-", "\u200b@", "\ufeff="]


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
@pytest.mark.parametrize("name", [f"{start}1.png" for start in STARTS])
def test_captions_csv_opens_in_excel_and_no_cell_begins_like_a_formula(tmp_path, name):
    paint(tmp_path / "mine" / name, "red")
    albums = sort_photos(tmp_path / "mine", ByColour(), tmp_path / "out")
    assert (tmp_path / "out" / "captions.csv").read_bytes().startswith(b"\xef\xbb\xbfpath,")
    (row,) = rows_of(albums)
    assert row["path"] == f"./{name}"


def test_what_is_left_out_is_told_in_a_line_for_each_reason(tmp_path):
    paint(tmp_path / "mine" / "a.png", "red")
    for i in range(1000):
        (tmp_path / "mine" / f"{i:03}.mov").touch()
    (tmp_path / "mine" / "b.cr2").touch()
    (tmp_path / "mine" / "notes.txt").touch()
    told = str(sort_photos(tmp_path / "mine", ByColour(), tmp_path / "out")).splitlines()
    assert " 1001 left out:" in told and "    1 passed over:" in told and len(told) < 10
    assert any("export it as JPEG: 1 (b.cr2)" in line for line in told)
    assert any("1,000 (000.mov; 001.mov; 002.mov …)" in line for line in told)


def test_what_the_cnn_sees_and_how_sure_it_is_are_written_beside(photos, tmp_path, tiny_captioner):
    import torch

    from helpers.show.sight import Sight

    sight = Sight(tiny_captioner.encoder.feature_dim, ["=alp", "wall, red"], dimensions=4)
    sight.learn(torch.rand(9, sight.mean.numel()), torch.rand(9, sight.mean.numel()))
    sight.distances.fill_(-1)  # all that it has learnt lies nearer than anything else
    tiny_captioner.sight, tiny_captioner.dataset = sight.eval(), "scenes"
    albums = sort_photos(photos, tiny_captioner, tmp_path / "out")
    rows = rows_of(albums)
    assert list(rows[0]) == ["path", "caption", "album", "classes", "familiarity", "unsure"]
    assert all(row["unsure"] == "unsure" and row["familiarity"] == "0.0" for row in rows)
    assert all("wall, red" in row["classes"] and row["classes"][0] in "'w" for row in rows)
    (photo,) = (p for p in albums.photos if p.name == "cow.jpg")
    assert {row["caption"] for row in rows if row["path"] == "cow.jpg"} == {photo.caption}
    known = json.loads((albums.folder / "albums.json").read_text())["albums"][0]["pictures"][0]
    assert known["unsure"] is True and known["familiarity"] == 0 and set(known["classes"]) <= {*sight.classes}
    last = str(albums).splitlines()[-1]
    assert last.startswith(
        "6 of 6 pictures look like nothing this captioner has learnt; their captions are guesses"
    )
    assert "learnt from scenes" in last and "photos" in last, "and which one may fit"
    again = sort_photos(photos, tiny_captioner, tmp_path / "out")
    assert rows_of(again) == rows, "also what is read from the notes"
    for photo, same in zip(albums.photos, again.photos, strict=True):
        assert photo.description.words == same.description.words
        assert (photo.description.features == same.description.features).all()
    sight.distances.fill_(1e9)
    assert "guess" not in str(sort_photos(photos, tiny_captioner, tmp_path / "sure"))
