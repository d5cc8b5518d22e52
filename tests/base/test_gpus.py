"""Machines with GPUs that are old, full, too few or not there at all; this one has none."""

import warnings

import pytest
import torch

from helpers.base import device, gpus
from helpers.base.errors import UserError

OLD_DRIVER = (
    "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). Please update "
    "your GPU driver by downloading and installing one (Triggered internally at CUDAFunctions.cpp:109.)"
)
ODD = (
    "CUDA initialization: CUDA unknown error - this may be due to an odd environment (Triggered internally at"
)


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch):
    """What was found out in this process is forgotten before each test, and after it."""
    for cached in (gpus.usable, device._print_once):
        cached.cache_clear()
    yield
    for cached in (gpus.usable, device._print_once):
        cached.cache_clear()


def machine(monkeypatch, warning="", error="", count=0, built=True, apple=False):
    """Pretend a machine: `count` GPUs; PyTorch warns when asked for them, or fails when they compute."""

    def available():
        if warning:
            warnings.warn(warning, stacklevel=2)
        return count > 0

    def ones(*shape, device):
        if error:
            raise RuntimeError(error)
        return torch.zeros(*shape)

    monkeypatch.setattr(torch.cuda, "is_available", available)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: apple)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: built)
    monkeypatch.setattr(torch, "ones", ones)


def test_without_a_gpu_nothing_is_said_and_nothing_raised(monkeypatch, capfd):
    machine(monkeypatch)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert device.best_device() == torch.device("cpu")
    assert capfd.readouterr() == ("", "")


def test_what_is_asked_for_and_there_is_given(monkeypatch):
    machine(monkeypatch, count=2)
    assert device.best_device("cpu") == torch.device("cpu")
    assert device.best_device() == device.best_device("cuda") == torch.device("cuda")
    assert device.best_device("cuda:1") == torch.device("cuda:1")
    gpus.usable.cache_clear()
    machine(monkeypatch, apple=True)
    assert device.best_device() == device.best_device(torch.device("mps")) == torch.device("mps")


@pytest.mark.parametrize(
    "wanted, here, advice",
    [
        ("cuda", {}, "finds no NVIDIA GPU.*leave the device out.*Change runtime type"),
        ("cuda", {"built": False}, "build without CUDA.*pytorch.org"),
        ("cuda", {"warning": OLD_DRIVER}, "driver is too old for this PyTorch: update it, or install"),
        ("cuda:2", {"count": 2}, "no cuda:2 among the 2 GPUs here: count from cuda:0"),
        ("mps", {"count": 1}, "no Apple GPU.*leave the device out"),
        ("gpu", {"count": 1}, "no device 'gpu': take cuda, mps or cpu"),
    ],
)
def test_a_device_that_is_not_there_is_answered_with_what_to_do(monkeypatch, wanted, here, advice):
    machine(monkeypatch, **here)
    with pytest.raises(UserError, match=advice):
        device.best_device(wanted)


@pytest.mark.parametrize(
    "here, advice",
    [
        (
            {"warning": OLD_DRIVER},
            "The NVIDIA driver is too old for this PyTorch: update it, or install a PyTorch",
        ),
        ({"warning": ODD}, "PyTorch cannot use the GPU: look whether nvidia-smi sees it"),
        (
            {
                "count": 1,
                "error": "CUDA error: no kernel image is available for execution on the device\nCUDA",
            },
            "The GPU is too old for this PyTorch: install a PyTorch made for a CUDA older than",
        ),
        (
            {"apple": True, "error": "MPS backend out of memory (MPS allocated: 0 bytes)"},
            "The GPU's memory is full",
        ),
        ({"count": 1, "error": "CUDA error: out of memory\nCUDA kernel errors"}, "The GPU's memory is full"),
    ],
)
def test_a_gpu_that_cannot_be_used_is_left_out_in_one_sentence(monkeypatch, capfd, here, advice):
    machine(monkeypatch, **here)
    assert device.best_device() == device.best_device() == torch.device("cpu")
    out, err = capfd.readouterr()
    assert out.startswith(advice) and out.count("\n") == 1 and "Triggered" not in out and err == ""
    assert "GPU's" not in device.memory()


def test_each_of_several_processes_needs_a_gpu_of_its_own(monkeypatch):
    machine(monkeypatch, count=2)
    gpus.require_gpu_each(2)
    with pytest.raises(
        UserError, match=r"4 processes were started, but there is a GPU for 2.*--num_processes 2"
    ):
        gpus.require_gpu_each(4)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    gpus.require_gpu_each(4)
    monkeypatch.delenv("ACCELERATE_USE_CPU")
    machine(monkeypatch)
    gpus.require_gpu_each(4)


def test_processes_that_join_are_counted_first(monkeypatch):
    from helpers.base import processes

    machine(monkeypatch, count=1)
    monkeypatch.setattr(processes.distributed, "is_torchelastic_launched", lambda: True)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(UserError, match="there is a GPU for 1"):
        processes.join()
