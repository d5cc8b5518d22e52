"""What the notebooks draw: each function takes plain data and returns one matplotlib Figure.

End a cell with the call and the figure appears once; anywhere else, give it to `display()`.
Those that show pictures live in `galleries`, those of groups in `cluster_plots`, the colours
and letters in `style`.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from helpers.look.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PALE,
    RED,
    colours_for,
    lying_bars,
    new_figure,
    new_sheet,
)

LOSSES = ("train_loss", "val_loss", "loss")
SCORES = ("CIDEr", "BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "mAP", "accuracy")


def bars(values, labels, title: str = "", highlight=None, form: str = "{:.1%}") -> Figure:
    """Horizontal bars for probabilities, or as `form` has it; `highlight` is the label(s) to set off."""
    chosen = {highlight} if isinstance(highlight, str) else set(highlight or ())
    figure = new_figure(6, 0.7 + 0.27 * len(values))
    ax = figure.subplots()
    colors = [ORANGE if label in chosen else BLUE for label in labels]
    lying_bars(ax, list(values), list(labels), colors, form)
    ax.set_title(title)
    return figure


def word_by_word(words, distributions, columns: int = 4) -> Figure:
    """For each step of a caption the five likeliest next words, the chosen one highlighted.

    words: the caption's words in order; distributions: for each step a list of (word, probability).
    """
    rows = -(-len(distributions) // columns)
    figure = new_figure(2.5 * columns, 1.75 * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for step, (ax, choices) in enumerate(zip(axes, distributions, strict=False)):
        top = sorted(choices, key=lambda choice: -choice[1])[:5]
        chosen = words[step] if step < len(words) else None
        names, chances = [name for name, _ in top], [float(chance) for _, chance in top]
        lying_bars(ax, chances, names, [ORANGE if name == chosen else PALE for name in names], "{:.0%}")
        ax.set_xlim(0, 1.25)
        before = ["START", *words][max(0, step - 2) : step + 1]
        ax.set_title(("… " if step > 2 else "") + " ".join(before) + " …", fontsize=9)
    for ax in axes[len(distributions) :]:
        ax.set_axis_off()
    return figure


def threshold_curve(counts, word_threshold: int | None = None) -> Figure:
    """Vocabulary size and share of running words kept against word_threshold (kept: count > word_threshold).

    counts: Counter of words over the training captions; `word_threshold`, if given, is marked.
    """
    occurrences = np.array(sorted(counts.values()))
    thresholds = np.arange(0, min(51, occurrences.max() + 1))
    sizes = np.array([(occurrences > t).sum() for t in thresholds])
    coverage = np.array([occurrences[occurrences > t].sum() / occurrences.sum() for t in thresholds])
    figure = new_figure(9, 3)
    panels = ((sizes, "words kept", BLUE, "{:,.0f}"), (coverage, "running words covered", GREEN, "{:.2%}"))
    for ax, (values, title, color, form) in zip(figure.subplots(1, 2), panels, strict=True):
        ax.plot(thresholds, values, color=color, linewidth=2.5)
        ax.set(title=title, xlabel="word_threshold")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if word_threshold is not None and word_threshold < len(thresholds):
            ax.plot(word_threshold, values[word_threshold], "o", color=ORANGE, markersize=9)
            label = form.format(values[word_threshold])
            ax.annotate(label, (word_threshold, values[word_threshold]), (8, 6), textcoords="offset points")
    figure.axes[0].set_ylim(bottom=0)
    figure.axes[1].yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def lengths(captions_per_split) -> Figure:
    """Histogram of caption lengths in words, one line per split: {"train": [caption, …], …}."""
    figure = new_figure(7, 3)
    ax = figure.subplots()
    for (split, captions), color in zip(
        captions_per_split.items(), colours_for(captions_per_split), strict=True
    ):
        shares = np.bincount([len(caption.split()) for caption in captions]) / len(captions)
        ax.plot(
            shares,
            color=color,
            linewidth=2,
            label=f"{split} ({len(captions):,} captions)",
            marker="o",
            markersize=4,
        )
        ax.fill_between(np.arange(len(shares)), shares, color=color, alpha=0.1)
    ax.set(xlabel="words in a caption", title="share of captions", ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(PercentFormatter(1, 0))
    ax.legend(frameon=False)
    return figure


def word_counts(counts, n: int = 30) -> Figure:
    """The `n` commonest words as bars, and all words by rank: Zipf's law is a straight line."""
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]
    figure = new_figure(9, 1 + 0.19 * len(top))
    left, right = figure.subplots(1, 2)
    lying_bars(left, [count for _, count in top], [word for word, _ in top], BLUE, "{:,}")
    left.set_title(f"the {len(top)} commonest words")
    ranked = sorted(counts.values(), reverse=True)
    right.loglog(np.arange(1, len(ranked) + 1), ranked, ".", color=BLUE)
    right.set(xlabel="rank of the word", title=f"how often each of {len(ranked):,} words occurs")
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


def curves(history) -> Figure:
    """Training curves: losses on the left, scores on the right.

    history: one dict an epoch, as {"epoch": 1, "train_loss": 3.2, "val_loss": 3.0, "CIDEr": 0.8, …};
    what is missing is left out.
    """
    panels = [("loss", LOSSES), ("scores on the validation pictures", SCORES)]
    known = [key for row in history for key, value in row.items() if value is not None]
    panels = [(title, [key for key in keys if key in known]) for title, keys in panels]
    panels = [(title, keys) for title, keys in panels if keys or title == "loss"]
    figure = new_figure(4.6 * len(panels), 3)
    for ax, (title, keys) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for key, color in zip(keys, colours_for(keys), strict=True):
            rows = [row for row in history if row.get(key) is not None]
            epochs, values = [row["epoch"] for row in rows], [row[key] for row in rows]
            ax.plot(epochs, values, "o-", color=color, markersize=4, linewidth=2, label=key)
        ax.set(xlabel="epoch", title=title, xlim=(0.5, max(5, len(history)) + 0.5))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if keys:
            ax.legend(frameon=False)
    return figure


def average_precision(values: dict[str, float]) -> Figure:
    """Average precision of each class, best first, the mean as a line."""
    ranked = sorted(values.items(), key=lambda item: -item[1])
    mean = float(np.mean(list(values.values())))
    figure = new_figure(7, 0.8 + 0.21 * len(ranked))
    ax = figure.subplots()
    lying_bars(ax, [value for _, value in ranked], [name for name, _ in ranked], BLUE, "{:.2f}")
    ax.axvline(mean, color=ORANGE, linewidth=2, linestyle="--")
    ax.set_title(f"average precision of each class; the mean is {mean:.3f}")
    return figure


def beam_tree(steps, winner=None) -> Figure:
    """How a beam search grows, left to right: each beginning with its log-probability, the winner set off.

    steps: for each word a list of {"words": [str, …], "log_prob": float, "kept": bool}, words in full.
    winner: the words of the caption that won; without it, the likeliest that is kept at the last step.
    """
    if winner is None:
        winner = max((beam for beam in steps[-1] if beam["kept"]), key=lambda beam: beam["log_prob"])["words"]
    columns = [[{"words": [], "log_prob": 0.0, "kept": True}]]
    for step in steps:  # children of one parent stay together, so that no lines cross
        parents = [beam["words"] for beam in columns[-1]]
        columns.append(sorted(step, key=lambda beam: (parents.index(beam["words"][:-1]), -beam["log_prob"])))
    height = 0.42 * max(map(len, columns)) + 0.2
    marks, x = {}, 0.15  # beginning -> (left, right, y), all in inches
    for column in columns:
        names = [beam["words"][-1] if beam["words"] else "START" for beam in column]
        widths = [TextPath((0, 0), name, size=10.5).get_extents().width / 72 for name in names]
        for row, (beam, width) in enumerate(zip(column, widths, strict=True)):
            y = height / 2 + 0.42 * ((len(column) - 1) / 2 - row)
            marks[tuple(beam["words"])] = (x, x + width, y)
        x += max(widths) + 0.5
    figure, ax = new_sheet(x - 0.3, height)
    for beam in (beam for column in columns for beam in column):
        won = list(beam["words"]) == list(winner[: len(beam["words"])])
        color = RED if won else INK if beam["kept"] else "#a9b1b9"
        left, _, y = marks[tuple(beam["words"])]
        name = beam["words"][-1] if beam["words"] else "START"
        ax.text(left, y, name, color=color, weight="bold" if won else "normal", va="center")
        if beam["words"]:
            ax.text(left, y - 0.15, f"{beam['log_prob']:.2f}", color=color, fontsize=7, va="center")
            _, start, above = marks[tuple(beam["words"][:-1])]
            t = np.linspace(0, 1, 30)
            bend = above + (y - above) * t * t * (3 - 2 * t)
            line = {"color": ORANGE, "linewidth": 2.5} if won else {"color": PALE, "linewidth": 1.2}
            ax.plot(start + 0.07 + (left - start - 0.12) * t, bend, zorder=won, **line)
    return figure


def scores(rows: dict[str, dict[str, float]], spread: dict | None = None) -> Figure:
    """Methods side by side on every measure: {"greedy": {"CIDEr": 1.2, …}, "beam": {…}}.

    spread: the same with (low, high) for every value, as `helpers.tell.metrics.bootstrap` gives it.
    """
    measures = list(dict.fromkeys(measure for row in rows.values() for measure in row))
    figure = new_figure(max(5, 0.6 + 0.42 * (len(rows) + 1) * len(measures)), 3.2)
    ax = figure.subplots()
    width = 0.8 / len(rows)
    for i, ((method, row), color) in enumerate(zip(rows.items(), colours_for(rows), strict=True)):
        values = [row.get(measure, np.nan) for measure in measures]
        places = np.arange(len(measures)) + (i - (len(rows) - 1) / 2) * width
        ax.bar(places, values, 0.92 * width, color=color, label=method)
        tops = values
        if spread:
            lows, tops = zip(*(spread[method][measure] for measure in measures), strict=True)
            ax.vlines(places, lows, tops, color=INK, linewidth=1)
        for place, top, value in zip(places, tops, values, strict=True):
            text = "" if np.isnan(value) else f"{value:.2f}"
            ax.annotate(text, (place, top), (0, 2), textcoords="offset points", ha="center", fontsize=8)
    ax.set_xticks(np.arange(len(measures)), measures)
    ax.grid(False, axis="x")
    ax.legend(frameon=False, ncols=len(rows), loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def against(x, lines: dict, xlabel: str) -> Figure:
    """Each of `lines`, {title: values}, in a panel of its own against the numbers `x`."""
    figure = new_figure(3.1 * len(lines), 2.6)
    for ax, (title, values) in zip(
        figure.subplots(1, len(lines), squeeze=False)[0], lines.items(), strict=True
    ):
        ax.plot(x, values, "o-", color=BLUE, markersize=4, linewidth=2)
        ax.set(xlabel=xlabel, title=title)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure
