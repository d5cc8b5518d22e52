"""Drawings of one sentence, word by word: what each word costs, and what an LSTM's gates do at it."""

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from helpers.base.arrays import as_array
from helpers.look.style import BLUE, blank, colours_for, new_panels


def word_costs(words, rows: dict) -> Figure:
    """-log p of each of `words`, a row of bars for each of `rows`: {name: log-probabilities (T,)}.

    The mean of the bars is the loss of that sentence, in nats a word.
    """
    if not len(words) or not rows:
        return blank()
    width = max(4.0, 1 + 0.55 * len(words))
    figure, axes = new_panels(len(rows), width, 1.3 + 0.9 / len(rows), columns=1, sharex=True, sharey=True)
    for ax, (name, log_probs) in zip(axes, rows.items(), strict=True):
        costs = abs(as_array(log_probs))  # so that none is -0.0
        drawn = ax.bar(range(len(words)), costs, 0.72, color=BLUE)
        ax.bar_label(drawn, [f"{cost:.1f}" for cost in costs], padding=2, fontsize=8)
        ax.set(title=f"{name}: {costs.mean():.2f} nats a word", yticks=[])
        ax.spines["left"].set_visible(False)
        ax.margins(y=0.15)
    _under_words(axes[-1], words)
    return figure


def gate_maps(words, gates: dict) -> Figure:
    """Gates at each of `words`, {name: (T, H) from 0, shut, to 1, open}: their mean, and below it each unit.

    The units stand in one order in all maps: those that the first gate opens widest are on top.
    """
    if not len(words) or not gates:
        return blank()
    gates = {name: as_array(values) for name, values in gates.items()}
    order = (-next(iter(gates.values())).mean(0)).argsort()  # (H,)
    figure, axes = new_panels(2 * len(gates), 3.1, 2.3, columns=len(gates), sharex=True, sharey="row")
    axes = axes.reshape(2, -1)
    for (mean, each), (name, values), color in zip(axes.T, gates.items(), colours_for(gates), strict=True):
        mean.plot(values.mean(1), "o-", color=color, markersize=5, linewidth=2)
        mean.set(title=name, ylim=(0, 1))
        each.imshow(values[:, order].T, "cividis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        each.set_yticks([])
        each.grid(False)
        _under_words(each, words)
    axes[0, 0].yaxis.set_major_formatter(PercentFormatter(1, 0))
    axes[0, 0].set_ylabel("open, on average")
    axes[1, 0].set_ylabel(f"each of {len(order)} units")
    return figure


def _under_words(ax, words) -> None:
    """Write `words` beneath the places 0, 1, 2, …"""
    ax.set_xticks(range(len(words)), words, rotation=45, ha="right", rotation_mode="anchor")
    ax.grid(False, axis="x")
