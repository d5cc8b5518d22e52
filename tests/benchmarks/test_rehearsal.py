"""The rehearsal at COCO's size, at a tiny one: pictures, every step twice, processes that are killed."""

import json
import re
import signal
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no signals to kill with", allow_module_level=True)

import rehearsal
import rehearsal_steps
from PIL import Image
from rehearsal_pictures import PICTURE_BYTES, make_coco
from watching import Watched, disk_of, watch

from helpers.base.errors import UserError

PICTURES = 80


@pytest.fixture(scope="module")
def coco(tmp_path_factory):
    return make_coco(tmp_path_factory.mktemp("drawn"), PICTURES, workers=1)


@pytest.fixture
def coco_home(coco, home):
    (home / "data").mkdir(parents=True)
    (home / "data" / "coco").symlink_to(coco, target_is_directory=True)
    return home


def annotations(folder: Path, kind: str) -> dict:
    return json.loads((folder / "annotations" / f"{kind}_train2014.json").read_text())


def test_pictures_come_as_those_of_coco(coco):
    files = sorted((coco / "train2014").iterdir())
    said, seen = annotations(coco, "captions"), annotations(coco, "instances")
    assert len(files) == PICTURES and all(re.fullmatch(r"COCO_train2014_\d{12}\.jpg", f.name) for f in files)
    assert sorted(image["file_name"] for image in said["images"]) == [file.name for file in files]
    for image in said["images"]:
        assert f"{image['id']:012}" in image["file_name"] and max(image["width"], image["height"]) == 640
        with Image.open(coco / "train2014" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"])
    per_picture = len(said["annotations"]) / PICTURES
    assert 5 <= per_picture < 5.1 and 0.6 * PICTURE_BYTES < disk_of(coco) / PICTURES < PICTURE_BYTES
    sizes = {image["id"]: (image["width"], image["height"]) for image in seen["images"]}
    kinds = {kind["id"] for kind in seen["categories"]}
    for thing in seen["annotations"]:
        x, y, width, height = thing["bbox"]
        right, low = sizes[thing["image_id"]]
        assert 0 <= x < x + width <= right and 0 <= y < y + height <= low and thing["category_id"] in kinds


def test_drawing_goes_on_and_ends_with_the_same_bytes(coco, tmp_path):
    twice = make_coco(tmp_path, PICTURES, workers=1)
    lost = sorted((twice / "train2014").iterdir())[::7]
    kept = {file: file.stat().st_mtime_ns for file in (twice / "train2014").iterdir() if file not in lost}
    for file in lost:
        file.unlink()
    make_coco(twice, PICTURES, workers=1)
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    for file in coco.rglob("*.*"):
        assert (twice / file.relative_to(coco)).read_bytes() == file.read_bytes()


def test_every_step_gives_the_same_twice_and_takes_the_disk_that_it_announced(coco_home):
    for backbone, some, steps in (("small", 0, [*rehearsal.STEPS]), ("resnet18", 24, [*rehearsal.STEPS][1:])):
        for step in steps:
            said = getattr(rehearsal_steps, step)(backbone, some)
            left = [
                path
                for pattern in rehearsal.STEPS[step][1]
                for path in coco_home.glob(pattern.format(backbone))
            ]
            assert left, step
            if said["announced"]:
                used = sum(disk_of(path) if path.is_dir() else path.stat().st_size for path in left)
                assert 0.4 * said["announced"] < used < said["announced"] + 1000
            rehearsal.forget(coco_home, step, backbone)
            assert not any(path.exists() for path in left)
            assert getattr(rehearsal_steps, step)(backbone, some)["result"] == said["result"], step


CHILD = """
import subprocess, sys, time
from pathlib import Path
room = bytearray(60 * 2**20)
other = subprocess.Popen([sys.executable, "-c", "import time; room = bytearray(90 * 2**20); time.sleep(60)"])
time.sleep(1)
Path(sys.argv[1]).touch()
if sys.argv[2] == "long":
    time.sleep(60)
other.kill()
"""


@pytest.fixture
def behind_a_shell():
    """Where Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("kill", rehearsal.SIGNALS)
def test_a_process_and_its_children_are_killed_when_they_have_begun(tmp_path, behind_a_shell, kill):
    log, mark = tmp_path / "log", tmp_path / "mark"
    seen = watch([sys.executable, "-c", CHILD, str(mark), "long"], log, mark, 0.2, kill)
    assert seen.killed and seen.code == -kill and mark.exists() and seen.seconds > 1.2
    assert 150 * 2**20 < seen.peak < 400 * 2**20  # the child's memory, too
    assert ("KeyboardInterrupt" in log.read_text()) == (kill == signal.SIGINT)


def test_a_process_that_is_over_too_soon_is_not_called_killed(tmp_path):
    log, mark = tmp_path / "log", tmp_path / "mark"
    seen = watch([sys.executable, "-c", CHILD, str(mark), "short"], log, mark, 50, signal.SIGKILL)
    assert not seen.killed and seen.code == 0


def test_the_processes_of_steps_answer_or_say_where_to_look(home):
    home.mkdir()
    seen, said = rehearsal.call(home, "make_pictures", 2)
    assert said["work"] == "2 pictures" and len(list((home / "data" / "coco" / "train2014").iterdir())) == 2
    assert seen.code == 0 and 0 < said["seconds"] < seen.seconds
    with pytest.raises(UserError, match=r"read_words ended with \d.*rehearsal.log"):
        rehearsal.call(home, "read_words", 0, "small")  # two pictures are too few for three splits


def pretend(monkeypatch, results=("a",), peak=2**30):
    """Steps that take no time; returns the list of what is called."""
    calls, results = [], iter(results * 100)

    def call(home, step, some, backbone=None, after=0.0, kill=None):
        calls.append((step, some, backbone, kill and kill.name))
        said = {"work": "10 pictures", "announced": 10**9, "result": next(results), "seconds": 8.0}
        return Watched(60.0, peak, 0, bool(kill)), {} if kill else said

    monkeypatch.setattr(rehearsal, "call", call)
    return calls


def test_every_step_is_taken_once_whole_and_once_killed_and_none_anew(home, monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", "elsewhere")
    calls = pretend(monkeypatch)
    rows = rehearsal.rehearse(home, 1000, "resnet101", 20)
    steps = [*rehearsal.STEPS]
    assert calls[0] == ("make_pictures", 1000, None, None)
    ways = [("small", 0, step) for step in steps] + [("resnet101", 20, step) for step in steps[1:]]
    for i, (backbone, some, step) in enumerate(ways):
        whole, broken, again = calls[1 + 3 * i : 4 + 3 * i]
        assert whole == again == (step, some, backbone, None)
        assert broken == (step, some, backbone, rehearsal.SIGNALS[(i + 1) % 2].name)
    assert len(calls) == 1 + 3 * len(ways) and len(rows) == 1 + len(ways)
    assert rehearsal.rehearse(home, 1000, "resnet101", 20) == rows and len(calls) == 1 + 3 * len(ways)
    with pytest.raises(UserError, match="holds a rehearsal of 1,000 pictures"):
        rehearsal.rehearse(home, 999, "resnet101", 20)


def test_the_table_says_what_went_wrong(home, monkeypatch):
    pretend(monkeypatch, results=("a", "a", "b", "c"), peak=7 * 2**30)
    shown = rehearsal.table(rehearsal.rehearse(home, 10, "resnet18", 5))
    lines = shown.splitlines()
    assert len(lines) == 2 + 2 * len(rehearsal.STEPS) - 1 + 1 and {
        line.count("|") for line in lines[:-1]
    } == {9}
    assert "| 10 pictures | 1.0 | 7.0 GiB | 1.00; 0.00 GB | SIGINT | 1.0 | NO |" in shown
    assert lines[-1].startswith("Above 6 GiB: make_pictures None, prepare small")
