import torch

from helpers import device


def test_this_machine_is_described_in_a_line():
    text = device.describe()
    assert torch.__version__ in text and "\n" not in text


def test_cpu_precision_is_float32_unless_bfloat16_is_native(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert device.precision(cpu) == torch.bfloat16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False})
    assert device.precision(cpu) == torch.float32
    with device.autocast(cpu):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_a_t4_gets_float16_with_scaling_and_newer_gpus_bfloat16(monkeypatch):
    gpu = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (7, 5))
    assert device.precision(gpu) == torch.float16
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (8, 0))
    assert device.precision(gpu) == torch.bfloat16
    assert not device.grad_scaler(torch.device("cpu")).is_enabled()


def test_memory_grows_with_what_is_held():
    before = float(device.memory().split()[0])
    held = torch.ones(200 * 2**20, dtype=torch.uint8)
    assert 0.1 < float(device.memory().split()[0]) - before < 0.4
    assert "GPU" not in device.memory() or torch.cuda.is_available()
    del held
