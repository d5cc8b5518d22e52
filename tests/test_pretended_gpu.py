"""The tests in tests/gpu on a pretended T4 (float16) and H100 (bfloat16), each in a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

PROJECT = Path(__file__).parents[1]
PINNED = re.search(r"^torch==(\S+)", (PROJECT / "requirements.txt").read_text(), re.M)[1]
pytestmark = [
    pytest.mark.skipif(
        torch.__version__.partition("+")[0] != PINNED, reason=f"the pretended GPU is made for torch {PINNED}"
    ),
    pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU: tests/gpu runs on it"),
]


IN_16_BITS = "not solutions and not 00 and not 01"  # what autocast has a part in differs from card to card
RUNS = {
    "T4": ["tests/gpu"],
    "H100": ["tests/gpu/test_road.py", "tests/gpu/test_notebooks.py", "-k", IN_16_BITS],
}


@pytest.mark.parametrize("card", RUNS)
def test_on(card):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *RUNS[card]]
    environment = {**os.environ, "PRETEND_GPU": card, "OMP_NUM_THREADS": "1"}
    tests = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert tests.returncode == 0, tests.stdout[-8000:] + tests.stderr[-2000:]
