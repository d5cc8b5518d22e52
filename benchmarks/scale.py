"""Collections on Ray Data: `python benchmarks/scale.py`. Needs the extra `scale`, and draws the scenes once.

- the decode stage with two workers beside one;
- all 5,000 scenes captioned by two workers: every picture once, with the caption of `Captioner.caption`;
- the memory of the whole family of processes for 1,000 pictures and for 20,000 (each scene four times);
- the rates of each stage by itself, from which `helpers.scale.budget` plans.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import json
import os
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import ray
from pyarrow import parquet
from timing import compare

from helpers.base.commands import command_parser
from helpers.base.device import describe
from helpers.base.errors import run_command
from helpers.data.datasets import load
from helpers.scale import budget, captioning, sorting, sources
from helpers.tell.captioner import SHIPPED, Captioner

CPUS = 2
KEEP_WORKERS = {"idle_worker_killing_time_threshold_ms": 10**9}


@contextmanager
def watched(interval: float = 0.5):
    """The largest memory of this process and all its children, in bytes, in a list with one number."""
    peak, done = [0], threading.Event()

    def watch():
        while not done.wait(interval):
            total = 0
            for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
                try:
                    memory = process.memory_full_info()
                    total += memory.uss
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], total + psutil.virtual_memory().shared)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def decoded(paths: list[str], workers: int) -> None:
    """The decode stage alone, with so many workers."""
    with tempfile.TemporaryDirectory() as nowhere:
        options = {"out": Path(nowhere), "size": 64}
        pieces = captioning.spread(sources.pieces_of(paths, 64))
        cpus = CPUS // workers  # that each task asks for, so that no more than `workers` run at once
        batches = pieces.map_batches(sources.decode, fn_kwargs=options, batch_size=1, num_cpus=cpus)
        assert sum(len(json.loads(row["errors"])) for row in batches.iter_rows()) == len(paths)


def captioned(paths: list[str], out: Path) -> tuple[float, float]:
    """Seconds and peak bytes of captioning `paths`."""
    began = time.perf_counter()
    with watched() as peak:
        said = captioning.caption_collection(paths, SHIPPED, out)
    assert said["captioned"] == len(paths)
    return time.perf_counter() - began, peak[0]


def main() -> None:
    """Measure and print."""
    parser = command_parser("python benchmarks/scale.py", __doc__, "--rounds 1")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    paths = [str(path) for split in ("train", "val", "test") for path in load("scenes", split).paths]
    # Ray ends a worker that is idle for a second; a new one takes seconds to import torch: not our subject.
    ray.init(
        **captioning.QUIET, num_cpus=CPUS, object_store_memory=captioning.STORE, _system_config=KEEP_WORKERS
    )
    captioning.start(CPUS)
    ways = {f"{n} worker{'s' * (n > 1)}": (lambda n=n: decoded(paths[:2_000], n), 2_000) for n in (2, 1)}
    compare("decode stage", "pictures/s", ways, rounds)

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        seconds, _ = captioned(paths, out / "all")
        rows = parquet.read_table(out / "all").to_pylist()
        said = {row["path"]: row["caption"] for row in rows}
        captioner = Captioner.load(SHIPPED)
        same = sum(said[p] == text for p, text in zip(paths, captioner.caption(paths), strict=True))
        print(f"\n{len(rows):,} rows for {len(paths):,} scenes in {seconds:.0f} s; {same:,} captions agree")
        few = paths[:1_000]
        many = [f"{Path(path).parent}/./{'./' * i}{Path(path).name}" for i in range(4) for path in paths]
        peaks = {len(some): captioned(some, out / str(len(some)))[1] / 2**30 for some in (few, many)}
        for n, peak in peaks.items():
            print(f"  {n:7,} pictures: at most {peak:5.2f} GiB")
        groups, _ = sorting.group_collection(out / "all", out / "groups")
        rates = budget.measure(captioner, paths[:512], list(said.values())[:1_000], groups)
    ray.shutdown()
    print(describe())
    print(json.dumps({"benchmark": "scale", "GiB": peaks, "seconds": seconds} | vars(rates)))


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
