"""For the day when there is a GPU, a T4 or an H100: `python benchmarks/gpu.py`, eight minutes, no network.

First 04's training on scenes, with three seeds: its captions must be as good as those that a CPU has learnt
to say. Then how fast everything is, each way of ours beside the plain one. Every row goes to
benchmarks/gpu.json at once, beside those of other machines, and in the end the table of benchmarks/README.md
is printed. A part whose time is over stops with what it has.

The captions of a CPU, which takes an hour: OMP_NUM_THREADS=1 SHOW_TELL_SORT_PRECISION=float32
    python benchmarks/gpu.py --device cpu --only captions --seeds 0 1 2 3 4
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import json
import statistics
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

import torch
from gpu_parts import PARTS, TINY, Sizes

from helpers.base.commands import command_parser
from helpers.base.device import best_device, describe
from helpers.base.errors import UserError, run_command
from helpers.base.files import whole_file
from helpers.base.gpus import usable

FIGURES = Path(__file__).with_name("gpu.json")
SECONDS = 460  # for all parts together; Python and PyTorch take some to start


def device_to_measure(wanted: str | None, tiny: bool) -> torch.device:
    """`wanted`, or the GPU. UserError where there is none and nothing else was asked for."""
    if wanted or tiny:
        return best_device(wanted)
    here, trouble = usable("cuda")
    if not here:
        raise UserError(
            f"{trouble or 'There is no NVIDIA GPU here.'} Run this where one is (on Colab, Runtime > Change "
            "runtime type > T4 GPU gives you one), or with --tiny to see that the script itself runs."
        )
    return torch.device("cuda")


def machine_name(device: torch.device) -> str:
    """What its figures go by."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


def read(path: Path | None) -> dict:
    """{machine: {"versions": …, "parts": {part: rows}}} as it was written; {} if there is nothing yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path and path.exists() else {}


def write(path: Path | None, figures: dict) -> None:
    """All of it, or nothing changes."""
    if path:
        with whole_file(path) as partial:
            partial.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measure(
    names: list[str], device, sizes: Sizes, out: Path | None, patience: float = 1.0
) -> tuple[dict, list[str]]:
    """Measure these parts and write each row at once; returns all figures, and the parts that have failed.

    Every part has its seconds, and all together have SECONDS, times `patience`.
    """
    figures, machine, failed = read(out), machine_name(device), []
    end = time.monotonic() + SECONDS * patience
    if figures.get(machine, {}).get("versions") != describe():
        figures[machine] = {"versions": describe(), "parts": {}}  # other versions: all is open again
    for name in names:
        (part, seconds), began = PARTS[name], time.monotonic()
        if began >= end:
            print(f"No time is left for {name}: --only {name} measures it.")
            continue
        print(f"\n{name} …", flush=True)
        rows = {}
        try:
            for row in part(device, sizes, min(end, began + seconds * patience)):
                rows[row["what"]] = row
                figures[machine]["parts"][name] = list(rows.values())
                write(out, figures)
        except Exception:  # what else can be measured is
            traceback.print_exc()
            failed.append(name)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return figures, failed


def as_good(found: list[float], cpu: list[float]) -> bool:
    """Does the mean CIDEr of some seeds reach the CPU's mean, less three times the spread of its seeds?

    The means of three seeds and of five differ by more once in a hundred times, if they are of one kind.
    """
    return statistics.mean(found) >= statistics.mean(cpu) - 3 * statistics.stdev(cpu)


def values_of(figures: dict, machine: str) -> list[float]:
    """The CIDEr of each seed, if it was measured on `machine`."""
    rows = figures.get(machine, {}).get("parts", {}).get("captions", [])
    return [value for row in rows for value in row["values"].values()]


def table(figures: dict) -> str:
    """What was measured, as benchmarks/README.md shows it."""
    lines = ["| on | what | ours | beside | GPU at work | its memory |", "|---" * 6 + "|"]
    for machine, entry in figures.items():
        for row in (row for name in PARTS for row in entry["parts"].get(name, [])):
            cells = quality(row, machine, figures) if row["unit"] == "CIDEr" else speed(**row)
            cells += ["–" if row["busy"] is None else f"{row['busy']:.0f} %"]
            cells += ["–" if row["peak"] is None else f"{row['peak'] / 2**30:.1f} GiB"]
            lines += [f"| {' | '.join([machine, row['what'], *cells])} |"]
    return "\n".join(
        [*lines, "", *(f"{machine}: {entry['versions']}." for machine, entry in figures.items())]
    )


def quality(row: dict, machine: str, figures: dict) -> list[str]:
    """Two cells of the table: mean and spread of the seeds; what they are beside the CPU's."""
    values, cpu = [*row["values"].values()], values_of(figures, "CPU")
    beside = f"{len(values)} seed{'s' * (len(values) > 1)}"
    if machine != "CPU" and len(cpu) > 1:
        beside += f"; {'as' if as_good(values, cpu) else 'NOT as'} good as the CPU's"
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    cell = f"CIDEr {statistics.mean(values):.3f}{spread}, {row['seconds an epoch']:.1f} s an epoch"
    return [cell, beside]


def speed(unit: str, values: dict[str, float], **_) -> list[str]:
    """Two cells of the table: ours; how many times better it is than each other way."""
    ours = values["ours"]
    times = {name: (value / ours if unit == "s" else ours / value) for name, value in values.items()}
    return [
        f"{ours:,.0f} {unit}",
        ", ".join(f"{x:.1f} × {name}" for name, x in times.items() if name != "ours"),
    ]


def work(options) -> bool:
    """Measure, print, judge; False if something has failed, or captions are worse than a CPU's."""
    device = device_to_measure(options.device, options.tiny)
    sizes = TINY if options.tiny else Sizes()
    sizes = replace(sizes, seeds=tuple(options.seeds or sizes.seeds))
    out = options.out or (None if options.tiny else FIGURES)
    patience = 1.0 if device.type == "cuda" else float("inf")
    figures, failed = measure(options.only or list(PARTS), device, sizes, out, patience)
    print(f"\n{table(figures)}")
    found, cpu = (values_of(figures, machine) for machine in (machine_name(device), "CPU"))
    good = device.type == "cpu" or not found or len(cpu) < 2 or as_good(found, cpu)
    print("" if good else "\nThe captions are NOT as good as those of the CPU.")
    if failed:
        print(f"\nFailed: {', '.join(failed)}. Mend it, then --only {' '.join(failed)} measures the rest.")
    return good and not failed


def main(arguments: list[str] | None = None) -> int:
    """The command line; its exit code: 1 if captions are worse than a CPU's or a part has failed."""
    parser = command_parser("python benchmarks/gpu.py", __doc__, "--tiny --device cpu")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--seeds", nargs="+", type=int, help="of the trainings on scenes")
    parser.add_argument("--device", help="another than the GPU")
    parser.add_argument("--tiny", action="store_true", help="see whether it runs: figures mean nothing")
    parser.add_argument(
        "--out", type=Path, help="in place of benchmarks/gpu.json; without it --tiny keeps nothing"
    )
    options, good = parser.parse_args(arguments), []
    again = "What was measured is kept, and --only measures the rest."
    return run_command(lambda: good.append(work(options)), again) or int(good != [True])


if __name__ == "__main__":
    sys.exit(main())
