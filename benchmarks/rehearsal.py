"""COCO's way through 01 to 06, rehearsed at its full size: `python benchmarks/rehearsal.py --home FOLDER`.

Makes 82,783 pictures under COCO's names (see `rehearsal_pictures`), then takes every step twice: undisturbed,
watched for its minutes, its memory and its disk; and once more, killed in its middle and called again, which
must end with the same result. First with the small CNN and all pictures, then with 2,000 of them and an
untrained ResNet-101. Prints a table. The same command goes on where it was interrupted.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import argparse
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from watching import Watched, disk_of, watch

from helpers.base.commands import command_parser
from helpers.base.errors import UserError, run_command
from helpers.base.files import whole_file

STEPS = {  # function of `rehearsal_steps`: what it is called, what it leaves below the home
    "prepare": ("01: prepared copies", ["data/prepared"]),
    "read_words": ("01: splits, vocabulary", ["checkpoints/vocabulary-coco.json"]),
    "stage_one": ("02: stage one, one epoch", ["checkpoints/coco-{}/cnn.pt"]),
    "compute_features": ("04: features", ["data/features/*-{}-*"]),
    "train_epoch": ("04: one epoch", ["checkpoints/coco-{}/last.pt", "checkpoints/coco-{}/captioner.pt"]),
    "say_captions": ("05: captions, beam 3", ["checkpoints/coco-{}/captions.json"]),
    "group_captions": ("06: groups", ["checkpoints/coco-{}/groups.npz"]),
}
SIGNALS = (signal.SIGKILL, signal.SIGINT)  # taken in turn
MOST_MEMORY = 6 * 2**30  # bytes that a step may take


def rehearse(home: Path, pictures: int, large: str, large_pictures: int) -> dict:
    """All steps that are not done yet; the rows of all."""
    home.mkdir(parents=True, exist_ok=True)
    os.environ["SHOW_TELL_SORT_HOME"] = str(home)
    notes = home / "rehearsal.json"
    done = json.loads(notes.read_text()) if notes.exists() else {"pictures": pictures, "rows": {}}
    if done["pictures"] != pictures:
        raise UserError(f"{home} holds a rehearsal of {done['pictures']:,} pictures: choose another folder.")
    jobs = [(None, "make_pictures", pictures), *(("small", step, 0) for step in STEPS)]  # 0: all
    jobs += [(large, step, large_pictures) for step in STEPS if step != "prepare"]
    for i, (backbone, step, n) in enumerate(jobs):
        name = f"{step} {backbone}"
        if name not in done["rows"]:
            print(f"{step} {backbone or ''} …", flush=True)
            take = make_pictures if step == "make_pictures" else take_step
            done["rows"][name] = take(home, step, n, backbone, SIGNALS[i % 2])
            with whole_file(notes) as partial:
                partial.write_text(json.dumps(done, indent=1))
    return done["rows"]


def make_pictures(home: Path, step: str, pictures: int, *_) -> dict:
    """Drawn before the clock runs, and kept."""
    seen, said = call(home, step, pictures)
    return {"minutes": seen.seconds / 60, "peak": seen.peak, "disk": disk_of(home / "data" / "coco")} | said


def take_step(home: Path, step: str, pictures: int, backbone: str, kill) -> dict:
    """One step undisturbed, then killed in its middle and gone on with."""
    forget(home, step, backbone)
    before = disk_of(home)
    whole, said = call(home, step, pictures, backbone)
    disk = disk_of(home) - before
    forget(home, step, backbone)
    broken, _ = call(home, step, pictures, backbone, said["seconds"] / 2, kill)
    again, told = call(home, step, pictures, backbone)
    killed = kill.name if broken.killed else "over too soon"
    row = {"minutes": whole.seconds / 60, "peak": max(whole.peak, broken.peak, again.peak), "disk": disk}
    same = {"killed": killed, "minutes again": again.seconds / 60, "same": told["result"] == said["result"]}
    return row | same | said


def call(home: Path, step: str, pictures: int, backbone=None, after=0.0, kill=None) -> tuple[Watched, dict]:
    """A step in a process of its own; `kill` is a signal that comes `after` so many seconds of work."""
    log, mark, answer = home / "rehearsal.log", home / "begun", home / "said.json"
    for file in (mark, answer):
        file.unlink(missing_ok=True)
    command = [sys.executable, __file__, "--step", step, str(pictures), str(backbone), "--home", str(home)]
    seen = watch(command, log, mark, after, kill)
    if seen.killed:
        return seen, {}
    if seen.code or not answer.exists():
        raise UserError(f"{step} ended with {seen.code}; what it said is in {log}.")
    return seen, json.loads(answer.read_text())


def forget(home: Path, step: str, backbone: str) -> None:
    """Away with what a step has left."""
    for pattern in STEPS[step][1]:
        for path in home.glob(pattern.format(backbone)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def work(home: Path, step: str, pictures: str, backbone: str) -> None:
    """What the process of a step does."""
    import rehearsal_steps  # the driver does without PyTorch

    (home / "begun").touch()
    began = time.perf_counter()
    said = getattr(rehearsal_steps, step)(backbone, int(pictures))
    said["seconds"] = time.perf_counter() - began
    (home / "said.json").write_text(json.dumps(said))


def table(rows: dict) -> str:
    """The rows as `benchmarks/README.md` shows them."""
    titles = ["step", "of", "minutes", "memory", "disk announced; taken", "killed by", "going on", "the same"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, row in rows.items():
        step, backbone = name.split()
        if step in STEPS:
            disk = f"{row['announced'] / 1e9:.2f}; {row['disk'] / 1e9:.2f} GB" if row["announced"] else ""
            cells = [f"{STEPS[step][0]}, {backbone}", row["work"], f"{row['minutes']:.1f}"]
            cells += [f"{row['peak'] / 2**30:.1f} GiB", disk, row["killed"]]
            cells += [f"{row['minutes again']:.1f}", "yes" if row["same"] else "NO"]
            lines.append(f"| {' | '.join(cells)} |")
    high = [name for name, row in rows.items() if row["peak"] > MOST_MEMORY]
    return "\n".join([*lines, f"Above {MOST_MEMORY / 2**30:.0f} GiB: {', '.join(high) or 'none'}."])


def main() -> int:
    """The command line; returns the exit code."""
    parser = command_parser("python benchmarks/rehearsal.py", __doc__, "--home rehearsal --pictures 500")
    parser.add_argument("--home", type=Path, required=True, help="a folder with 20 GB of room")
    parser.add_argument("--pictures", type=int, default=82_783, help="fewer for a smaller rehearsal")
    parser.add_argument("--large", default="resnet101", help="a larger CNN for the second way")
    parser.add_argument("--large-pictures", type=int, default=2000)
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)  # in the processes that it starts
    options = parser.parse_args()
    home = options.home.expanduser().resolve()
    if options.step:
        return run_command(lambda: work(home, *options.step), "")
    sizes = options.pictures, options.large, options.large_pictures
    return run_command(lambda: print(table(rehearse(home, *sizes))), "The same command goes on.")


if __name__ == "__main__":
    sys.exit(main())
