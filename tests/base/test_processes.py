"""What several processes share."""

import os
import subprocess
import sys

import pytest
import torch
from finetuning import finetune

from helpers.base import processes
from helpers.base.errors import UserError
from helpers.data.transforms import Transform
from helpers.show.encoder import Encoder
from helpers.tell.self_critical import practise


def test_every_caption_is_in_one_share(monkeypatch):
    shares = []
    for rank in range(3):
        monkeypatch.setattr(processes, "world", lambda: 3)
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        shares += processes.share(torch.arange(10)).tolist()
    assert sorted(shares) == list(range(10))


def test_what_cannot_be_shared_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(processes, "world", lambda: 2)
    encoder = Encoder("small", 8, weights=None)
    with pytest.raises(UserError, match="one process"):
        finetune(encoder, None, None, None, None, folder=tmp_path, transform=Transform())
    with pytest.raises(UserError, match="one process"):
        practise(encoder, None, None, None, None, folder=tmp_path)


SLEEPS = """
import time
from helpers.base.processes import join, rank
join()
if rank() > 0:
    time.sleep(600)  # so does a GPU that waits for numbers of the first one
"""


@pytest.mark.timeout(300)
def test_nobody_waits_for_the_first_process_when_it_has_ended(tmp_path):
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    (tmp_path / "script.py").write_text(SLEEPS)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", tmp_path / "script.py"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=log, stderr=log)
    try:
        assert process.wait(120) == 0, (tmp_path / "log").read_text()
    finally:
        process.terminate()  # what it has started ends with it
        process.wait()
