"""What the benchmarks share: ways side by side in one run, a table of ratios, a line of JSON."""

import json
import time
from collections.abc import Callable

import torch
from tqdm import tqdm

from helpers.device import describe


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The shortest of `rounds` runs after one to warm up; a GPU is waited for."""
    best = float("inf")
    for i in range(rounds + 1):
        began = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if i:
            best = min(best, time.perf_counter() - began)
    return best


def compare(
    title: str, unit: str, ways: dict[str, tuple[Callable[[], object], int]], rounds: int = 3
) -> dict:
    """Time each way, {name: (work, how much it gets done)}; print rates and how many times ours each takes.

    The first way is ours. Rounds go round all ways in turn, so that a busy moment meets them all.
    """
    best = dict.fromkeys(ways, float("inf"))
    with tqdm(total=rounds * len(ways), leave=False, desc=title) as bar:
        for _ in range(rounds):
            for name, (work, _) in ways.items():
                best[name] = min(best[name], seconds(work, 1))
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
