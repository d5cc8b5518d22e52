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
from pathlib import Path

import torch
from finetuning import finetune

from helpers.base.commands import command_parser
from helpers.base.device import describe
from helpers.base.errors import run_command
from helpers.data import datasets
from helpers.show.encoder import Encoder
from helpers.show.features import load_features
from helpers.tell import course
from helpers.tell.captioner import Captioner
from helpers.tell.decoding import beam_search, say
from helpers.tell.metrics import score
from helpers.tell.self_critical import practise


def trained(options, seed: int, folder: Path) -> Captioner:
    """Cross-entropy first, then what else is asked for."""
    weights, dim = cnn_weights(options, seed), course.PHOTOS.embedding_dim
    torch.manual_seed(seed)  # not before: learning words draws numbers, reading them from disk does not
    encoder = Encoder(options.backbone, dim, weights=weights, grid=options.attention)
    chosen = {f.name: getattr(options, f.name, None) for f in fields(course.Recipe)}
    recipe = replace(course.PHOTOS, **{name: value for name, value in chosen.items() if value}, seed=seed)
    captioner = course.train_captioner(encoder, options.dataset, options.data, recipe, folder=folder)
    parts = captioner.encoder, captioner.decoder, captioner.vocabulary
    sets = [datasets.load(options.dataset, split, folder=options.data) for split in ("train", "val")]
    if options.finetune:
        more = {"folder": folder / "finetuned", "transform": captioner.transform, "seed": seed}
        finetune(*parts, *sets, epochs=options.finetune, **more)
    if options.practise:
        transform, (train_set, val_set) = captioner.transform, sets
        seen = course.features_of_views(captioner.encoder, train_set, transform, options.views)
        features = load_features(captioner.encoder, val_set, transform)
        examples = (seen, train_set.captions), (features, val_set.captions)
        practise(*parts, *examples, folder=folder / "self-critical", epochs=options.practise, seed=seed)
    return captioner


def cnn_weights(options, seed: int) -> str | Path:
    """ImageNet's, or with --words those of a CNN that has learnt the captions' words, once for each seed."""
    if not options.words:
        return "DEFAULT"
    folder = Path(options.out) / f"{options.backbone}-words-{options.words}-seed{seed}"
    if not (folder / "cnn.pt").exists():
        pictures = datasets.load(options.dataset, "train", folder=options.data)
        course.teach_words(pictures, options.backbone, folder, epochs=options.words, seed=seed)
    return folder / "cnn.pt"


LENGTH_PENALTIES = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4)


def beam_captions(captioner: Captioner, dataset, length_penalty: float) -> list[str]:
    """The best of five beams for every picture."""
    features = load_features(captioner.encoder, dataset, captioner.transform)
    parts = captioner.encoder, captioner.decoder, captioner.vocabulary
    return say(*parts, features, search=beam_search, beam_width=5, length_penalty=length_penalty)


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
    ciders = {
        a: score(val_set.captions, beam_captions(captioner, val_set, a))["CIDEr"] for a in LENGTH_PENALTIES
    }
    penalty = max(ciders, key=ciders.get)
    captions = beam_captions(captioner, test_set, penalty)
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
