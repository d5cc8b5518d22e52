import hashlib
import threading
import urllib.request
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from helpers.base.errors import UserError
from helpers.data import download
from helpers.data.download import coco2014, fetch, flickr8k, unzip

BODY = np.random.default_rng(0).bytes(700_000)


class Server(ThreadingHTTPServer):
    """Serves `files` {path: bytes}; the switches below make it as bad as the real ones."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/a.zip": BODY}
        self.cut_after = []  # how many bytes to send in the next answers before the line goes dead
        self.ranges = True  # does it understand Range?
        self.etag = True  # does it give ETags?
        self.status = []  # answer the next requests with these instead
        self.asked = []  # (path, Range) of every request
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server: Server = self.server
        wanted = self.headers.get("Range") if server.ranges else None
        server.asked.append((self.path, self.headers.get("Range")))
        body = server.files.get(self.path)
        if server.status or body is None:
            self.send_error(server.status.pop(0) if server.status else 404)
            return
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if wanted and self.headers.get("If-Range", etag) != etag:
            wanted = None
        first = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        if first >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.end_headers()
            return
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        if server.etag:
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body) - first))
        self.end_headers()
        much = server.cut_after.pop(0) if server.cut_after else len(body)
        with suppress(ConnectionError):  # the client may have hung up
            self.wfile.write(body[first : first + much])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 0.01)
    monkeypatch.setattr(download, "CHUNK", 10_000)
    monkeypatch.setenv("no_proxy", "*")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def md5(data):
    return hashlib.md5(data).hexdigest()


def leftovers(folder):
    return [path.name for path in folder.rglob("*") if ".part" in path.name]


def test_a_whole_file(server, tmp_path):
    path = fetch(server.url + "/a.zip", tmp_path / "new" / "a.zip", len(BODY), md5=md5(BODY))
    assert path.read_bytes() == BODY and leftovers(tmp_path) == []
    fetch(server.url + "/a.zip", path, len(BODY), sha256=hashlib.sha256(BODY).hexdigest())
    assert len(server.asked) == 1  # there already


def test_a_cut_connection_goes_on_where_it_stopped(server, tmp_path, capsys):
    server.cut_after = [300_000, 100_000]
    path = fetch(server.url + "/a.zip", tmp_path / "a.zip", md5=md5(BODY))
    assert path.read_bytes() == BODY
    assert [r for _, r in server.asked] == [None, "bytes=300000-", "bytes=400000-"]
    assert "cut" in capsys.readouterr().out


def test_ctrl_c_keeps_what_has_come(server, tmp_path, monkeypatch):
    def interrupted(answer):
        yield answer.read(250_000)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download, "_chunks", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(server.url + "/a.zip", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
    assert fetch(server.url + "/a.zip", tmp_path / "a.zip").read_bytes() == BODY
    assert server.asked[-1][1] == "bytes=250000-" and leftovers(tmp_path) == []


def test_ctrl_c_after_the_last_byte(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(BODY)
    assert fetch(server.url + "/a.zip", tmp_path / "a.zip").read_bytes() == BODY
    (tmp_path / "b.zip.part").write_bytes(BODY + b"too much")
    assert fetch(server.url + "/a.zip", tmp_path / "b.zip").read_bytes() == BODY


def test_a_server_that_ignores_range_starts_again(server, tmp_path):
    server.ranges, server.cut_after = False, [300_000]
    assert fetch(server.url + "/a.zip", tmp_path / "a.zip", len(BODY)).read_bytes() == BODY


def test_a_file_that_changes_in_between_is_not_mixed(server, tmp_path):
    other = np.random.default_rng(1).bytes(600_000)
    server.cut_after = [300_000] * download.TRIES
    server.ranges = False  # so that the first call gives up half-way
    with pytest.raises(UserError, match="network"):
        fetch(server.url + "/a.zip", tmp_path / "a.zip")
    assert (tmp_path / "a.zip.part").stat().st_size == 300_000
    server.ranges, server.files["/a.zip"] = True, other
    assert fetch(server.url + "/a.zip", tmp_path / "a.zip").read_bytes() == other


def test_without_etags_the_checksum_finds_the_mixture(server, tmp_path):
    server.etag = False
    (tmp_path / "a.zip.part").write_bytes(b"x" * 1000)
    with pytest.raises(UserError, match="md5"):
        fetch(server.url + "/a.zip", tmp_path / "a.zip", md5=md5(BODY))
    assert list(tmp_path.iterdir()) == []  # so that the next call starts afresh
    assert fetch(server.url + "/a.zip", tmp_path / "a.zip", md5=md5(BODY)).read_bytes() == BODY


@pytest.mark.parametrize("wrong", [{"md5": "0" * 32}, {"sha256": "0" * 64}, {"size": 5}])
def test_not_the_file_that_was_expected(server, tmp_path, wrong):
    with pytest.raises(UserError, match=r"a\.zip"):
        fetch(server.url + "/a.zip", tmp_path / "a.zip", **wrong)
    assert not (tmp_path / "a.zip").exists()
    (tmp_path / "a.zip").write_bytes(b"mine, and not yours")
    with pytest.raises(UserError, match="delete it"):
        fetch(server.url + "/a.zip", tmp_path / "a.zip", **wrong)
    assert (tmp_path / "a.zip").read_bytes() == b"mine, and not yours"


def test_server_errors(server, tmp_path):
    server.status = [503, 429]
    assert fetch(server.url + "/a.zip", tmp_path / "a.zip").read_bytes() == BODY
    with pytest.raises(UserError, match="404"):
        fetch(server.url + "/gone.zip", tmp_path / "gone.zip")
    assert len(server.asked) == 4  # a 404 is not tried again
    server.status = [500] * download.TRIES
    with pytest.raises(UserError, match="500"):
        fetch(server.url + "/a.zip", tmp_path / "b.zip")


def test_no_network(server, tmp_path):
    with Server() as closed:
        nobody = closed.url
    with pytest.raises(UserError, match="Check the network"):
        fetch(nobody + "/a.zip", tmp_path / "a.zip")
    with pytest.raises(UserError, match="no web address"):
        fetch("a.zip", tmp_path / "a.zip")


def test_disk_is_checked_first(server, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("helpers.base.files.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(UserError, match="are free"):
        fetch(server.url + "/a.zip", tmp_path / "a.zip")
    with pytest.raises(UserError, match="are free"):
        coco2014(tmp_path / "coco")
    assert len(server.asked) == 1  # COCO's size is known before asking


def test_disk_full_half_way(server, tmp_path, monkeypatch):
    def full(answer):
        yield answer.read(1000)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_chunks", full)
    with pytest.raises(UserError, match="Make room"):
        fetch(server.url + "/a.zip", tmp_path / "a.zip")
    assert (tmp_path / "a.zip.part").stat().st_size == 1000


# ------------------------------------------------------------------ zips


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_unzip_skips_what_is_there(tmp_path):
    file = zipped(
        tmp_path / "z.zip", {"in/a.txt": "aaa", "in/b.txt": "bbb", "in/empty": "", "__MACOSX/in/._a": "junk"}
    )
    unzip(file, tmp_path / "out")
    (tmp_path / "out/in/a.txt").write_text("AAA", encoding="utf-8")  # right size: left alone
    (tmp_path / "out/in/b.txt").write_text("b", encoding="utf-8")  # too short: written anew
    unzip(file, tmp_path / "out")
    assert (tmp_path / "out/in/a.txt").read_text(encoding="utf-8") == "AAA"
    assert (tmp_path / "out/in/b.txt").read_text(encoding="utf-8") == "bbb"
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == ["a.txt", "b.txt", "empty", "in"]


@pytest.mark.parametrize(
    "name", ["../evil.txt", "in/../../evil.txt", "/evil.txt", "C:/evil.txt", "..\\evil.txt"]
)
def test_unzip_never_writes_outside(tmp_path, name):
    file = zipped(tmp_path / "z.zip", {"good.txt": "good", name: "evil"})
    with pytest.raises(UserError, match="outside"):
        unzip(file, tmp_path / "out")
    assert not list(tmp_path.rglob("evil*")) and not (tmp_path / "out").exists()


def test_damaged_zip(tmp_path):
    whole = zipped(tmp_path / "z.zip", {"a.txt": BODY}).read_bytes()
    scratched = whole[:300_000] + b"scratch" * 100 + whole[300_700:]
    torn = whole[:40] + b"\xff" * 1000 + whole[1040:]
    for i, damaged in enumerate((b"no zip at all", whole[:60], scratched, torn)):
        (tmp_path / f"{i}.zip").write_bytes(damaged)
        with pytest.raises(UserError, match="damaged"):
            unzip(tmp_path / f"{i}.zip", tmp_path / "out")


# ------------------------------------------------------------------ the two sets


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
    from helpers.data.datasets import load

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
        patch.setattr(download.shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            flickr8k(tmp_path / "f", addresses=mirror)
    requests = len(server.asked)
    flickr8k(tmp_path / "f", addresses=mirror)
    assert len(server.asked) == requests + 1  # the first zip was there whole; only the second is fetched


def test_command_line(mirror, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(download, "ADDRESSES", mirror)
    assert download.download_command(["coco", "--folder", str(tmp_path / "c"), "--val2014"]) == 0
    assert 'load("coco"' in capsys.readouterr().out
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
