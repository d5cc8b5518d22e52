"""A beam search as a tree that grows to the right: laid out once, drawn as a Figure or as SVG.

steps: for each word a list of (all words so far, log-probability); winner: the words of what won.
"""

from dataclasses import dataclass
from html import escape

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from helpers.look.markup import svg
from helpers.look.style import DARK, GREY, ORANGE, RED, new_sheet

BOLD = FontProperties(family="DejaVu Sans", weight="bold")
LETTER = 9  # pixels that a letter of the SVG takes, at most


@dataclass(frozen=True)
class Branch:
    """The beginning of a caption: its last word stands from `left` to `right`, `y` below the tree's top."""

    word: str
    log_prob: float
    won: bool
    left: float
    right: float
    column: float  # where the widest word of the column ends: lines to the next column bend from there on
    y: float
    parent: "Branch | None"


def branches(steps, winner, width_of, gap: float, line: float) -> tuple[list[Branch], float, float]:
    """The tree, from START on, with its width and height.

    width_of: how wide a word is; gap: from a column to the next one; line: from a word to the one below.
    Words of a column stand in the order of the words that they follow, and all lines bend between the same
    two places: so none crosses another, nor a word.
    """
    columns = [[((), 0.0)]]
    for step in steps:
        parents = [words for words, _ in columns[-1]]
        beams = [(tuple(words), log_prob) for words, log_prob in step]
        columns.append(sorted(beams, key=lambda beam: (parents.index(beam[0][:-1]), -beam[1])))
    tree, left, height = {}, 0, line * max(map(len, columns))
    for column in columns:
        said = [words[-1] if words else "START" for words, _ in column]
        end = left + max(map(width_of, said), default=0)
        for row, ((words, log_prob), word) in enumerate(zip(column, said, strict=True)):
            won, y = words == tuple(winner[: len(words)]), height / 2 + line * (row - (len(column) - 1) / 2)
            place = left, left + width_of(word), end, y
            tree[words] = Branch(word, log_prob, won, *place, tree.get(words[:-1]))
        left = end + gap
    return list(tree.values()), left - gap, height


def beam_tree(steps, winner) -> Figure:
    """How a beam search grows: each beginning with its log-probability, the winner set off."""

    def inches(word: str) -> float:
        return TextPath((0, 0), word, size=10.5, prop=BOLD).get_extents().width / 72

    tree, width, height = branches(steps, winner, inches, gap=0.45, line=0.42)
    figure, ax = new_sheet(width + 0.35, height + 0.2)
    ax.set(xlim=(-0.15, width + 0.2), ylim=(height + 0.1, -0.1))  # downwards, as on a page
    bend = np.linspace(0, 1, 30)
    for it in tree:
        color, weight = (RED, "bold") if it.won else (DARK, "normal")
        ax.text(it.left, it.y, it.word, color=color, weight=weight, va="center")
        if it.parent:
            ax.text(it.left, it.y + 0.15, f"{it.log_prob:.2f}", color=color, fontsize=8, va="center")
            start, end = it.parent.column + 0.07, it.left - 0.05
            x = [it.parent.right + 0.07, *(start + (end - start) * bend)]
            y = [it.parent.y, *(it.parent.y + (it.y - it.parent.y) * bend * bend * (3 - 2 * bend))]
            line = {"color": ORANGE, "linewidth": 2.5} if it.won else {"color": GREY, "linewidth": 1}
            ax.plot(x, y, zorder=it.won, **line)
    return figure


def beam_tree_svg(steps, winner) -> str:
    """The same quick enough to follow a slider."""
    tree, width, height = branches(steps, winner, lambda word: LETTER * len(word), gap=36, line=34)
    drawn = ""
    for it in sorted(tree, key=lambda it: it.won):  # the winner's line lies on top
        won = ' class="won"' if it.won else ""
        drawn += f'<text{won} x="{it.left}" y="{it.y + 4:.0f}">{escape(it.word)}</text>'
        if it.parent:
            start, above, end = it.parent.column + 3, it.parent.y, it.left - 4
            bend = f"{(start + end) / 2:.0f} {above:.0f} {(start + end) / 2:.0f} {it.y:.0f}"
            line = f"M{it.parent.right + 3} {above:.0f}H{start}C{bend} {end} {it.y:.0f}"
            drawn += f'<path{won} d="{line}"/>'
            drawn += f'<text class="small" x="{it.left}" y="{it.y + 15:.0f}">{it.log_prob:.2f}</text>'
    alt = f"The beams, word by word; the winner says: {' '.join(winner)}"
    return svg(width + 12, height + 10, alt, f'<g transform="translate(6 5)">{drawn}</g>')
