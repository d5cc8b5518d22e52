"""`04_training` without a notebook, in one process or in many:

    python -m helpers.tell.launch                                   the fastest device at hand
    accelerate launch --multi_gpu -m helpers.tell.launch            all GPUs of one machine
    torchrun --nproc_per_node 2 -m helpers.tell.launch              two processes, also where there is no GPU

The loop is `training.train`. A batch of 128 stays a batch of 128, each process works on its share of
it: the result does not depend on how many there are. With more GPUs take a larger --batch-size.
"""

import argparse
import os
import sys
from contextlib import nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path

import torch

from helpers.base.errors import run_command
from helpers.base.processes import join, rank, world
from helpers.tell import course

SETTINGS = ("views", "epochs", "batch_size", "learning_rate", "dropout", "pieces", "word_threshold")


def train_together(
    out: str | Path, dataset="scenes", backbone="small", data=None, attention=False, **options
) -> None:
    """What each of the processes does: join the others, and train a captioner into the folder `out`.

    `options` are those of `helpers.tell.course.train_captioner`.
    """
    device = join()
    if world() > 1 and device.type == "cpu":
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // world()))
    with nullcontext() if rank() == 0 else redirect_stdout(StringIO()):  # the first speaks for all
        encoder = course.encoder_for(dataset, backbone, grid=attention)
        options = {"device": device, "on_epoch": _tell} | options
        course.train_captioner(encoder, dataset, data, folder=Path(out), **options)
        print(f"Trained in {world()} process{'es' if world() > 1 else ''}: {Path(out).name}/captioner.pt")


def _tell(history: list[dict]) -> None:
    row = history[-1]
    losses = f"training loss {row['train_loss']:.4f}, validation loss {row['val_loss']:.4f}"
    print(f"epoch {row['epoch']}: {losses}, CIDEr {row['CIDEr']:.3f}, {row['seconds']:.0f} s", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.tell.launch", description="Train a captioner, as 04_training does."
    )
    parser.add_argument("--dataset", default="scenes", help="a name, or a folder of pictures with captions")
    parser.add_argument("--data", help="where it lies, if not in data/")
    parser.add_argument("--backbone", default="small", help="small, mobilenet_v2, resnet101 …")
    parser.add_argument("--out", required=True, help="a folder; the same command goes on where it stopped")
    parser.add_argument("--attention", action="store_true", help="as in 07_attention")
    parser.add_argument("--seed", type=int, default=0)
    for name in SETTINGS:
        kind = float if name in ("learning_rate", "dropout") else int
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind)
    chosen = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    return run_command(lambda: train_together(**chosen), "The same command goes on after the last epoch.")


if __name__ == "__main__":
    sys.exit(main())
