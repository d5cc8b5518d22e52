"""Albums of photographs whose right albums are known: `python benchmarks/places.py PHOTOS --truth FILE`.

FILE is JSON, {name of the picture below PHOTOS: its kind}. Prints how well groups agree with the kinds (ARI,
mean and spread over seeds), with as many groups as kinds and with a number that is chosen, for what a picture
may be sorted by: one caption, five beams, ten samples, the classes that the CNN sees, its features, and what
`sort_photos` does.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import torch

from helpers.base.commands import command_parser
from helpers.base.errors import UserError, run_command
from helpers.base.progress import progress
from helpers.data.transforms import SIDE, open_picture, square
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.sort.described import cluster_descriptions
from helpers.sort.judging import agreement
from helpers.sort.vectors import averaged, tfidf_vectors, together
from helpers.tell.captioner import SHIPS, Captioner
from helpers.tell.class_words import class_words
from helpers.tell.decoding import beam_search, greedy, sample
from helpers.tell.describing import describe_pictures

SAMPLES, TEMPERATURE = 10, 0.7
BATCH = 32


def read_truth(folder: Path, file: Path) -> dict[Path, str]:
    """The pictures, in order, and the kind of each; UserError where they are not what was promised."""
    try:
        kinds = json.loads(file.read_text(encoding="utf-8"))
        truth = {folder / name: str(kind) for name, kind in sorted(kinds.items())}
    except (OSError, ValueError, AttributeError):
        raise UserError(f"{file} is no JSON of names and kinds: pass --truth a file that is.") from None
    for path in truth:
        if not path.is_file():
            raise UserError(f"There is no {path}, which {file} names: pass the folder that it belongs to.")
    return truth


@torch.inference_mode()
def ways_to_say(captioner: Captioner, pictures: list, seed: int) -> list[tuple[list[str], list[str]]]:
    """For every picture the captions of five beams, and those of the greedy way and ten samples."""
    decoder, context = captioner.decoder, captioner.context(pictures)
    beams = beam_search(decoder, context, 5, length_penalty=captioner.length_penalty)
    drawn = sample(
        decoder,
        context.repeat_interleave(SAMPLES, 0),
        TEMPERATURE,
        generator=torch.Generator().manual_seed(seed),
    )
    drawn = [[said for (said,) in drawn[i : i + SAMPLES]] for i in range(0, len(drawn), SAMPLES)]
    said = ([found[0], *more] for found, more in zip(greedy(decoder, context), drawn, strict=True))
    spell = captioner.vocabulary.decode
    return [
        ([spell(one.words) for one in several], [spell(one.words) for one in others])
        for several, others in zip(beams, said, strict=True)
    ]


def rows_for(captioner: Captioner, paths: list[Path]) -> dict:
    """What to sort by: {name: a function of k and seed that gives `Clusters`}."""
    described, ways = [], []
    for i in progress(range(0, len(paths), BATCH), "describing", unit=" batches"):
        pictures = [square(open_picture(path, at_least=SIDE)) for path in paths[i : i + BATCH]]
        described += describe_pictures(captioner, pictures)
        ways += ways_to_say(captioner, pictures, zlib.crc32(str(i).encode()))
    one = [each.caption for each in described]
    beams, drawn = ([way[j] for way in ways] for j in (0, 1))
    texts = {"five beams as one text": beams, "greedy and ten samples as one text": drawn}
    texts = {name: [" ".join(several) for several in some] for name, some in texts.items()}
    rows = {
        "one caption": lambda k, seed: cluster_captions(one, k, seed),
        "five beams, each a vector, averaged": lambda k, seed: cluster_captions(
            one, k, seed, averaged(tfidf_vectors([" ".join(b) for b in beams], seed), beams)
        ),
    }
    rows |= {name: lambda k, seed, some=some: cluster_captions(some, k, seed) for name, some in texts.items()}
    if all(each.features is not None for each in described):
        names = dict(zip(captioner.sight.classes, class_words(tuple(captioner.sight.classes)), strict=True))
        seen = [" ".join(word for name in each.classes for word in sorted(names[name])) for each in described]
        both = [f"{a} {b}" for a, b in zip(texts["greedy and ten samples as one text"], seen, strict=True)]
        features = np.array([each.features for each in described], np.float64)
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        features -= features.mean(0)
        rows |= {
            "… and the names of the likeliest classes": lambda k, seed: cluster_captions(both, k, seed),
            "… beside the pooled features": lambda k, seed: cluster_captions(
                both, k, seed, together(tfidf_vectors(both, seed).transform(both), features)
            ),
            "pooled features alone": lambda k, seed: cluster_vectors(features, k, seed),
        }
    return rows | {"what sort_photos does": lambda k, seed: cluster_descriptions(described, k, seed)}


def main(arguments=None) -> None:
    """Measure and print."""
    what = "photos --truth truth.json"
    parser = command_parser("python benchmarks/places.py", __doc__, what)
    parser.add_argument("photos", metavar="PHOTOS", type=Path, help="the folder of photographs")
    parser.add_argument("--truth", metavar="FILE", type=Path, required=True, help="their kinds, as JSON")
    parser.add_argument("--captioner", metavar="NAME", default="photos", help="photos, scenes or a file")
    parser.add_argument("--seeds", type=int, default=5, help="how many (%(default)s)")
    options = parser.parse_args(arguments)
    truth = read_truth(options.photos, options.truth)
    captioner = Captioner.load(SHIPS.get(options.captioner, options.captioner))
    kinds = [*truth.values()]
    print(f"{len(kinds):,} photographs of {len(set(kinds))} kinds, ARI over {options.seeds} seeds")
    print("| what a picture is sorted by | k given | k chosen | the k |\n|---|---|---|---|")
    for name, way in rows_for(captioner, [*truth]).items():
        cells, found = [], []
        for k in (len(set(kinds)), None):
            groups = [way(k, seed) for seed in range(options.seeds)]
            values = [agreement(some.labels, kinds)["ARI"] for some in groups]
            cells.append(f"{np.mean(values):.2f} ± {np.std(values):.2f}")
            found = sorted({some.k for some in groups})
        print(f"| {name} | {' | '.join(cells)} | {', '.join(map(str, found))} |", flush=True)


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
