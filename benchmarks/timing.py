"""What the benchmarks share: ways side by side in one run, a table of ratios, a GPU watched at work."""

import contextlib
import json
import statistics
import subprocess
import threading
import time
from collections.abc import Callable

import torch
from tqdm import tqdm

from helpers.base.device import describe, let_finish


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes; a GPU is waited for."""
    let_finish()
    began = time.perf_counter()
    work()
    let_finish()
    return time.perf_counter() - began


def compare(
    title: str,
    unit: str,
    ways: dict[str, tuple[Callable[[], object], int]],
    rounds: int = 3,
    until: float = float("inf"),
) -> dict:
    """Time each way, {name: (work, how much it gets done)}; print rates and how many times ours each takes.

    The first way is ours. Rounds go round all ways in turn, so that a busy moment meets them all; once
    `time.monotonic()` is past `until`, and each was measured, no round begins.
    """
    best = dict.fromkeys(ways, float("inf"))
    with tqdm(total=(1 + rounds) * len(ways), leave=False, desc=title) as bar:
        for i in range(1 + rounds):  # the first round warms up
            if i > 1 and time.monotonic() > until:
                break
            for name, (work, _) in ways.items():
                took = seconds(work)
                best[name] = min(best[name], took) if i else best[name]
                bar.update()
    rates = {name: amount / best[name] for name, (_, amount) in ways.items()}
    ours = next(iter(rates.values()))
    print(f"\n{title}: {describe()}")
    for name, rate in rates.items():
        print(f"  {name:34}{rate:10.1f} {unit}   ours is {ours / rate:6.2f}×")
    print(
        json.dumps(
            {"benchmark": title, "unit": unit} | {name: round(rate, 2) for name, rate in rates.items()}
        )
    )
    return rates


@contextlib.contextmanager
def watched(device: torch.device):
    """Yields a dict; after the block it holds "busy", percent of the time in which the GPU was at work (the
    median of what nvidia-smi says, None without it), and "peak", bytes of its memory (None for a CPU).
    """
    seen, said, over = {"busy": None, "peak": None}, [], threading.Event()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    watcher = threading.Thread(target=_ask_again, args=(device, said, over))
    watcher.start()
    try:
        yield seen
        let_finish()
    finally:
        over.set()
        watcher.join()
    if device.type == "cuda":
        seen["peak"] = torch.cuda.max_memory_allocated(device)
    if said:
        seen["busy"] = statistics.median(said)


def _ask_again(device: torch.device, said: list[int], over: threading.Event) -> None:
    """Add to `said` how busy the GPU is, four times a second until it is `over`."""
    if device.type != "cuda":
        return
    uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    which = f"GPU-{uuid}" if uuid else str(device.index or 0)
    command = ["nvidia-smi", f"--id={which}", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    while not over.wait(0.25):
        try:
            said.append(int(subprocess.run(command, check=True, capture_output=True, timeout=5).stdout))
        except (OSError, ValueError, subprocess.SubprocessError):
            return  # there is no nvidia-smi, or it does not know
