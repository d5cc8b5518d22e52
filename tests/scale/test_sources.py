"""Where collections lie: folders, lists of URIs, tars and Parquet files, read without Ray."""

import io
import json
import os
import sys
import tarfile
from pathlib import Path

import pytest

from helpers.base.disks import DiskError
from helpers.base.errors import UserError
from helpers.data.folders import pictures_below
from helpers.tell.captioner import SHIPPED

pytest.importorskip("ray", reason="ray is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
parquet = pytest.importorskip("pyarrow.parquet")
from helpers.scale import sources  # noqa: E402
from helpers.scale.captioning import CaptionWorker  # noqa: E402


@pytest.fixture
def pictures(tiny_set) -> list[Path]:
    return pictures_below(tiny_set)[:5]


def test_tars_and_parquet_files_are_read_in_their_order(pictures, tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for i, path in enumerate(pictures):
            archive.add(path, f"{i:03d}.png")
            note = tarfile.TarInfo(f"{i:03d}.json")
            archive.addfile(note, io.BytesIO())
    contents = [path.read_bytes() for path in pictures]
    table = pa.table({"url": [f"u{i}" for i in range(5)], "bytes": contents})
    parquet.write_table(table, tmp_path / "b.parquet")
    parquet.write_table(pa.table({"image": [{"bytes": c} for c in contents]}), tmp_path / "c.parquet")
    found = {}
    for name in ("a.tar", "b.parquet", "c.parquet"):
        (piece,) = sources.pieces_of(tmp_path / name)
        found[name] = list(sources.read_piece(piece))
        assert [content for _, content in found[name]] == contents
    assert [name for name, _ in found["a.tar"]] == [f"{tmp_path}/a.tar/{i:03d}.png" for i in range(5)]
    assert [name for name, _ in found["b.parquet"]] == ["u0", "u1", "u2", "u3", "u4"]
    assert found["c.parquet"][4][0] == f"{tmp_path}/c.parquet#4"
    with pytest.raises(UserError, match="one kind"):
        sources.pieces_of(tmp_path)
    parquet.write_table(pa.table({"caption": ["a dog"]}), tmp_path / "d.parquet")
    with pytest.raises(UserError, match="no column"):
        list(sources.read_piece(sources.pieces_of(tmp_path / "d.parquet")[0]))


def test_uris_that_cannot_be_had_are_broken_pictures(pictures, tmp_path):
    uris = [pictures[0].as_uri(), "file:///nowhere/at/all.jpg"]
    (piece,) = sources.pieces_of(uris)
    batches = list(sources.decode({"piece": [json.dumps(piece)]}, tmp_path))
    errors = json.loads(batches[0]["errors"][0])
    assert errors[0] == "" and "all.jpg" in errors[1]
    assert len(batches[0]["pixels"][0]) == 256 * 256 * 3


def test_a_stream_is_cut_into_parts_and_finished_ones_are_not_decoded(pictures, tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for i, path in enumerate(pictures):
            archive.add(path, f"{i:03d}.png")
    (piece,) = sources.pieces_of(tmp_path / "a.tar")
    row = {"piece": [json.dumps(piece)]}
    worker = CaptionWorker(SHIPPED, tmp_path, 1)
    first, *others = sources.decode(row, tmp_path, size=2)
    assert len(others) == 2 and worker(first)["captioned"] == [2]
    again = list(sources.decode(row, tmp_path, size=2))
    assert [len(batch["pixels"][0]) > 0 for batch in again] == [False, True, True]
    counts = [worker(batch) for batch in again]
    assert [count["there already"][0] for count in counts] == [2, 0, 0]
    assert len(parquet.read_table([*tmp_path.glob("part-*")])) == 5


def test_a_piece_of_nothing_but_broken_pictures(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    (batch,) = sources.decode({"piece": [json.dumps(sources.pieces_of(tmp_path)[0])]}, tmp_path)
    said = CaptionWorker(SHIPPED, tmp_path, 1)(batch)
    assert said == {"captioned": [0], "broken": [1], "there already": [0]}


def test_what_lies_beside_the_pictures_is_told(pictures, tmp_path, capsys):
    (tmp_path / "in" / "@eaDir").mkdir(parents=True)
    for name in ("a.png", "b.cr2", "notes.txt", "@eaDir/c.png"):
        (tmp_path / "in" / name).write_bytes(pictures[0].read_bytes())
    (piece,) = sources.pieces_of(tmp_path / "in")
    assert [Path(name).name for name in piece["names"]] == ["a.png"]
    told = capsys.readouterr().out
    assert "JPEG: 1 (b.cr2)" in told and "1 (@eaDir)" in told and "no pictures: 1 (notes.txt)" in told
    tar_of(pictures, tmp_path / "in" / "d.tar")
    (piece,) = sources.pieces_of(tmp_path / "in")
    assert piece["uri"].endswith("d.tar")
    told = capsys.readouterr().out
    assert "pictures beside Parquet files or tars: 1 (a.png)" in told and "d.tar" not in told


@pytest.mark.skipif(sys.platform != "linux", reason="such names are not to be had here")
def test_a_name_that_is_no_unicode_is_captioned_like_any_other(pictures, tmp_path):
    name = tmp_path / "in" / os.fsdecode(b"\xff.png")
    name.parent.mkdir()
    name.write_bytes(pictures[0].read_bytes())
    (batch,) = sources.decode({"piece": [json.dumps(sources.pieces_of(name.parent)[0])]}, tmp_path)
    assert CaptionWorker(SHIPPED, tmp_path, 1)(batch)["captioned"] == [1]
    (row,) = parquet.read_table([*tmp_path.glob("part-*")]).to_pylist()
    assert row["path"] == f"{tmp_path}/in/?.png" and row["caption"] and not row["error"]


def test_no_picture_at_all_says_so(tmp_path):
    for nothing in (tmp_path, tmp_path / "gone", []):
        with pytest.raises(UserError, match="There is no picture"):
            sources.pieces_of(nothing)


def tar_of(pictures, path):
    with tarfile.open(path, "w") as archive:
        for i, picture in enumerate(pictures):
            archive.add(picture, f"{i:03d}.png")
    return path.read_bytes()


def decoded(piece, out):
    """(name, error) of every picture, and how many were read."""
    batches = list(sources.decode({"piece": [json.dumps(piece)]}, out))
    rows = [
        pair
        for b in batches
        for pair in zip(*(json.loads(b[x][0]) for x in ("names", "errors")), strict=True)
    ]
    return rows, sum(len(b["pixels"][0]) for b in batches) // (256 * 256 * 3)


def test_of_a_truncated_tar_all_before_is_kept_and_the_rest_is_named(pictures, tmp_path):
    whole = tar_of(pictures, tmp_path / "whole.tar")
    for n in range(0, len(whole) - 1024, 300):
        (tmp_path / "a.tar").write_bytes(whole[:n])
        (piece,) = sources.pieces_of(tmp_path / "a.tar")
        rows, read = decoded(piece, tmp_path / "out")
        named = [error for _, error in rows if error]
        assert read == len(rows) - len(named)
        if read < 5:
            assert any("a.tar is truncated or damaged after" in error for error in named), n


@pytest.mark.parametrize("content", [b"", b"<html>no tar</html>", b"\x1f\x8b" + bytes(600)])
@pytest.mark.parametrize("name", ["a.tar", "a.parquet"])
def test_what_is_no_archive_is_a_row_with_a_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    (piece,) = sources.pieces_of(tmp_path / name)
    ((where, told),), read = decoded(piece, tmp_path / "out")
    assert where == str(tmp_path / name) and "truncated or damaged" in told and read == 0


def test_a_truncated_parquet_is_named(pictures, tmp_path):
    table = pa.table({"bytes": [path.read_bytes() for path in pictures]})
    parquet.write_table(table, tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    for n in range(1, len(whole), 997):
        (tmp_path / "a.parquet").write_bytes(whole[:n])
        rows, read = decoded(sources.pieces_of(tmp_path / "a.parquet")[0], tmp_path / "out")
        assert read == 0 and "a.parquet is truncated or damaged" in rows[-1][1]


def test_a_missing_package_and_a_disk_that_is_gone_stop_the_run(pictures, tmp_path, monkeypatch):
    (piece,) = sources.pieces_of([f"s3://bucket/{i}.jpg" for i in range(3)])

    def missing(*_):
        raise ImportError("Install s3fs to access S3")

    with monkeypatch.context() as patch:
        patch.setattr(sources.fsspec, "open", missing)
        with pytest.raises(UserError, match="s3fs"):
            decoded(piece, tmp_path / "out")
    (piece,) = sources.pieces_of(pictures)
    pictures[0].parent.rename(tmp_path / "pocket")
    with pytest.raises(DiskError, match="plug their disk in again"):
        decoded(piece, tmp_path / "out")
