"""Large collections: every picture is captioned once, whoever dies, and sorted as a small one would be."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import pytest

from helpers.base.errors import UserError
from helpers.data.datasets import load
from helpers.scenes.drawn_set import draw_scenes
from helpers.sort.clustering import cluster_captions
from helpers.sort.naming import name_groups, name_tallied, tally
from helpers.sort.vectors import content_words
from helpers.tell.captioner import SHIPPED, Captioner

ray = pytest.importorskip("ray", reason="ray is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
parquet = pytest.importorskip("pyarrow.parquet")
scale, scale_groups, sources = (
    pytest.importorskip(f"helpers.{name}") for name in ("scale", "scale_groups", "sources")
)

N, PIECE = 160, 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """160 pictures and two that are broken."""
    folder = tmp_path_factory.mktemp("collection")
    draw_scenes(folder, sizes={"train": N - 2, "val": 1, "test": 1})
    pictures = sources.pictures_below(folder)
    (pictures[3].parent / "000_broken.png").write_bytes(b"no picture")
    (pictures[3].parent / "zzz_torn.jpg").write_bytes(pictures[3].read_bytes()[:500])
    return folder


@pytest.fixture(scope="module")
def expected(folder):
    """{path: caption} as a single machine says it."""
    paths = [str(p) for p in sources.pictures_below(folder) if p.stem not in ("000_broken", "zzz_torn")]
    return dict(zip(paths, Captioner.load(SHIPPED, device="cpu").caption(paths), strict=True))


RUN = (
    "import sys; from helpers import scale; scale.start(2); scale.caption_collection(*sys.argv[1:], piece=16)"
)


def parts(out: Path) -> dict:
    return {path: path.stat().st_mtime_ns for path in out.glob("part-*.parquet")}


def run_until_killed(folder: Path, out: Path) -> None:
    """Start to caption in a process with a Ray of its own; kill its whole family after the first part."""
    with (out.parent / "log").open("w") as log:
        command = [sys.executable, "-c", RUN, str(folder), str(SHIPPED), str(out)]
        run = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    while not parts(out):
        assert run.poll() is None, (out.parent / "log").read_text()
        time.sleep(0.02)
    family = psutil.Process(run.pid).children(recursive=True)
    os.killpg(run.pid, signal.SIGKILL)
    for process in family:
        if process.is_running():
            process.kill()
    run.wait()


def go_on_and_kill_a_worker(folder: Path, out: Path) -> dict:
    """Go on, and kill what captions after a part or two more; returns what the call says."""
    kept, said = parts(out), {}
    work = threading.Thread(
        target=lambda: said.update(scale.caption_collection(folder, SHIPPED, out, piece=PIECE))
    )
    work.start()
    while work.is_alive() and len(parts(out)) == len(kept):
        time.sleep(0.02)
    workers = [p for p in psutil.Process().children(recursive=True) if "Speaker" in "".join(p.cmdline())]
    assert workers and len(parts(out)) < N // PIECE, "there was nobody to kill"
    for worker in workers:
        worker.kill()
    work.join(300)
    return said


@pytest.fixture(scope="module")
def captioned(folder, tmp_path_factory):
    """A collection whose captioning was killed as a whole, then went on, and lost its worker on the way."""
    out = tmp_path_factory.mktemp("out") / "captions"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        run_until_killed(folder, out)
        kept = parts(out)
        assert 0 < len(kept) < N // PIECE
        scale.start(2)
        said = go_on_and_kill_a_worker(folder, out)
        assert said["there already"] >= sum(parquet.read_metadata(path).num_rows for path in kept)
        assert sum(said.values()) == N + 2
        assert kept.items() <= parts(out).items()  # what was there has not been written again
        yield out
        ray.shutdown()


def rows(out: Path) -> list[dict]:
    return parquet.read_table(out).to_pylist()


def check(out: Path, expected: dict) -> None:
    found = rows(out)
    assert Counter(row["path"] for row in found).most_common(1)[0][1] == 1
    assert {row["path"]: row["caption"] for row in found if not row["error"]} == expected


@pytest.mark.timeout(600)
def test_whoever_dies_each_picture_gets_its_caption_once(captioned, expected):
    check(captioned, expected)
    captioner = Captioner.load(SHIPPED, device="cpu")
    row = rows(captioned)[5]
    np.testing.assert_allclose(row["context"], captioner.context([row["path"]])[0], atol=1e-4)
    assert -40 < row["log_prob"] < 0


def test_broken_pictures_become_rows_with_a_sentence(captioned):
    broken = [row for row in rows(captioned) if row["error"]]
    assert sorted(Path(row["path"]).stem for row in broken) == ["000_broken", "zzz_torn"]
    for row in broken:
        assert row["path"] in row["error"] and row["caption"] == "" and row["context"] is None


@pytest.mark.timeout(200)
def test_a_second_call_has_nothing_to_do_and_a_stranger_is_refused(captioned, folder, tmp_path):
    before = parts(captioned)
    said = scale.caption_collection(folder, SHIPPED, captioned, piece=PIECE)
    assert said == {"captioned": 0, "broken": 0, "there already": N + 2}
    assert before == parts(captioned)
    with pytest.raises(UserError, match="another"):
        scale.caption_collection(folder, SHIPPED, captioned, piece=PIECE, beam_width=1)
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UserError, match="not empty"):
        scale.caption_collection(folder, SHIPPED, tmp_path)


@pytest.mark.timeout(300)
def test_groups_are_those_of_cluster_captions(captioned, expected, tmp_path):
    groups, sizes = scale_groups.group_collection(captioned, tmp_path / "groups")
    alone = cluster_captions(list(expected.values()))
    assert groups.names == alone.names and groups.words == alone.words
    assert sizes.tolist() == np.bincount(alone.labels).tolist()
    told = {row["path"]: row["group"] for row in rows(tmp_path / "groups")}
    assert told == dict(zip(expected, alone.labels.tolist(), strict=True))


@pytest.mark.timeout(300)
def test_a_sample_is_enough_and_context_vectors_will_do(captioned, expected, tmp_path):
    groups, sizes = scale_groups.group_collection(captioned, tmp_path / "groups", k=4, sample=80)
    assert len(groups.labels) < 120 and sizes.sum() == N
    again, _ = scale_groups.group_collection(captioned, tmp_path / "groups", k=4, sample=80)
    assert again.names == groups.names
    groups, sizes = scale_groups.group_collection(captioned, tmp_path / "by_context", k=4, by="context")
    assert sizes.sum() == N and not any(name.startswith("Group") for name in groups.names)


def test_nothing_to_sort_says_so(tmp_path):
    with pytest.raises(UserError, match="no captions"):
        scale_groups.group_collection(tmp_path, tmp_path / "groups")


# What follows needs no Ray.


def pictures(folder: Path) -> list[Path]:
    return [path for path in sources.pictures_below(folder) if "broken" not in path.stem][:5]


def test_tars_and_parquet_files_are_read_in_their_order(folder, tmp_path):
    files = pictures(folder)
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for i, path in enumerate(files):
            archive.add(path, f"{i:03d}.png")
            note = tarfile.TarInfo(f"{i:03d}.json")
            archive.addfile(note, io.BytesIO())
    contents = [path.read_bytes() for path in files]
    table = pa.table({"url": [f"u{i}" for i in range(5)], "bytes": contents})
    parquet.write_table(table, tmp_path / "b.parquet")
    parquet.write_table(pa.table({"image": [{"bytes": c} for c in contents]}), tmp_path / "c.parquet")
    found = {}
    for name in ("a.tar", "b.parquet", "c.parquet"):
        (piece,) = sources.pieces_of(tmp_path / name)
        found[name] = list(sources.read(piece))
        assert [content for _, content in found[name]] == contents
    assert [name for name, _ in found["a.tar"]] == [f"{tmp_path}/a.tar/{i:03d}.png" for i in range(5)]
    assert [name for name, _ in found["b.parquet"]] == ["u0", "u1", "u2", "u3", "u4"]
    assert found["c.parquet"][4][0] == f"{tmp_path}/c.parquet#4"
    with pytest.raises(UserError, match="one kind"):
        sources.pieces_of(tmp_path)
    parquet.write_table(pa.table({"caption": ["a dog"]}), tmp_path / "d.parquet")
    with pytest.raises(UserError, match="no column"):
        list(sources.read(sources.pieces_of(tmp_path / "d.parquet")[0]))


def test_uris_that_cannot_be_had_are_broken_pictures(folder, tmp_path):
    uris = [pictures(folder)[0].as_uri(), "file:///nowhere/at/all.jpg"]
    (piece,) = sources.pieces_of(uris)
    batches = list(sources.decode({"piece": [json.dumps(piece)]}, tmp_path))
    errors = json.loads(batches[0]["errors"][0])
    assert errors[0] == "" and "all.jpg" in errors[1]
    assert len(batches[0]["pixels"][0]) == 256 * 256 * 3


def test_a_stream_is_cut_into_parts_and_finished_ones_are_not_decoded(folder, tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for i, path in enumerate(pictures(folder)):
            archive.add(path, f"{i:03d}.png")
    (piece,) = sources.pieces_of(tmp_path / "a.tar")
    row = {"piece": [json.dumps(piece)]}
    speaker = scale.Speaker(SHIPPED, tmp_path, 1)
    first, *others = sources.decode(row, tmp_path, size=2)
    assert len(others) == 2 and speaker(first)["captioned"] == [2]
    again = list(sources.decode(row, tmp_path, size=2))
    assert [len(batch["pixels"][0]) > 0 for batch in again] == [False, True, True]
    counts = [speaker(batch) for batch in again]
    assert [count["there already"][0] for count in counts] == [2, 0, 0]
    assert len(scale_groups.rows_of(tmp_path)) == 5


def test_a_piece_of_nothing_but_broken_pictures(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    (batch,) = sources.decode({"piece": [json.dumps(sources.pieces_of(tmp_path)[0])]}, tmp_path)
    said = scale.Speaker(SHIPPED, tmp_path, 1)(batch)
    assert said == {"captioned": [0], "broken": [1], "there already": [0]}


def test_no_picture_at_all_says_so(tmp_path):
    for nothing in (tmp_path, tmp_path / "gone", []):
        with pytest.raises(UserError, match="There is no picture"):
            sources.pieces_of(nothing)


def test_tallies_of_parts_add_up(folder):
    captions = [group[0] for group in load(folder, "train").captions]
    documents = [content_words(caption) for caption in captions]
    labels = np.arange(len(captions)) % 5
    tallies = [
        tally(captions[i : i + 40], documents[i : i + 40], labels[i : i + 40], 5) for i in range(0, N, 40)
    ]
    packed = [scale_groups.unpacked(scale_groups.packed(part)) for part in tallies]
    whole = sum(packed[1:], packed[0])
    assert name_tallied(whole) == name_groups(captions, documents, labels)
