"""What must hold on any second device: a GPU, Apple's, or the one that PRETEND_GPU=T4 (or H100) pretends.

Where there is none, nothing here is collected: tests/test_pretended_gpu.py starts it in processes of its own.
"""

import os

import pretend_gpu
import pytest
import torch

if card := os.environ.get("PRETEND_GPU"):
    pretend_gpu.install(card)

from helpers.base.device import best_device

torch.backends.cudnn.allow_tf32 = False  # with which an H100's float32 has no more digits than float16
collect_ignore_glob = ["test_*.py"] if best_device().type == "cpu" else []


@pytest.fixture
def gpu():
    """The device."""
    return best_device()
