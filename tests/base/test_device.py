from threading import Barrier, current_thread
from types import SimpleNamespace

import pytest
import torch

from helpers.base import device
from helpers.base.errors import UserError


def test_one_core_is_no_cores(monkeypatch):
    monkeypatch.setattr(device, "best_device", lambda: torch.device("cpu"))
    for threads, said in ((1, " 1 CPU core,"), (4, " 4 CPU cores,")):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        assert said in device.describe()


def test_this_machine_is_described_in_a_line():
    text = device.describe()
    assert torch.__version__ in text and "\n" not in text


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    """Whoever runs the tests may have chosen a precision."""
    monkeypatch.delenv("SHOW_TELL_SORT_PRECISION", raising=False)


def test_cpu_precision_is_float32_unless_bfloat16_is_native(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    assert device.precision(cpu) == torch.bfloat16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False})
    assert device.precision(cpu) == torch.float32
    with device.autocast(cpu):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    monkeypatch.delattr(torch.cpu, "get_capabilities")  # PyTorch before 2.11
    assert device.precision(cpu) == torch.float32


def test_a_t4_gets_float16_with_scaling_and_newer_gpus_bfloat16(monkeypatch):
    gpu = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (7, 5))
    assert device.precision(gpu) == torch.float16
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (8, 0))
    assert device.precision(gpu) == torch.bfloat16
    assert not device.grad_scaler(torch.device("cpu")).is_enabled()


def test_memory_is_told_in_gib(monkeypatch):
    held = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=3 * 2**30))
    monkeypatch.setattr(device.psutil, "Process", lambda: held)
    monkeypatch.setattr(device, "usable", lambda kind: (False, ""))
    assert device.memory() == "3.0 GiB of memory"
    monkeypatch.setattr(device, "usable", lambda kind: (True, ""))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 2**29)
    assert device.memory() == "3.0 GiB of memory, at most 0.5 GiB of the GPU's"


def test_precision_can_be_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    monkeypatch.setenv("SHOW_TELL_SORT_PRECISION", "float32")
    assert device.precision(torch.device("cpu")) == torch.float32


def test_a_misspelt_precision_is_answered_with_those_that_exist(monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_PRECISION", "flaot32")
    with pytest.raises(UserError, match="float32, bfloat16, float16"):
        device.precision(torch.device("cpu"))


def test_float16_on_a_cpu_is_answered_with_what_to_take(monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_PRECISION", "float16")
    for ask in (device.precision, device.autocast, device.grad_scaler):
        with pytest.raises(UserError, match="bfloat16 or float32"):
            ask(torch.device("cpu"))
    assert device.precision(torch.device("mps")) == torch.float16


def test_a_tensor_goes_to_where_a_model_is_which_may_have_no_weights():
    tensor = torch.ones(2)
    assert device.beside(torch.nn.Linear(2, 2, device="meta"), tensor).device.type == "meta"
    assert device.beside(torch.nn.ReLU(), tensor) is tensor and device.beside(object(), tensor) is tensor


@pytest.mark.parametrize(
    "capabilities", [{}, {"avx2": True}, {"avx512_f": True, "avx512_vnni": True, "avx512_bf16": False}]
)
def test_where_bfloat16_is_not_native_convolutions_run_in_float32(monkeypatch, capabilities):
    """Those that go channel by channel, as MobileNetV2's do, would take thirty times as long."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    by_channel = torch.nn.Conv2d(4, 4, 3, groups=4)
    with device.autocast(torch.device("cpu")):
        assert by_channel(torch.ones(1, 4, 8, 8)).dtype == torch.float32
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    with device.autocast(torch.device("cpu")):
        assert by_channel(torch.ones(1, 4, 8, 8)).dtype == torch.bfloat16


@pytest.fixture
def four_threads():
    threads = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(threads)


def test_several_hands_work_at_once_in_order_each_with_its_share(four_threads):
    both = Barrier(2, timeout=60)  # lets nobody through until two are there

    def work(i):
        both.wait()
        return i, torch.get_num_threads()

    assert list(device.in_parallel(work, range(6), hands=2)) == [(i, 2) for i in range(6)]
    assert torch.get_num_threads() == 4


def test_one_hand_works_here_and_takes_all_cores(four_threads):
    found = list(device.in_parallel(lambda i: (i, current_thread(), torch.get_num_threads()), [1, 2], 1))
    assert found == [(i, current_thread(), 4) for i in (1, 2)]


def test_all_cores_are_given_back_after_a_fault_and_where_nobody_goes_on(four_threads):
    with pytest.raises(ZeroDivisionError):
        list(device.in_parallel(lambda i: 1 / i, [1, 0, 1], hands=3))
    assert torch.get_num_threads() == 4
    some = device.in_parallel(abs, range(9), hands=3)
    assert next(some) == 0 and torch.get_num_threads() == 1
    some.close()
    assert torch.get_num_threads() == 4
