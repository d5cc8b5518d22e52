"""The diagrams of the README and the notebooks: the road, ResNet-101, the unrolled decoder, the data."""

from itertools import pairwise

import numpy as np
import torch
from torchvision import models

from helpers.data.vocabulary import tokenize
from helpers.look.style import BLUE, GREEN, GREY, ORANGE, PINK, RED, new_sheet, shade, tint
from tools.sketch import arrow, box, cuboid, feed_back, panel, photo, points, vector, write

SPLITS = {  # training, validation, test
    "COCO 2014": (60_000, 10_000, 10_000),
    "Flickr8k": (6_000, 1_000, 1_000),
    "scenes": (4_000, 500, 500),
}


def encoder_decoder(dataset):
    """Overview: a picture becomes a caption; captions become vectors, groups, albums."""
    figure, ax = new_sheet(9, 5)
    panel(ax, 0.15, 2.52, 3.95, 2.33, "Show", "a CNN turns the picture into numbers", BLUE)
    panel(ax, 4.22, 2.52, 4.63, 2.33, "Tell", "an LSTM turns the numbers into words", GREEN)
    panel(ax, 0.15, 0.15, 8.7, 2.25, "Sort", "captions that say the same belong together", PINK)
    shown, words = _short_caption(dataset)
    y = 3.52

    photo(ax, dataset[shown].image, 0.98, y, 1.3, 1.3)
    arrow(ax, (1.7, y), (1.95, y))
    x = 2.02
    for side, width in ((1.0, 0.09), (0.68, 0.16), (0.42, 0.24), (0.24, 0.34)):
        x = cuboid(ax, x, y - 0.1 * side, width, side, BLUE) - 0.02 - 0.16 * side
    arrow(ax, (x + 0.12, y), (x + 0.36, y))
    vector(ax, x + 0.5, y, ORANGE)
    write(ax, x + 0.5, 2.73, "context vector", 8.5, shade(ORANGE, 0.75))

    centres = np.linspace(4.82, 8.42, len(words))
    arrow(ax, (x + 0.64, y), (centres[0] - 0.24, y))
    for at, fed, said in zip(centres, ["START", *words], words, strict=False):
        write(ax, at, y - 0.68, fed, 8, GREY)
        arrow(ax, (at, y - 0.58), (at, y - 0.25))
        box(ax, at, y, 0.44, 0.46, "LSTM", GREEN, size=7)
        arrow(ax, (at, y + 0.24), (at, y + 0.54))
        write(ax, at, y + 0.68, said, 10, weight="bold")
    for left, right in pairwise(centres):
        arrow(ax, (left + 0.23, y), (right - 0.23, y))

    groups, y = _three_groups(dataset), 1.14
    mixed = [members[i] for i in range(2) for members in groups.values()][:5]
    for row, i in enumerate(mixed):
        photo(ax, dataset[i].image, 0.48, 1.71 - 0.29 * row, 0.27, 0.25)
        write(ax, 0.72, 1.71 - 0.29 * row, _shorten(min(dataset.captions[i], key=len), 38), 8, ha="left")
    arrow(ax, (3.2, y), (3.5, y))
    points(ax, 3.62, 0.5, 1.7, 1.34, (BLUE, ORANGE, GREEN))
    arrow(ax, (5.44, y), (5.74, y))
    for at, (place, members), color in zip(
        (6.3, 7.3, 8.3), groups.items(), (BLUE, ORANGE, GREEN), strict=False
    ):
        for k in (2, 1, 0):
            corner = (at - 0.06 + 0.06 * k, y + 0.06 * k)
            photo(ax, dataset[members[k]].image, *corner, 0.76, 0.76, zorder=4 - 0.2 * k)
        write(ax, at, 0.6, place, 9, shade(color, 0.7), weight="bold")
    for at, text in ((1.7, "captions"), (4.47, "vectors"), (7.3, "albums")):
        write(ax, at, 0.31, text, 8.5, GREY)
    return figure


def resnet101(embedding_dim: int = 256):
    """ResNet-101 stage by stage; its last layer is crossed out, a new one takes its place."""
    figure, ax = new_sheet(9, 3.7)
    stages, weights, feature_dim, classes = _resnet_facts()
    x, y = 0.25, 2.2
    for name, made_of, shape in stages:
        channels, side = shape[:2]
        height = 1.7 * (side / 224) ** 0.5 if side > 1 else 0.14
        if channels == 3:
            right = [cuboid(ax, x + 0.08 * i, y, 0.05, height, c) for i, c in enumerate((RED, GREEN, BLUE))][
                -1
            ]
        else:
            right = cuboid(ax, x, y, 0.06 + 0.056 * np.log2(channels / 3), height, BLUE)
        _legend(ax, (x + right) / 2, name, made_of, "×".join(str(n) for n in shape if n > 1))
        x = right + 0.32
        arrow(ax, (right + 0.05, y), (x - 0.05, y))
    box(ax, x + 0.5, y + 0.62, 0.96, 0.36, f"{classes} classes", GREY, size=8.5)
    for slope in (-0.22, 0.22):
        ax.plot((x, x + 1), (y + 0.62 - slope, y + 0.62 + slope), color=tint(RED, 0.6), linewidth=2, zorder=4)
    box(ax, x + 0.5, y, 0.96, 0.46, "new fc", ORANGE, size=10, weight="bold")
    arrow(ax, (x + 1, y), (x + 1.2, y))
    vector(ax, x + 1.31, y, ORANGE, cells=9)
    _legend(ax, x + 0.85, "context vector", "embedding_dim", str(embedding_dim))
    new = (feature_dim + 1) * embedding_dim
    taught = "taught by ImageNet, the last blocks by captions, too"
    _span(ax, 1.05, x - 0.35, BLUE, f"frozen: {weights / 1e6:.1f} million weights, {taught}")
    _span(ax, x, x + 1.4, ORANGE, f"trained: {new / 1e6:.1f} million")
    return figure


def unrolled_decoder(words=("a", "dog", "runs", "END")):
    """The LSTM, one step a column: the context vector first, then START, then its own words fed back."""
    figure, ax = new_sheet(9, 4.2)
    centres = np.linspace(0.95, 8.1, len(words) + 1)
    fed, y = ["START", *words[:-1]], 2.05
    for t, at in enumerate(centres):
        box(ax, at, y, 0.95, 0.62, "LSTM", GREEN, size=11, weight="bold")
        arrow(ax, (at, 1.12), (at, y - 0.33))
        write(ax, at, 0.22, f"$t = {t - 1}$", 9, GREY)
        if t < len(words):
            arrow(ax, (at + 0.49, y), (centres[t + 1] - 0.5, y))
            write(ax, at + 0.64, y - 0.15, "$h, c$", 8.5, GREY)
    vector(ax, centres[0], 0.78, ORANGE, cells=4, size=0.155)
    write(ax, centres[0] - 0.15, 0.78, "context\nvector", 8.5, shade(ORANGE, 0.75), ha="right")
    write(ax, centres[0], y + 0.6, "looks at the\npicture, once", 8.5, GREY)
    for t, (at, last, word) in enumerate(zip(centres[1:], fed, words, strict=True)):
        box(ax, at, 0.85, 0.72, 0.3, last, GREY, size=9.5)
        write(ax, at + 0.07, 1.42, f"$W_e S_{t}$", 8.5, GREY, ha="left")
        arrow(ax, (at, y + 0.33), (at, y + 0.62))
        given = ("I, S_0", "I, S_0, S_1")[t] if t < 2 else rf"I, S_0 \ldots S_{t}"
        write(ax, at, y + 0.79, rf"$\log\, p(S_{t + 1} \mid {given})$", 10)
        arrow(ax, (at, y + 0.97), (at, y + 1.22))
        box(ax, at, y + 1.4, 0.72, 0.32, word, BLUE if word != "END" else GREY, size=10.5, weight="bold")
        if t + 1 < len(words):
            feed_back(ax, (at + 0.37, y + 1.4), (centres[t + 2] - 0.37, 0.85))
    total = r"$\log\, p(S \mid I) \; = \; \sum_t \; \log\, p(S_t \mid I, S_0 \ldots S_{t-1})$"
    write(ax, 0.3, 3.85, total, 11, shade(GREEN, 0.7), ha="left")
    return figure


def data_split():
    """How many pictures of each data set are for training, validation and test."""
    figure, ax = new_sheet(9, 2.75)
    left, width = 1.55, 7.2
    uses = [("training", "weights and words are learnt here", BLUE)]
    uses += [("validation", "when to stop", ORANGE), ("test", "decides nothing", GREEN)]
    largest = max(map(sum, SPLITS.values()))
    for row, (name, sizes) in enumerate(SPLITS.items()):
        y, start = 1.75 - 0.66 * row, left
        write(ax, left - 0.15, y + 0.08, name, 10.5, weight="bold", ha="right")
        write(ax, left - 0.15, y - 0.12, f"{sum(sizes):,}", 8.5, GREY, ha="right")
        height = 0.34 + 0.2 * np.log10(sum(sizes)) / np.log10(largest)
        for size, (_, _, color) in zip(sizes, uses, strict=True):
            share = width * size / sum(sizes)
            box(ax, start + share / 2, y, share - 0.05, height - 0.08, f"{size:,}", color, size=10.5)
            start += share
    start = left
    for (use, what, color), size in zip(uses, SPLITS["COCO 2014"], strict=True):
        write(ax, start + 0.03, 2.52, use, 10.5, shade(color, 0.8), ha="left", weight="bold")
        write(ax, start + 0.03, 2.32, what, 8.5, GREY, ha="left")
        start += width * size / sum(SPLITS["COCO 2014"])
    return figure


def _resnet_facts():
    """Of torchvision's ResNet-101: [(name, made of, shape)], weights before fc, fc's inputs and outputs."""
    with torch.device("meta"):  # shapes without a single number
        model, flow, shapes = models.resnet101(weights=None).eval(), torch.empty(1, 3, 224, 224), {}
        for name, child in list(model.named_children())[:-1]:
            flow = child(flow)
            shapes[name] = tuple(flow.shape[1:])
    stages = [("picture", "RGB", (3, 224, 224)), ("conv1", "7×7, stride 2", shapes["conv1"])]
    for i, layer in enumerate((model.layer1, model.layer2, model.layer3, model.layer4), 1):
        stages.append((f"conv{i + 1}_x", f"{len(layer)} blocks", shapes[f"layer{i}"]))
    stages.append(("pool", "average", shapes["avgpool"]))
    weights = sum(part.numel() for name, part in model.named_parameters() if not name.startswith("fc."))
    return stages, weights, model.fc.in_features, model.fc.out_features


def _legend(ax, x: float, name: str, made_of: str, shape: str) -> None:
    write(ax, x, 1.1, name, 9, weight="bold")
    write(ax, x, 0.9, made_of, 8, GREY)
    write(ax, x, 0.72, shape, 8)


def _span(ax, left: float, right: float, color, text: str) -> None:
    ax.plot((left, right), (0.46, 0.46), color=color, linewidth=3, solid_capstyle="round")
    write(ax, (left + right) / 2, 0.26, text, 8.5, shade(color, 0.75))


def _shorten(text: str, letters: int) -> str:
    text = " ".join(tokenize(text))
    return text if len(text) <= letters else text[: letters - 1].rsplit(" ", 1)[0] + " …"


def _short_caption(dataset) -> tuple[int, list[str]]:
    """Index and words of the first picture with a caption like "a dog is on the beach"; else some words."""
    for i, captions in enumerate(dataset.captions):
        for words in map(tokenize, captions):
            if words[0] == "a" and words[2:3] == ["is"] and len(words) in (6, 7) and max(map(len, words)) < 7:
                return i, words
    return 0, tokenize(dataset.captions[0][0])[:6]


def _three_groups(dataset) -> dict[str, list[int]]:
    """Three places, each with three of its pictures."""
    groups: dict[str, list[int]] = {}
    for i, label in enumerate(dataset.labels):
        groups.setdefault(label, []).append(i)
    return {label: members[:3] for label, members in list(groups.items())[:3]}
