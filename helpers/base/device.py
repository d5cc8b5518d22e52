"""Where the numbers are crunched: CPU or GPU, and in which precision."""

import contextlib
import functools
import os
import platform

import psutil
import torch

from helpers.base.allocator import keep_memory
from helpers.base.errors import UserError
from helpers.base.gpus import device_at_hand, usable
from helpers.base.progress import read_ahead

keep_memory()  # whatever computes comes by here

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def best_device(wanted: str | torch.device | None = None) -> torch.device:
    """`wanted`, or else the fastest device at hand: a CUDA GPU, Apple's GPU, the CPU.

    A GPU that cannot be used is left out, and a printed sentence says why. UserError if `wanted` is not here.
    """
    if wanted is not None:
        return device_at_hand(wanted)
    for kind in ("cuda", "mps"):
        here, trouble = usable(kind)
        if here:
            return torch.device(kind)
        if trouble:
            _print_once(f"{trouble} Until then, without it.")
    return torch.device("cpu")


_print_once = functools.cache(print)


def precision(device: torch.device) -> torch.dtype:
    """The number type for heavy arithmetic on `device`.

    bfloat16 where the hardware computes in it, float16 on older CUDA GPUs (a T4, say), float32 otherwise;
    or what SHOW_TELL_SORT_PRECISION says: "float32" gives nearly the same figures on all machines. UserError
    if it says anything else, or float16 on a CPU.
    """
    if wanted := os.environ.get("SHOW_TELL_SORT_PRECISION"):
        if wanted not in PRECISIONS:
            known = ", ".join(PRECISIONS)
            raise UserError(f"SHOW_TELL_SORT_PRECISION is {wanted!r}; it may be one of {known}.")
        if wanted == "float16" and device.type == "cpu":
            raise UserError("No CPU trains in float16: let SHOW_TELL_SORT_PRECISION be bfloat16 or float32.")
        return PRECISIONS[wanted]
    if device.type == "cuda":
        native = torch.cuda.get_device_capability(device) >= (8, 0)  # older GPUs only emulate bfloat16
        return torch.bfloat16 if native else torch.float16
    if device.type == "cpu":
        cpu = getattr(torch.cpu, "get_capabilities", dict)()  # PyTorch before 2.11 does not know
        if cpu.get("avx512_bf16") or cpu.get("amx_bf16"):
            return torch.bfloat16
    return torch.float32


def upload(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """`tensor` on `device`. A GPU copies it while the program goes on: from pinned memory."""
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def beside(model, tensor: torch.Tensor) -> torch.Tensor:
    """`tensor` on the device where `model` is: its first weight, if it has any."""
    weights = getattr(model, "parameters", tuple)()
    return upload(tensor, next(iter(weights), tensor).device)


@contextlib.contextmanager
def moved_to(device: torch.device, *models: torch.nn.Module):
    """Context in which `models` are on `device`; afterwards each is where it was before."""
    homes = [next(model.parameters()).device for model in models]
    try:
        for model in models:
            model.to(device)
        yield
    finally:
        for model, home in zip(models, homes, strict=True):
            model.to(home)


def in_parallel(work, items, hands: int):
    """Yield `work(item)` for each of `items`, in order: `hands` at a time, each on its share of the cores.

    One batch on all cores leaves some of them idle wherever it is Python's turn. With one hand nothing runs
    in another thread. Until the last item is done, or this is closed, whatever computes has such a share.
    """
    cores = torch.get_num_threads()
    if hands < 2:
        yield from map(work, items)
        return
    torch.set_num_threads(max(1, cores // hands))  # also for the threads that are started from now on
    try:
        yield from read_ahead(work, items, hands, hands)
    finally:
        torch.set_num_threads(cores)


def autocast(device: torch.device):
    """Context in which matrix products and convolutions run in `precision(device)`."""
    dtype = precision(device)
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def grad_scaler(device: torch.device) -> torch.amp.GradScaler:
    """Scales the loss so that float16 gradients do not vanish; does nothing where there can't be any.

    That is on a CPU and in float32. With bfloat16 there are some on a GPU of NVIDIA: PyTorch gives cuDNN's
    LSTM float16, whatever autocast says. It begins with 2¹⁶. Of a loss that is summed over words that is
    too much: the first steps are left out, and those are all that a tiny folder of pictures has.
    """
    kind = precision(device)
    enabled = kind == torch.float16 or (kind == torch.bfloat16 and device.type == "cuda")
    return torch.amp.GradScaler(device.type, 2.0**12, enabled=enabled)


def let_finish() -> None:
    """Wait until a GPU has done all that it was given: only then does a clock tell anything."""
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()


def describe() -> str:
    """One line for the reader: versions, device, memory, precision."""
    device, cores = best_device(), torch.get_num_threads()
    name = f"{cores} CPU core{'s' * (cores > 1)}"
    if device.type == "cuda":
        gpu = torch.cuda.get_device_properties(device)
        name = f"{gpu.name} ({gpu.total_memory / 2**30:.0f} GiB)"
    elif device.type == "mps":
        name = "Apple GPU"
    kind = str(precision(device)).removeprefix("torch.")
    return f"Python {platform.python_version()}, PyTorch {torch.__version__}, {name}, {kind}"


def memory() -> str:
    """What this process holds of the machine's memory now, and held at most of the GPU's."""
    text = f"{psutil.Process().memory_info().rss / 2**30:.1f} GiB of memory"
    if usable("cuda")[0]:
        text += f", at most {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB of the GPU's"
    return text
