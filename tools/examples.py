"""Two pictures of what a captioner really says about drawn scenes: a next word, and groups of captions."""

import textwrap
from collections import Counter
from itertools import cycle

import numpy as np

from helpers.data.vocabulary import tokenize
from helpers.look.style import BLUE, GREEN, GREY, ORANGE, PINK, new_sheet, shade
from helpers.sort.clustering import cluster_captions
from tools.sketch import box, photo, write


def next_word(dataset, captioner, beginning: str = "a woman is", n: int = 8):
    """The captioner's own probabilities for the word after `beginning`, for a picture of a woman."""
    picture = dataset[_woman(dataset)].image
    likeliest = captioner.next_words(captioner.context([picture]), tokenize(beginning), n)
    figure, ax = new_sheet(9, 3.4)
    photo(ax, picture, 1.62, 1.7, 2.7, 2.7)
    write(ax, 3.4, 2.95, f"“{beginning} …”", 15, weight="bold", ha="left")
    scale = 3.6 / likeliest[0][1]
    for row, (word, probability) in enumerate(likeliest):
        y, color = 2.47 - 0.283 * row, BLUE if row else ORANGE
        write(ax, 4.5, y, word, 10, ha="right", weight="normal" if row else "bold")
        box(ax, 4.62 + scale * probability / 2, y, scale * probability, 0.2, color=color)
        write(ax, 4.72 + scale * probability, y, f"{probability:.1%}", 9, GREY, ha="left")
    return figure


def captioned_groups(dataset, captioner, rows: int = 4, columns: int = 5, pictures: int = 300):
    """Pictures with the captions that the captioner gives them, in rows by the group that they fall into."""
    images = [dataset[i].image for i in range(min(pictures, len(dataset)))]
    captions = captioner.caption(images)
    groups = cluster_captions(captions)
    largest = [group for group, _ in Counter(map(int, groups.labels)).most_common(rows)]
    figure, ax = new_sheet(9, 0.1 + 1.98 * len(largest))
    for row, (group, color) in enumerate(zip(largest, cycle((BLUE, ORANGE, GREEN, PINK)), strict=False)):
        top = 1.98 * (len(largest) - row)
        write(ax, 0.25, top - 0.1, groups.names[group], 11.5, shade(color, 0.8), weight="bold", ha="left")
        members: dict[str, int] = {}  # one picture for each caption
        for i in np.flatnonzero(np.asarray(groups.labels) == group):
            members.setdefault(captions[i], i)
        for column, (caption, i) in enumerate(list(members.items())[:columns]):
            x = 1.05 + 1.72 * column
            photo(ax, images[i], x, top - 0.86, 1.6, 1.2)
            write(ax, x, top - 1.52, textwrap.fill(caption, 26), 7.5, va="top")
    return figure


def _woman(dataset) -> int:
    """The picture of which most captions begin by naming a woman."""
    namings = [sum("woman" in tokenize(caption)[:3] for caption in captions) for captions in dataset.captions]
    return int(np.argmax(namings))
