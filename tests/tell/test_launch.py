"""Training by command, in one process or in several: the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from helpers.base.errors import UserError
from helpers.data.datasets import load
from helpers.scenes.drawn_set import draw_scenes
from helpers.show.backbones import SmallCNN
from helpers.tell import launch
from helpers.tell.captioner import Captioner
from helpers.tell.course import checkpoints
from tools.walkthrough import final_text

SETTINGS = ["--epochs=2", "--batch-size=51", "--learning-rate=0.003", "--dropout=0", "--word-threshold=2"]
SETTINGS += ["--views=2"]
EXACT = {"SHOW_TELL_SORT_PRECISION": "float32"}  # rounded to bfloat16, parts add up to another sum


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a small data set: 205 captions, so that the last batch of an epoch has a single one."""
    home = tmp_path_factory.mktemp("home")
    draw_scenes(home / "drawn", sizes={"train": 41, "val": 20, "test": 1})
    return home


def command(home: Path, out: str, *more: str) -> list[str]:
    return ["--dataset", str(home / "drawn"), *SETTINGS, "--out", str(home / out), *more]


def start_two(home: Path, out: str, *more: str) -> subprocess.Popen:
    """`python -m helpers.tell.launch` in two processes."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    environment = os.environ | EXACT | {"SHOW_TELL_SORT_HOME": str(home), "OMP_NUM_THREADS": "1"}
    with (home / f"{out}.log").open("w") as log:
        options = {"env": environment, "stdout": log, "stderr": log, "start_new_session": True}
        return subprocess.Popen(
            [*launcher, "-m", "helpers.tell.launch", *command(home, out, *more)], **options
        )


def run_one(home: Path, out: str) -> None:
    """The same in this very process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (EXACT | {"SHOW_TELL_SORT_HOME": str(home)}).items():
            patch.setenv(name, value)
        assert launch.launch_command(command(home, out)) == 0


def history(home: Path, out: str) -> list[dict]:
    rows = torch.load(home / out / "last.pt", weights_only=True)["history"]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def captions(home: Path, out: str) -> list[str]:
    images = [record.image for record in load(home / "drawn", "val")]
    return Captioner.load(home / out / "captioner.pt", device="cpu").caption(images, beam_width=3)


@pytest.fixture(scope="module")
def alone(home):
    """What one process has learnt."""
    run_one(home, "alone")
    return history(home, "alone")


@pytest.mark.timeout(600)
def test_two_processes_learn_what_one_learns_with_the_doubled_batch(home, alone, capsys):
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    what = {"dataset": home / "drawn", "out": home / "two", "data": None, "attention": False}
    what |= dict(setting.removeprefix("--").replace("-", "_").split("=") for setting in SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (EXACT | {"SHOW_TELL_SORT_HOME": str(home)}).items():
            patch.setenv(name, value)
        launch.in_processes(2, **what)
    log = final_text(capsys.readouterr().out)
    assert log.count("\n") < 20  # bars move, and are gone in the end
    assert "Trained in 2 processes" in log
    assert log.count("epoch 2:") and log.count("Trained") == 1  # one of them speaks
    two = history(home, "two")
    for ours, theirs in zip(two, alone, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)
    assert [row["CIDEr"] for row in two] == [row["CIDEr"] for row in alone]
    assert captions(home, "two") == captions(home, "alone")


@pytest.mark.timeout(600)
def test_killed_with_two_processes_it_goes_on_with_one(home, alone):
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    process = start_two(home, "killed")
    while not (home / "killed" / "last.pt").exists():
        assert process.poll() is None, (home / "killed.log").read_text()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert len(history(home, "killed")) == 1
    run_one(home, "killed")
    for ours, theirs in zip(history(home, "killed"), alone, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)
    assert captions(home, "killed") == captions(home, "alone")


@pytest.mark.timeout(600)
def test_ctrl_c_in_the_first_process_keeps_the_best_epoch_and_ends_the_others(home):
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    process = start_two(home, "stopped", "--epochs=1000")
    while not (home / "stopped" / "last.pt").exists():
        assert process.poll() is None, (home / "stopped.log").read_text()
        time.sleep(0.05)
    children = psutil.Process(process.pid).children()
    (first,) = [child for child in children if child.environ().get("RANK") == "0"]
    first.send_signal(signal.SIGINT)
    code, log = process.wait(60), (home / "stopped.log").read_text()
    assert code == 0 and "Stopped in epoch" in log and "Traceback" not in log, log
    assert captions(home, "stopped")


def test_given_a_path_it_takes_the_cnn_of_02_and_writes_nothing_beside_the_pictures(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOW_TELL_SORT_HOME", str(home / "fresh"))
        cnn = SmallCNN()
        torch.save(cnn.state_dict(), checkpoints(load(home / "drawn").name, "small") / "cnn.pt")
        before = {*home.iterdir()}
        command = ["--dataset", str(home / "drawn"), "--epochs=1", "--out", str(home / "fresh" / "out")]
        assert launch.launch_command(command) == 0
    taught = Captioner.load(home / "fresh" / "out" / "captioner.pt", device="cpu").encoder.cnn
    assert torch.equal(taught[0].weight, cnn[0].weight)
    assert {*home.iterdir()} == before


@pytest.mark.timeout(300)
def test_processes_that_fail_say_what_to_mend_and_no_more(tmp_path):
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    with pytest.raises(UserError) as error:
        launch.in_processes(2, out=tmp_path, dataset=tmp_path / "nowhere")
    assert "nowhere" in str(error.value) and str(error.value).count("\n") <= 1  # one of them, or both


def test_the_command_line_says_what_to_mend(capsys, tmp_path):
    assert launch.launch_command(["--dataset", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 2
    assert "nowhere" in capsys.readouterr().err
