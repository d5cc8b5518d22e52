"""Train on photographs with this option or that and score the test set: `python benchmarks/recipes.py`.

Prints a row for every seed, then mean and spread: BLEU-4, CIDEr and so on of beam 5, in hundredths, the
words of a caption, how many captions differ, and how long it all took: words (--words: once a seed),
features (unless they are there already), training, captions of the test set. Beam search ranks by the length
penalty whose captions of the validation pictures have the highest CIDEr. An interrupted run goes on where it
stopped; its time counts from the new start then.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import json
import statistics
import sys
import time
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

from finetuning import finetune

from helpers.base.commands import command_parser
from helpers.base.device import describe
from helpers.base.errors import run_command
from helpers.data import datasets
from helpers.tell import course, stages
from helpers.tell.captioner import Captioner
from helpers.tell.metrics import score


def trained(options, seed: int, folder: Path) -> Captioner:
    """Cross-entropy first, then what else is asked for."""
    where, weights = (options.dataset, options.data), "DEFAULT"  # ImageNet's
    if options.words:
        learnt = Path(options.out) / f"{options.backbone}-words-{options.words}-seed{seed}"
        weights = stages.words_learnt(*where, options.backbone, learnt, options.words, seed)
    chosen = {f.name: getattr(options, f.name, None) for f in fields(course.Recipe)}
    recipe = replace(course.PHOTOS, **{name: value for name, value in chosen.items() if value}, seed=seed)
    captioner = stages.captions_learnt(*where, options.backbone, weights, recipe, folder, options.attention)
    if options.finetune:
        parts = captioner.encoder, captioner.decoder, captioner.vocabulary
        sets = [datasets.load(options.dataset, split, folder=options.data) for split in ("train", "val")]
        more = {"folder": folder / "finetuned", "transform": captioner.transform, "seed": seed}
        finetune(*parts, *sets, epochs=options.finetune, **more)
    if options.practise:
        epochs = options.practise
        stages.practised(captioner, *where, options.views, folder / "self-critical", epochs, seed)
    return captioner


def measure(options, seed: int) -> dict:
    """One run: scores of the test set and minutes."""
    began = time.perf_counter()
    chosen = {name: value for name, value in vars(options).items() if value and name in options.marks}
    later = [f"-{name}-{chosen.pop(name)}" for name in ("finetune", "practise") if name in chosen]
    words = [
        name.replace("_", "-") + (f"-{value}" if value is not True else "") for name, value in chosen.items()
    ]
    folder = Path(options.out) / "-".join([options.backbone, *words, f"seed{seed}"])
    captioner = trained(options, seed, folder)
    val_set, test_set = (
        datasets.load(options.dataset, part, folder=options.data) for part in ("val", "test")
    )
    penalty = stages.best_penalty(val_set.captions, partial(stages.beam_captions, captioner, val_set))
    captions = stages.beam_captions(captioner, test_set, penalty)
    captioner.save(folder / f"captioner{''.join(later)}.pt")
    (folder / f"captions{''.join(later)}.json").write_text(json.dumps(captions, indent=0))
    row = {name: 100 * value for name, value in score(test_set.captions, captions).items()}
    row["words"] = statistics.mean(len(caption.split()) for caption in captions)
    row["different"] = len(set(captions))
    return row | {"penalty": penalty, "minutes": (time.perf_counter() - began) / 60}


def main() -> None:
    """Measure and print."""
    parser = command_parser("python benchmarks/recipes.py", __doc__, "--dataset flickr8k --views 2")
    parser.add_argument("--dataset", default="flickr8k")
    parser.add_argument("--data", help="where it lies, if not in data/")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--out", default="checkpoints/recipes", help="a folder for what is trained")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    marks = [
        parser.add_argument("--attention", action="store_true"),
        parser.add_argument(
            "--words", type=int, default=0, help="epochs in which the CNN learns words first"
        ),
        parser.add_argument("--tied", action="store_true"),
        parser.add_argument("--views", type=int, default=1, help="2: mirrored, too; 6: corners, too"),
        parser.add_argument("--label-smoothing", type=float, default=0.0),
        parser.add_argument("--scheduled-sampling", type=float, default=0.0),
        parser.add_argument("--practise", type=int, default=0, help="epochs of self-critical training"),
        parser.add_argument("--finetune", type=int, default=0, help="epochs with the CNN's last blocks"),
    ]
    sizes = [
        parser.add_argument("--epochs", type=int),
        parser.add_argument("--batch-size", type=int),
        parser.add_argument("--learning-rate", type=float),
        parser.add_argument("--dropout", type=float),
        parser.add_argument("--warm-up", type=float),
    ]
    options = parser.parse_args()
    options.sizes, options.marks = (
        [argument.dest for argument in group] for group in (sizes, [*marks, *sizes])
    )
    rows = []
    for seed in options.seeds:
        rows.append(measure(options, seed))
        print(
            f"seed {seed}: " + "  ".join(f"{name} {value:.2f}" for name, value in rows[-1].items()),
            flush=True,
        )
    print(describe())
    for name in rows[0]:
        values = [row[name] for row in rows]
        spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
        print(f"{name:8}{statistics.mean(values):8.2f}{spread}")
    print(
        json.dumps(
            {"options": {k: v for k, v in vars(options).items() if k not in ("sizes", "marks")}, "rows": rows}
        )
    )


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
