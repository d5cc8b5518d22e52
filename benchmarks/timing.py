"""What the benchmarks share: ways side by side in one run, a table of ratios, a line of JSON."""

import json
import time
from collections.abc import Callable

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
    title: str, unit: str, ways: dict[str, tuple[Callable[[], object], int]], rounds: int = 3
) -> dict:
    """Time each way, {name: (work, how much it gets done)}; print rates and how many times ours each takes.

    The first way is ours. Rounds go round all ways in turn, so that a busy moment meets them all.
    """
    best = dict.fromkeys(ways, float("inf"))
    with tqdm(total=(1 + rounds) * len(ways), leave=False, desc=title) as bar:
        for i in range(1 + rounds):  # the first round warms up
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
