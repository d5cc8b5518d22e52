import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from bad_server import md5, zipped

from helpers.base.errors import UserError
from helpers.data import download, fetching
from helpers.data.datasets import load
from helpers.data.download import coco2014, flickr8k


@pytest.fixture
def mirror(server, tmp_path, monkeypatch):
    """A mirror with a tiny Flickr8k and COCO, and addresses with their true sizes and sums."""
    texts = {
        "Flickr8k.token.txt": "1.jpg#0\tA dog .\n",
        "Flickr_8k.trainImages.txt": "1.jpg\n",
        "Flickr_8k.devImages.txt": "",
        "Flickr_8k.testImages.txt": "",
    }
    contents = {
        "flickr8k_text": texts,
        "flickr8k_pictures": {
            "Flicker8k_Dataset/1.jpg": "picture",
            "__MACOSX/._1.jpg": "junk",
        },
        "coco_captions": {
            "annotations/captions_train2014.json": "{}",
            "annotations/instances.json": "[]",
        },
        "coco_train2014": {"train2014/COCO_train2014_000000000009.jpg": "picture"},
        "coco_val2014": {"val2014/COCO_val2014_000000000042.jpg": "picture"},
    }
    addresses = {}
    for name, files in contents.items():
        url = download.ADDRESSES[name]["url"]
        file_name = url.rpartition("/")[2]
        data = zipped(tmp_path / file_name, files).read_bytes()
        server.files[f"/mirror/{file_name}"] = data
        addresses[name] = download.ADDRESSES[name] | {"size": len(data), "md5": md5(data)}
    monkeypatch.setenv("SHOW_TELL_SORT_MIRROR", server.url + "/mirror/")
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(tmp_path / "home"))
    return addresses


def below(folder):
    return sorted(str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())


def test_flickr8k(mirror, server, tmp_path):
    folder = flickr8k(addresses=mirror)
    assert folder == tmp_path / "home" / "data" / "flickr8k"
    assert [name for name in below(folder) if not name.startswith(".")] == [
        "Flicker8k_Dataset/1.jpg",
        "Flickr8k.token.txt",
        "Flickr_8k.devImages.txt",
        "Flickr_8k.testImages.txt",
        "Flickr_8k.trainImages.txt",
    ]
    assert load("flickr8k", "train", size=None).captions == [["A dog ."]]
    requests = len(server.asked)
    flickr8k(addresses=mirror)
    assert len(server.asked) == requests  # done is done, though the zips are gone
    (folder / "Flicker8k_Dataset" / "1.jpg").unlink()  # to make room, a year ago
    flickr8k(addresses=mirror)
    assert (folder / "Flicker8k_Dataset" / "1.jpg").exists()
    assert len({*server.asked[requests:]}) == 1  # the captions are there


def test_two_at_once_fetch_everything_once(mirror, server):
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: flickr8k(addresses=mirror), range(2))
    assert one == other and (one / "Flicker8k_Dataset" / "1.jpg").read_text() == "picture"
    assert len(server.asked) == 2


def test_cocos_size_is_known_before_asking(server, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("helpers.base.files.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(UserError, match="are free"):
        coco2014(tmp_path / "coco")
    assert not server.asked


def test_coco2014(mirror, server, tmp_path):
    folder = coco2014(tmp_path / "coco", addresses=mirror, keep_zip=True)
    assert [name for name in below(folder) if not name.startswith(".")] == [
        "annotations/captions_train2014.json",  # the other annotations are not needed
        "annotations_trainval2014.zip",
        "train2014.zip",
        "train2014/COCO_train2014_000000000009.jpg",
    ]
    coco2014(folder, addresses=mirror, val2014=True)
    assert "val2014/COCO_val2014_000000000042.jpg" in below(folder) and "val2014.zip" not in below(folder)


def test_interrupted_while_unzipping(mirror, server, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(fetching.shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            flickr8k(tmp_path / "f", addresses=mirror)
    requests = len(server.asked)
    flickr8k(tmp_path / "f", addresses=mirror)
    assert len(server.asked) == requests + 1  # the first zip was there whole; only the second is fetched


def test_command_line(mirror, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(download, "ADDRESSES", mirror)
    assert download.download_command(["coco", "--folder", str(tmp_path / "c"), "--val2014"]) == 0
    assert f'DATASET = "coco", DATA = r"{tmp_path / "c"}"' in capsys.readouterr().out
    monkeypatch.setenv("SHOW_TELL_SORT_MIRROR", "http://127.0.0.1:1")
    assert download.download_command(["flickr8k"]) == 2
    told = capsys.readouterr().err
    assert "Check the network" in told and "Traceback" not in told
    with pytest.raises(SystemExit) as stopped:
        download.download_command(["imagenet"])
    assert stopped.value.code == 2


def test_addresses_are_complete():
    for name, facts in download.ADDRESSES.items():
        assert facts["url"].startswith("http") and facts["url"].endswith(".zip"), name
        assert len(facts["md5"]) == 32, name
        urllib.request.Request(facts["url"])
