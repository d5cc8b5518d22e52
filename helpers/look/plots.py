"""What the notebooks draw: each function takes plain data and returns one matplotlib Figure.

End a cell with the call and the figure appears once; anywhere else, give it to `display()`.
Those that show pictures live in `galleries`, those of groups in `cluster_plots`, of beams in `trees`, the
colours and letters in `style`.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from helpers.base.arguments import require_whole
from helpers.base.arrays import as_array
from helpers.data.vocabulary import tokenize
from helpers.look.style import BLUE, DARK, GREEN, ORANGE, PALE, blank, colours_for, lying_bars, new_panels

CURVES = {  # the panels of training curves, each of one scale, with what may be in a row of a history
    "loss": ("train_loss", "val_loss", "loss"),
    "CIDEr on the validation pictures": ("CIDEr",),
    "scores on the validation pictures": (
        *("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4"),
        *("ROUGE-L", "mAP", "accuracy"),
    ),
}


def bars(values, labels, title: str = "", highlight=None, form: str = "{:.1%}") -> Figure:
    """Horizontal bars for probabilities, or as `form` has it; `highlight` is the label to set off."""
    if not len(values):
        return blank()
    figure, (ax,) = new_panels(1, 6, 0.7 + 0.27 * len(values))
    colors = [ORANGE if label == highlight else BLUE for label in labels]
    lying_bars(ax, list(values), list(labels), colors, form)
    ax.set_title(title)
    return figure


def word_by_word(words, distributions, columns: int = 4) -> Figure:
    """For each step of a caption the five likeliest next words, the chosen one highlighted.

    words: the caption's words in order; distributions: for each step a list of (word, probability).
    """
    figure, axes = new_panels(len(distributions), 2.5, 1.75, columns)
    for step, (ax, choices) in enumerate(zip(axes, distributions, strict=True)):
        top = sorted(choices, key=lambda choice: -choice[1])[:5]
        chosen = words[step] if step < len(words) else None
        names, chances = [name for name, _ in top], [float(chance) for _, chance in top]
        lying_bars(ax, chances, names, [ORANGE if name == chosen else PALE for name in names], "{:.0%}")
        ax.set_xlim(0, 1.25)
        before = ["START", *words][max(0, step - 2) : step + 1]
        ax.set_title(("… " if step > 2 else "") + " ".join(before) + " …", fontsize=9)
    return figure


def threshold_curve(counts, word_threshold: int | None = None) -> Figure:
    """Shares of the different words and of the running words kept (count > word_threshold), from 0 to 100 %.

    counts: Counter of words over the training captions; `word_threshold`, if given, is marked.
    """
    if not counts:
        return blank()
    occurrences = np.array(sorted(counts.values()))
    thresholds = np.arange(0, min(51, occurrences.max() + 1))
    different = np.array([(occurrences > t).mean() for t in thresholds])
    running = np.array([occurrences[occurrences > t].sum() / occurrences.sum() for t in thresholds])
    figure, (ax,) = new_panels(1, 7, 3.2)
    for shares, label, color in ((running, "running words", GREEN), (different, "different words", BLUE)):
        ax.plot(thresholds, shares, color=color, linewidth=2.5, label=label)
        if word_threshold is not None and 0 <= word_threshold < len(thresholds):
            here = word_threshold, shares[word_threshold]
            ax.plot(*here, "o", color=ORANGE, markersize=9)
            ax.annotate(f"{here[1]:.1%}", here, (6, 8), textcoords="offset points")
    ax.set(title="share of the words that is kept", xlabel="word_threshold", ylim=(0, 1.12))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(PercentFormatter(1, 0))
    ax.legend(frameon=False, loc="lower right")
    return figure


def lengths(captions_per_split) -> Figure:
    """Histogram of caption lengths in words, one line per split: {"train": [caption, …], …}."""
    captions_per_split = {split: some for split, some in captions_per_split.items() if len(some)}
    if not captions_per_split:
        return blank()
    figure, (ax,) = new_panels(1, 7, 3)
    colors = colours_for(captions_per_split)
    for (split, captions), color in zip(captions_per_split.items(), colors, strict=True):
        parts = (caption.split() if caption.isascii() else tokenize(caption) for caption in captions)
        shares = np.bincount([len(words) for words in parts]) / len(captions)
        label = f"{split} ({len(captions):,} captions)"
        ax.plot(shares, "o-", color=color, markersize=4, linewidth=2, label=label)
        ax.fill_between(np.arange(len(shares)), shares, color=color, alpha=0.1)
    ax.set(xlabel="words in a caption", title="share of captions", ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))  # else 2.5 % is written as 2 %
    ax.yaxis.set_major_formatter(PercentFormatter(1, 0))
    ax.legend(frameon=False)
    return figure


def word_counts(counts, n: int = 20) -> Figure:
    """The `n` commonest words as bars, and all words by rank, beside what Zipf's law says."""
    require_whole(n=n)
    if not counts:
        return blank()
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]
    figure, (left, right) = new_panels(2, 4.5, 1 + 0.19 * len(top))
    lying_bars(left, [count for _, count in top], [word for word, _ in top], BLUE, "{:,}")
    left.set_title(f"the {len(top)} commonest words")
    ranked = sorted(counts.values(), reverse=True)
    ranks = np.arange(1, len(ranked) + 1)
    right.loglog(ranks, ranked[0] / ranks, "--", color=ORANGE, label="Zipf's law: 1 / rank")
    right.loglog(ranks, ranked, ".", color=BLUE, label=f"each of {len(ranked):,} words")
    right.set(xlabel="rank (both axes are logarithmic)", title="how often each word occurs")
    right.legend(frameon=False, loc="lower left")
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


def lines_of(history) -> dict[str, dict[str, list]]:
    """The lines of each panel of `CURVES`: {panel: {key: [(epoch, value), …]}}, without what is missing."""
    panels = {}
    for title, keys in CURVES.items():
        for key in keys:
            if line := [(row["epoch"], float(row[key])) for row in history if row.get(key) is not None]:
                panels.setdefault(title, {})[key] = line
    return panels


def curves(history) -> Figure:
    """Training curves: losses, CIDEr (0 to 10), and the scores from 0 to 1, each scale in its own panel.

    history: one dict an epoch, as {"epoch": 1, "train_loss": 3.2, "val_loss": 3.0, "CIDEr": 0.8, …}.
    """
    panels = lines_of(history) or {"loss": {}}
    figure, axes = new_panels(len(panels), 3.3, 3)
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        for (key, line), color in zip(lines.items(), colours_for(lines), strict=True):
            ax.plot(*zip(*line, strict=True), "o-", color=color, markersize=4, linewidth=2, label=key)
        ax.set(xlabel="epoch", title=title, xlim=(0.5, max(5, len(history)) + 0.5))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(lines) > 1:  # below, where no line can be hidden
            ax.legend(frameon=False, ncols=3, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    return figure


def scores(rows: dict[str, dict[str, float]], spread: dict | None = None) -> Figure:
    """Methods side by side on every measure: {"greedy": {"CIDEr": 1.2, …}, "beam": {…}}.

    spread: the same with (low, high) for every value, as `helpers.tell.metrics.bootstrap` gives it.
    """
    if not any(rows.values()):
        return blank()
    measures = list(dict.fromkeys(measure for row in rows.values() for measure in row))
    figure, (ax,) = new_panels(1, max(5, 0.6 + 0.42 * (len(rows) + 1) * len(measures)), 3.2)
    width = 0.8 / len(rows)
    for i, ((method, row), color) in enumerate(zip(rows.items(), colours_for(rows), strict=True)):
        values = as_array([row.get(measure, np.nan) for measure in measures])
        places = np.arange(len(measures)) + (i - (len(rows) - 1) / 2) * width
        ax.bar(places, values, 0.92 * width, color=color, label=method)
        tops = values
        if spread:
            lows, tops = zip(*(spread[method][measure] for measure in measures), strict=True)
            ax.vlines(places, lows, tops, color=DARK, linewidth=1)
        for place, top, value in zip(places, tops, values, strict=True):
            text = "" if np.isnan(value) else f"{value:.2f}"
            ax.annotate(text, (place, top), (0, 2), textcoords="offset points", ha="center", fontsize=8)
    ax.set_xticks(np.arange(len(measures)), measures)
    ax.grid(False, axis="x")
    ax.legend(frameon=False, ncols=len(rows), loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def against(x, lines: dict, xlabel: str) -> Figure:
    """Each of `lines`, {title: values}, in a panel of its own against the numbers `x`."""
    figure, axes = new_panels(len(lines), 3.1, 2.6)
    for ax, (title, values) in zip(axes, lines.items(), strict=True):
        ax.plot(as_array(x), as_array(values), "o-", color=BLUE, markersize=4, linewidth=2)
        ax.set(xlabel=xlabel, title=title)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure
