"""How many pictures of which kind look familiar to a captioner: kinds to try it with, some of them made here.

Of photographs with captions a picture is of those kinds that at least half of its captions name.
"""

import textwrap

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from helpers.base.errors import UserError
from helpers.data import datasets
from helpers.data.vocabulary import tokenize
from helpers.show.features import load_features
from helpers.show.sight import UNSURE, pooled

SUBJECTS = {  # what of photographs their captions name
    "people": "man woman men women boy girl boys girls child children people person",
    "dogs": "dog dogs puppy",
    "sport": "tennis surfing surfboard skiing skis snowboard baseball skateboard soccer frisbee",
    "other animals": "cat cats giraffe giraffes zebra zebras elephant elephants bear sheep cow cows bird",
    "vehicles": "bus train truck airplane plane motorcycle buses trains trucks planes motorcycles",
    "kitchens": "kitchen stove refrigerator oven microwave",
    "bathrooms": "bathroom toilet bathtub",
    "desks": "laptop computer keyboard desk monitor",
    "food": "pizza food cake sandwich salad fruit vegetables meal broccoli",
}
SUBJECTS = {name: set(words.split()) for name, words in SUBJECTS.items()}


def familiar(captioner, features: torch.Tensor) -> list[bool]:
    """Whether pictures with the encoder's features (N, …, F) are not below UNSURE.

    UserError if the captioner has no sight.
    """
    if captioner.sight is None:
        raise UserError("This captioner can't say what is familiar, it has no sight: train it anew.")
    return (captioner.sight.familiarity(pooled(features)) >= UNSURE).tolist()


def by_subject(dataset) -> dict[str, list]:
    """Paths of the pictures of a data set by SUBJECTS; those of none are "others". Only what there is."""
    found = {name: [] for name in (*SUBJECTS, "others")}
    for path, captions in zip(dataset.paths, dataset.captions, strict=True):
        said = [set(tokenize(caption)) for caption in captions]
        named = [
            name
            for name, words in SUBJECTS.items()
            if said and 2 * sum(not words.isdisjoint(some) for some in said) >= len(said)
        ]
        for name in named or ["others"]:
            found[name].append(path)
    return {name: paths for name, paths in found.items() if paths}


def noise(n: int = 40, seed: int = 0) -> list[Image.Image]:
    """Pictures of random pixels, in turn small and large ones, and in each third turn of one colour alone."""
    chance, pictures = np.random.default_rng(seed), []
    for i in range(n):
        side = (256, 32, 1)[i % 3]
        pixels = chance.integers(0, 256, (side, side, 3), dtype=np.uint8)
        pictures.append(Image.fromarray(pixels).resize((256, 256)))
    return pictures


def pages(n: int = 40, seed: int = 0, text: str = __doc__) -> list[Image.Image]:
    """Pictures of printed pages and of terminals, light on dark: `text` over and over from any word on."""
    chance, words, pictures = np.random.default_rng(seed), text.split(), []
    for i in range(n):
        paper, ink = (("white", "black"), ("white", "black"), ((30, 30, 35), (220, 220, 220)))[i % 3]
        page = Image.new("RGB", [(620, 877), (1280, 800)][i % 2], paper)
        size, start = int(chance.integers(12, 30)), int(chance.integers(len(words)))
        told = " ".join((words[start:] + words) * 20)
        lines = textwrap.wrap(told, int(1.7 * page.width / size))[: int(page.height / size / 1.5)]
        ImageDraw.Draw(page).text((20, 20), "\n".join(lines), ink, ImageFont.load_default(size))
        pictures.append(page)
    return pictures


def rates(captioner, dataset=None, data=None, coco=None) -> dict[str, tuple[int, float]]:
    """Rows of name: (pictures, share of them that is familiar): strangers, and photographs where they lie.

    dataset, data: as `datasets.load` takes them, for validation and test pictures; coco: other photographs
    with captions, row by row what they show.
    """

    def told(found) -> list[bool]:
        device = captioner.device
        return familiar(
            captioner, load_features(captioner.encoder, found, captioner.transform, device=device)
        )

    rows = {}
    for split in ("val", "test") if dataset else ():
        found = datasets.load(dataset, split, folder=data)
        rows[f"{found.name.split('-')[0]}, {split}"] = told(found)
    if coco:
        found = datasets.load(coco, "all")
        each = dict(zip(found.paths, told(found), strict=True))
        subjects = by_subject(found).items()
        rows |= {f"photographs of {name}": [each[path] for path in paths] for name, paths in subjects}
    rows["drawn scenes"] = told(datasets.load("scenes", "val"))
    for name, pictures in (("pages of text", pages()), ("noise", noise())):
        seen = captioner.encoder.features(captioner.transform.batch(pictures).to(captioner.device))
        rows[name] = familiar(captioner, seen)
    return {name: (len(some), sum(some) / len(some)) for name, some in rows.items()}
