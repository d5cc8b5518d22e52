import os
import shutil
import sys

import pytest
from bad_server import md5, zipped
from PIL import Image
from test_transforms import photo

from helpers.base import files
from helpers.base.errors import UserError
from helpers.data import download, packed
from helpers.data.datasets import load
from helpers.data.download import download_command, flickr8k
from helpers.data.packed import pack, packed_file, unpack


@pytest.fixture
def drive(tmp_path, monkeypatch):
    """The course's home is on Google Drive; `drive(n)` begins a session with an empty disk."""
    monkeypatch.setattr(files, "DRIVE", tmp_path / "drive")
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(tmp_path / "drive" / "MyDrive" / "course"))

    def begin(n: int):
        disk = tmp_path / f"session {n}"
        monkeypatch.setattr(files, "PROJECT", disk)
        return disk

    return begin


@pytest.fixture
def mirror(server, tmp_path, monkeypatch):
    """A tiny Flickr8k, one picture of which cannot be read."""
    names = [f"{i}.jpg" for i in range(6)]
    for i, name in enumerate(names):
        photo(300 + i, 200, seed=i).save(tmp_path / name)
    (tmp_path / "5.jpg").write_bytes((tmp_path / "5.jpg").read_bytes()[:900])
    texts = {"Flickr8k.token.txt": "".join(f"{name}#{k}\tA dog , {k} .\n" for name in names for k in "01")}
    for split, some in (("train", names[:3]), ("dev", names[3:4]), ("test", names[4:])):
        texts[f"Flickr_8k.{split}Images.txt"] = "\n".join(some)
    pictures = {f"Flicker8k_Dataset/{name}": (tmp_path / name).read_bytes() for name in names}
    for kind, content in (("text", texts), ("pictures", pictures)):
        facts = download.ADDRESSES[f"flickr8k_{kind}"]
        file_name = facts["url"].rpartition("/")[2]
        data = zipped(tmp_path / file_name, content).read_bytes()
        server.files[f"/{file_name}"] = data
        monkeypatch.setitem(download.ADDRESSES, f"flickr8k_{kind}", facts | {"md5": md5(data)})
    monkeypatch.setenv("SHOW_TELL_SORT_MIRROR", server.url)


def below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def seen(split):
    dataset = load("flickr8k", split)
    return dataset.captions, [path.name for path in dataset.paths], [p.read_bytes() for p in dataset.prepared]


def test_on_drive_there_is_one_file_and_a_later_session_needs_nothing_else(drive, mirror, server, capsys):
    first = drive(1)
    assert download_command(["flickr8k"]) == 0
    told = capsys.readouterr().out
    assert "1 pictures cannot be read and are left out: 5.jpg" in told and "Kept as one file" in told
    assert below(files.home()) == ["data/flickr8k-256.zip"]
    assert Image.open(first / "data/flickr8k/Flicker8k_Dataset/0.jpg").size == (300, 200)  # as it was fetched
    splits = [seen(split) for split in ("train", "val", "test")]
    assert [len(captions) for captions, *_ in splits] == [3, 1, 1]

    second, requests = drive(2), len(server.asked)
    assert [seen(split) for split in ("train", "val", "test")] == splits
    with Image.open(second / "data/flickr8k/Flicker8k_Dataset/0.jpg") as small:
        assert small.size == (256, 256)
    assert download_command(["flickr8k"]) == 0 and len(server.asked) == requests
    assert below(files.home()) == ["data/flickr8k-256.zip"]

    drive(3)
    flickr8k()  # if that is called first
    assert [seen(split) for split in ("train", "val", "test")] == splits and len(server.asked) == requests


@pytest.mark.parametrize("kept", [0, 1000, -30])
def test_a_damaged_file_is_told_of_and_made_anew(drive, mirror, capsys, kept):
    drive(1)
    flickr8k()
    whole = packed_file("flickr8k").read_bytes()
    packed_file("flickr8k").write_bytes(whole[:kept])
    drive(2)
    with pytest.raises(UserError, match=r"flickr8k is not in .*fetch it"):
        load("flickr8k")
    assert "flickr8k-256.zip is damaged" in capsys.readouterr().out
    flickr8k()
    assert packed_file("flickr8k").stat().st_size == len(whole) and len(load("flickr8k")) == 3


def test_interrupted_while_packing_and_unpacking(drive, mirror, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    drive(1)
    with monkeypatch.context() as patch:
        patch.setattr(packed.zipfile.ZipFile, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            flickr8k()
    assert below(files.home()) == []
    left = packed_file("flickr8k").with_name(".flickr8k-256.zip.1.partial.zip")
    left.write_text("of a session that ended suddenly")
    flickr8k()
    assert below(files.home()) == ["data/flickr8k-256.zip"]
    captions = seen("train")

    second = drive(2)
    with monkeypatch.context() as patch:
        copy = shutil.copyfileobj
        patch.setattr("shutil.copyfileobj", lambda *a: stop() if "4.jpg" in a[0].name else copy(*a))
        with pytest.raises(KeyboardInterrupt):
            load("flickr8k")
    assert below(second / "data" / "flickr8k") == []
    assert seen("train") == captions and not [*(second / "data").glob(".*")]


def test_elsewhere_only_if_asked_and_what_is_there_is_never_overwritten(home, mirror, tmp_path):
    folder = flickr8k()
    before = {name: (folder / name).read_bytes() for name in below(folder)}
    assert not packed_file("flickr8k").exists()
    assert download_command(["flickr8k", "--packed"]) == 0
    assert packed_file("flickr8k") == home / "data" / "flickr8k-256.zip"
    next(folder.glob(".*done")).unlink()  # as in a folder that somebody has filled by hand
    assert load("flickr8k").paths[0].parent.parent == folder
    assert {name: (folder / name).read_bytes() for name in below(folder)}.items() <= before.items()


def test_a_full_disk_is_told_before_anything_is_written(home, mirror, monkeypatch):
    folder = flickr8k()
    pictures = home / "data" / "prepared"
    usage = lambda where: type("Usage", (), {"free": 10**12 if str(where) == str(pictures) else 10})  # noqa: E731
    monkeypatch.setattr("helpers.base.files.shutil.disk_usage", usage)
    with pytest.raises(UserError, match=r"flickr8k-256\.zip needs .* are free"):
        pack("flickr8k", folder)
    assert not packed_file("flickr8k").exists()


def test_nothing_to_unpack(home, tmp_path):
    unpack("coco", tmp_path)
    (tmp_path / "empty").mkdir()
    unpack("coco", tmp_path / "empty")
    assert (tmp_path / "empty").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="such names are not to be had here")
def test_names_that_no_zip_can_hold_are_spelt_out_and_a_pipe_is_not_waited_for(home, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.png", os.fsdecode(b"\xff.png"), "back\\slash.png"):
        photo(60, 40).save(tmp_path / "in" / name)
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    pack("flickr8k", tmp_path / "in")
    (tmp_path / "out").mkdir()
    unpack("flickr8k", tmp_path / "out")
    assert below(tmp_path / "out") == ["&#56575;.png", "a.png", "back&#92;slash.png"]
