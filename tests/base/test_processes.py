"""Training in several processes: the same as in one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from finetuning import finetune

from helpers.base import processes
from helpers.base.errors import UserError
from helpers.data.datasets import load
from helpers.data.transforms import Transform
from helpers.scenes.drawn_set import draw_scenes
from helpers.show.encoder import Encoder
from helpers.tell import launch, training
from helpers.tell.captioner import Captioner
from helpers.tell.decoder import Decoder
from helpers.tell.self_critical import practise

SETTINGS = ["--epochs=2", "--batch-size=51", "--learning-rate=0.003", "--dropout=0", "--word-threshold=2"]
SETTINGS += ["--views=2"]
EXACT = {"SHOW_TELL_SORT_PRECISION": "float32"}  # rounded to bfloat16, parts add up to another sum


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a small data set: 205 captions, so that the last batch of an epoch has a single one."""
    home = tmp_path_factory.mktemp("home")
    draw_scenes(home / "drawn", sizes={"train": 41, "val": 20, "test": 1})
    return home


def command(home: Path, out: str) -> list[str]:
    return ["--dataset", str(home / "drawn"), *SETTINGS, "--out", str(home / out)]


def start_two(home: Path, out: str) -> subprocess.Popen:
    """`python -m helpers.tell.launch` in two processes."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    environment = os.environ | EXACT | {"SHOW_TELL_SORT_HOME": str(home), "OMP_NUM_THREADS": "1"}
    with (home / f"{out}.log").open("w") as log:
        options = {"env": environment, "stdout": log, "stderr": log, "start_new_session": True}
        return subprocess.Popen([*launcher, "-m", "helpers.tell.launch", *command(home, out)], **options)


def run_one(home: Path, out: str) -> None:
    """The same in this very process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (EXACT | {"SHOW_TELL_SORT_HOME": str(home)}).items():
            patch.setenv(name, value)
        assert launch.main(command(home, out)) == 0


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
def test_two_processes_learn_what_one_learns_with_the_doubled_batch(home, alone):
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    process = start_two(home, "two")
    code, log = process.wait(300), (home / "two.log").read_text()
    assert code == 0, log
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


def test_every_caption_is_in_one_share(monkeypatch):
    shares = []
    for rank in range(3):
        monkeypatch.setattr(processes, "world", lambda: 3)
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        shares += processes.share(torch.arange(10)).tolist()
    assert sorted(shares) == list(range(10))


def test_a_process_without_a_share_adds_nothing(monkeypatch):
    vocabulary = training.Vocabulary.build(["a dog"], 0)
    batches = training.CaptionBatches(torch.rand(1, 8), [["a dog"]], vocabulary)
    monkeypatch.setattr(training, "share", lambda rows: rows[:0])
    ((features, said),) = batches.epoch(torch.Generator().manual_seed(0))
    encoder = torch.nn.Module()
    encoder.fc = torch.nn.Linear(8, 4)
    decoder = Decoder(len(vocabulary), 4, 8)
    scaler = training.grad_scaler(torch.device("cpu"))
    assert training.backward(encoder, decoder, scaler, batches, features, said, words=3) == 0
    assert all(parameter.grad is None for parameter in decoder.parameters())


def test_a_process_without_a_share_validates_nothing(monkeypatch):
    vocabulary = training.Vocabulary.build(["a dog"], 0)
    monkeypatch.setattr(training, "share", lambda rows: rows[:0])
    encoder = torch.nn.Module()
    encoder.fc = torch.nn.Linear(8, 4)
    val_set = torch.rand(1, 8), [["a dog"]]
    assert training.validate(encoder, Decoder(len(vocabulary), 4, 8), vocabulary, val_set)["val_loss"] == 0


def test_what_cannot_be_shared_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(processes, "world", lambda: 2)
    encoder = Encoder("small", 8, weights=None)
    with pytest.raises(UserError, match="one process"):
        finetune(encoder, None, None, None, None, folder=tmp_path, transform=Transform())
    with pytest.raises(UserError, match="one process"):
        practise(encoder, None, None, None, None, folder=tmp_path)


def test_the_command_line_says_what_to_mend(capsys, tmp_path):
    assert launch.main(["--dataset", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 2
    assert "nowhere" in capsys.readouterr().err
