import hashlib

import numpy as np
import pytest
from bad_server import BODY, Server, md5, zipped

from helpers.base.errors import UserError
from helpers.data import fetching
from helpers.data.fetching import fetch, unzip


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
        patch.setattr(fetching, "_chunks", interrupted)
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
    server.cut_after = [300_000] * fetching.TRIES
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
    server.status = [500] * fetching.TRIES
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


def test_disk_full_half_way(server, tmp_path, monkeypatch):
    def full(answer):
        yield answer.read(1000)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching, "_chunks", full)
    with pytest.raises(UserError, match="Make room"):
        fetch(server.url + "/a.zip", tmp_path / "a.zip")
    assert (tmp_path / "a.zip.part").stat().st_size == 1000


# ------------------------------------------------------------------ zips


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
