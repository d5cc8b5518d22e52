"""Large collections: every picture is captioned once, whoever dies, and sorted as a small one would be."""

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

from helpers.base.disks import DiskError
from helpers.base.errors import UserError
from helpers.data.folders import pictures_below
from helpers.scenes.drawn_set import draw_scenes
from helpers.sort.clustering import cluster_captions
from helpers.tell.captioner import SHIPPED, Captioner

ray = pytest.importorskip("ray", reason="ray is not installed")
parquet = pytest.importorskip("pyarrow.parquet")
from helpers.scale import captioning, sorting  # noqa: E402

N, PIECE = 160, 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """160 pictures and two that are broken."""
    folder = tmp_path_factory.mktemp("collection")
    draw_scenes(folder, sizes={"train": N - 2, "val": 1, "test": 1})
    pictures = pictures_below(folder)
    (pictures[3].parent / "000_broken.png").write_bytes(b"no picture")
    (pictures[3].parent / "zzz_torn.jpg").write_bytes(pictures[3].read_bytes()[:500])
    return folder


@pytest.fixture(scope="module")
def expected(folder):
    """{path: caption} as a single machine says it."""
    paths = [str(p) for p in pictures_below(folder) if p.stem not in ("000_broken", "zzz_torn")]
    return dict(zip(paths, Captioner.load(SHIPPED, device="cpu").caption(paths), strict=True))


RUN = """
import sys
from helpers.scale.captioning import caption_collection, start
start(2)
caption_collection(*sys.argv[1:], piece=16)
"""


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
        target=lambda: said.update(captioning.caption_collection(folder, SHIPPED, out, piece=PIECE))
    )
    work.start()
    while work.is_alive() and len(parts(out)) == len(kept):
        time.sleep(0.02)
    family = psutil.Process().children(recursive=True)
    workers = [p for p in family if "CaptionWorker" in "".join(p.cmdline())]
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
        captioning.start(2)
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


@pytest.mark.timeout(900)
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
    said = captioning.caption_collection(folder, SHIPPED, captioned, piece=PIECE)
    assert said == {"captioned": 0, "broken": 0, "there already": N + 2}
    assert before == parts(captioned)
    with pytest.raises(UserError, match="another"):
        captioning.caption_collection(folder, SHIPPED, captioned, piece=PIECE, beam_width=1)
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UserError, match="not empty"):
        captioning.caption_collection(folder, SHIPPED, tmp_path)


@pytest.mark.timeout(300)
def test_gone_on_with_another_size_of_pieces_no_picture_is_captioned_twice(captioned, folder, tmp_path):
    said = captioning.caption_collection(folder, SHIPPED, captioned, piece=PIECE - 1)
    assert said == {"captioned": 0, "broken": 0, "there already": N + 2}
    pictures = pictures_below(folder)[:8]
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for picture in pictures:
            archive.add(picture, picture.name)
    out = tmp_path / "out"
    captioning.caption_collection(tmp_path / "a.tar", SHIPPED, out, piece=3)
    first, *_ = sorted(parts(out))
    first.unlink()  # as if it had been interrupted
    captioning.caption_collection(tmp_path / "a.tar", SHIPPED, out, piece=4)
    assert sorted(Path(row["path"]).name for row in rows(out)) == [picture.name for picture in pictures]


@pytest.mark.timeout(300)
def test_groups_are_those_of_cluster_captions(captioned, expected, tmp_path):
    groups, sizes = sorting.group_collection(captioned, tmp_path / "groups")
    alone = cluster_captions(list(expected.values()))
    assert groups.names == alone.names and groups.words == alone.words
    assert sizes.tolist() == np.bincount(alone.labels).tolist()
    told = {row["path"]: row["group"] for row in rows(tmp_path / "groups")}
    assert told == dict(zip(expected, alone.labels.tolist(), strict=True))


@pytest.mark.timeout(300)
def test_a_sample_is_enough_and_context_vectors_will_do(captioned, expected, tmp_path):
    groups, sizes = sorting.group_collection(captioned, tmp_path / "groups", k=4, sample=80)
    assert len(groups.labels) < 120 and sizes.sum() == N
    again, _ = sorting.group_collection(captioned, tmp_path / "groups", k=4, sample=80)
    assert again.names == groups.names
    groups, sizes = sorting.group_collection(captioned, tmp_path / "by_context", k=4, by="context")
    assert sizes.sum() == N and not any(name.startswith("Group") for name in groups.names)


def test_a_ray_that_does_not_start_is_started_again(monkeypatch):
    calls = []

    def init(**options):
        calls.append(subprocess.run([sys.executable, "-c", "import rfc3987_syntax"], capture_output=True))
        if len(calls) < captioning.ATTEMPTS:
            raise RuntimeError("The current node timed out during startup.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setenv("PYTHONPATH", "mine")
    captioning.start(2)
    assert len(calls) == captioning.ATTEMPTS
    assert all(b"ImportError" in call.stderr for call in calls)  # spared in Ray's processes alone
    assert os.environ["PYTHONPATH"] == "mine"


def test_what_stops_a_worker_is_one_sentence(tmp_path):
    captioning.start(2)
    parquet.write_table(captioning.pa.table({"caption": ["a dog"]}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match=r"a\.parquet has no column") as told:
        captioning.caption_collection(tmp_path / "a.parquet", SHIPPED, tmp_path / "out")
    assert "\n" not in str(told.value)


def test_a_place_where_nothing_can_be_written_is_named(folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="something else is in its place"):
        captioning.caption_collection(folder, SHIPPED, tmp_path / "file" / "out")
