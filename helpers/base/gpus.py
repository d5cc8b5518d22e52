"""Whether there is a GPU that PyTorch can use; and if not, what to do about it."""

import functools
import os
import warnings

import torch

from helpers.base.errors import UserError

_OLD_DRIVER = ("too old", "driver combination", "forward compatibility")  # in what CUDA says of its driver


@functools.cache
def usable(kind: str) -> tuple[bool, str]:
    """Whether a GPU, "cuda" or "mps" (Apple's), computes here; if one is there and does not: what to do.

    Tried once a process, with an addition: a GPU that PyTorch sees may still be too old for it, or full.
    """
    backend = torch.cuda if kind == "cuda" else torch.backends.mps
    with warnings.catch_warnings(record=True) as told:  # of a bad driver PyTorch warns, and sees no GPU
        warnings.simplefilter("always")
        try:
            if backend.is_available():
                torch.ones(1, device=kind).add_(1)
                return True, ""
        except RuntimeError as error:
            return False, _advice(str(error))
    reasons = [str(each.message) for each in told]
    return False, next((_advice(reason) for reason in reasons if "CUDA" in reason), "")


def _advice(reason: str) -> str:
    """What to do about `reason`, for which PyTorch cannot use a GPU."""
    older = f"install a PyTorch made for a CUDA older than {torch.version.cuda}, as pytorch.org says"
    if any(words in reason for words in _OLD_DRIVER):
        return f"The NVIDIA driver is too old for this PyTorch: update it, or {older}."
    if "no kernel image" in reason:
        return f"The GPU is too old for this PyTorch: {older}."
    if "out of memory" in reason:
        return "The GPU's memory is full: end what else uses it (nvidia-smi lists it), then start this anew."
    reason = reason.partition("\n")[0].partition(" (Triggered")[0]
    return f"PyTorch cannot use the GPU: look whether nvidia-smi sees it, restart the machine. ({reason})"


def device_at_hand(wanted: str | torch.device) -> torch.device:
    """The device `wanted`. UserError if no device has that name, or there is none such on this machine."""
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise UserError(f"There is no device {wanted!r}: take cuda, mps or cpu.") from None
    if device.type in ("cuda", "mps"):
        here, trouble = usable(device.type)
        if not here:
            raise UserError(trouble or _none(device.type))
        if device.type == "cuda" and (device.index or 0) >= (count := torch.cuda.device_count()):
            raise UserError(f"There is no {device} among the {count} GPUs here: count from cuda:0.")
    return device


def _none(kind: str) -> str:
    """What to do where there is no GPU of that kind."""
    if kind == "mps":
        return "PyTorch finds no Apple GPU here: leave the device out, and the fastest is taken."
    if not torch.backends.cuda.is_built():
        return "This PyTorch is a build without CUDA: install one with it, as pytorch.org says."
    return (
        "PyTorch finds no NVIDIA GPU here: leave the device out, and the fastest is taken "
        "(on Colab, Runtime > Change runtime type > T4 GPU gives you one)."
    )


def require_gpu_each(processes: int) -> None:
    """UserError when this machine has GPUs, but fewer than the `processes` that train together on it."""
    on_cpu = os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true"  # accelerate launch --cpu
    gpus = 0 if on_cpu or not torch.cuda.is_available() else torch.cuda.device_count()
    if 0 < gpus < processes:
        raise UserError(
            f"{processes} processes were started, but there is a GPU for {gpus}, and each needs one of its "
            f"own: start {gpus}, with --num_processes {gpus} (torchrun: --nproc_per_node {gpus})."
        )
