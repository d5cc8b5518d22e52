"""`04_training` without a notebook, in one process or in many:

    python -m helpers.tell.launch                                   the fastest device at hand
    accelerate launch --multi_gpu -m helpers.tell.launch            all GPUs of one machine
    torchrun --nproc_per_node 2 -m helpers.tell.launch              two processes, also where there is no GPU

The loop is `training.train`. A batch of 128 stays a batch of 128, each process works on its share of
it: the result does not depend on how many there are. With more GPUs take a larger --batch-size.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import os
import sys
from contextlib import nullcontext, redirect_stdout
from dataclasses import fields, replace
from io import StringIO, TextIOWrapper
from itertools import takewhile
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryFile

from helpers.base.arguments import folder_to_write, require_whole
from helpers.base.commands import command_parser
from helpers.base.errors import UserError, run_command
from helpers.base.terminals import announce


def train_together(
    out: str | Path, dataset="scenes", backbone="small", data=None, attention=False, pieces=1, **options
) -> None:
    """What each of the processes does: join the others, and train a captioner into the folder `out`.

    `options` are fields of `course.Recipe`, in place of those that suit the data set.
    """
    import torch  # takes seconds, and --help should not wait

    from helpers.base.processes import first_goes_ahead, join, rank, world
    from helpers.data import datasets
    from helpers.tell import course

    known = {field.name for field in fields(course.Recipe)}
    if strange := options.keys() - known:
        raise UserError(f"There is no setting {min(strange)!r}. Settings are: {', '.join(sorted(known))}.")
    require_whole(pieces=pieces)
    out = folder_to_write(out)
    device = join()
    if world() > 1 and device.type == "cpu":
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // world()))
    with nullcontext() if rank() == 0 else redirect_stdout(StringIO()):  # the first speaks for all
        if world() > 1 and device.type == "cpu":
            print(f"{world()} processes share the CPU: PyTorch finds no GPU here that it can use.")
        with first_goes_ahead():
            name = datasets.load(dataset, "train", folder=data, limit=1).name
        encoder = course.encoder_for(name, backbone, grid=attention)
        recipe = replace(course.recipe_for(name, attention), **options)
        how = {"folder": out, "pieces": pieces, "on_epoch": _tell, "device": device}
        course.train_captioner(encoder, dataset, data, recipe, **how)
        announce(f"Trained in {world()} process{'es' if world() > 1 else ''}: {out.name}/captioner.pt")


def in_processes(count: int, **what) -> None:
    """`train_together(**what)` in `count` new processes, from a notebook, on any system: it forks none.

    What they say appears here. Raises UserError with what they complained of when they fail.
    """
    require_whole(count=count)
    flags = [
        f"--{name.replace('_', '-')}" + f"={value}" * (value is not True)
        for name, value in what.items()
        if value is not None and value is not False
    ]
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", str(count)]
    environment = {"OMP_NUM_THREADS": "1"} | os.environ  # asked for, or else they warn
    if sys.platform == "win32":
        environment["USE_LIBUV"] = "0"  # PyTorch for Windows has come without it
    with (
        TemporaryFile("w+") as complaints,
        Popen(
            [*command, "-m", "helpers.tell.launch", *flags],
            env=environment, stdout=PIPE, stderr=complaints,
        ) as running,
    ):  # fmt: skip
        try:
            for line in TextIOWrapper(running.stdout, newline=""):  # with the carriage returns of bars
                print(line, end="", flush=True)
        except BaseException:  # Ctrl-C, above all
            running.terminate()
            raise
        if running.wait():
            complaints.seek(0)
            said = "".join(takewhile(lambda line: "elastic" not in line, complaints))  # theirs, not PyTorch's
            raise UserError(f"Training in {count} processes has failed. {said.strip()}")


def _tell(history: list[dict]) -> None:
    row = history[-1]
    losses = f"training loss {row['train_loss']:.4f}, validation loss {row['val_loss']:.4f}"
    print(f"epoch {row['epoch']}: {losses}, CIDEr {row['CIDEr']:.3f}, {row['seconds']:.0f} s", flush=True)


def launch_command(arguments: list[str] | None = None) -> int:
    """The command line; see the module's text."""
    what = "Train a captioner, as 04_training does."
    parser = command_parser("python -m helpers.tell.launch", what, "--out checkpoints/mine --epochs 5")
    parser.add_argument("--dataset", default="scenes", help="a name, or a folder of pictures with captions")
    parser.add_argument("--data", help="where it lies, if not in data/")
    parser.add_argument("--backbone", default="small", help="small, mobilenet_v2, resnet101 …")
    parser.add_argument("--out", required=True, help="a folder; the same command goes on where it stopped")
    parser.add_argument("--attention", action="store_true", help="as in 07_attention")
    for name in ("views", "epochs", "batch_size", "pieces", "word_threshold", "seed"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int)
    for name in ("learning_rate", "dropout"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float)
    chosen = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    return run_command(lambda: train_together(**chosen), "The same command goes on after the last epoch.")


if __name__ == "__main__":
    sys.exit(launch_command())
