"""Groups to look at: the half of `helpers.look.plots` that shows what `helpers.sort.clustering` found."""

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from scipy.cluster import hierarchy

from helpers.look.style import BLUE, GREEN, GREY, ORANGE, colours_for, new_figure


def silhouettes(values: dict[int, float], chosen: int, stabilities: dict[int, float] | None = None) -> Figure:
    """The silhouette of every number of groups k tried (higher is better), the chosen one marked.

    stabilities: as `helpers.sort.judging.stabilities` gives them; a second opinion in a panel of its own.
    """
    panels = [("mean silhouette", values, BLUE)]
    if stabilities:
        panels.append(("stability: ARI between bootstrap samples", stabilities, GREEN))
    figure = new_figure(5.2 * len(panels), 2.8)
    for ax, (title, curve, color) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        if not curve:
            ax.set_title(f"k = {chosen}: too few different captions to compare numbers of groups")
            continue
        ax.plot(*zip(*sorted(curve.items()), strict=True), "o-", color=color, linewidth=2)
        if chosen in curve:
            at = (chosen, curve[chosen])
            ax.plot(*at, "o", color=ORANGE, markersize=12)
            ax.annotate(f"k = {chosen}", at, (0, 10), textcoords="offset points", ha="center")
        ax.set(xlabel="number of groups k", title=title)
        ax.margins(y=0.2)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def cluster_map(points, labels, names) -> Figure:
    """Points (N, 2), coloured by their group `labels` (N,), with each group's name at its centre."""
    figure = new_figure(8, 6)
    _scatter(figure.subplots(), points, labels, names, 10)
    return figure


def cluster_maps(maps: dict[str, tuple]) -> Figure:
    """Several maps side by side: {title: (points (N, 2), labels (N,), names)}."""
    figure = new_figure(5.4 * len(maps), 4.6)
    for ax, (title, one) in zip(figure.subplots(1, len(maps), squeeze=False)[0], maps.items(), strict=True):
        _scatter(ax, *one, 8)
        ax.set_title(title)
    return figure


def _scatter(ax, points, labels, names, fontsize) -> None:
    points, labels = np.asarray(points), np.asarray(labels)
    ax.set_axis_off()
    for group, (name, color) in enumerate(zip(names, colours_for(names), strict=True)):
        members = points[labels == group]
        ax.scatter(*members.T, s=14, color=color, alpha=0.6, linewidths=0)
        if len(members):
            halo = [withStroke(linewidth=3.5, foreground="white")]
            x, y = np.median(members, axis=0)
            style = {"weight": "bold", "fontsize": fontsize, "path_effects": halo}
            text = ax.text(x, y, name, ha="center", va="center", parse_math=False, **style)
            text.set_in_layout(False)  # a name that sticks out must not squeeze the map to nothing
    ax.margins(0.12, 0.06)


def dendrogram(merges, k: int, name_of) -> Figure:
    """The last merges of a tree (`helpers.sort.grouping.tree`), from `k` groups up to one.

    name_of: what to write at a group, given the index of one of its members.
    """
    figure = new_figure(6.5, 0.8 + 0.28 * k)
    ax = figure.subplots()
    members = hierarchy.to_tree(merges, rd=True)[1]
    hierarchy.dendrogram(
        merges,
        p=k,
        truncate_mode="lastp",
        orientation="left",
        ax=ax,
        leaf_label_func=lambda node: name_of(members[node].pre_order()[0]),
        link_color_func=lambda node: GREY,
        leaf_font_size=9,
    )
    ax.set(xlabel="how far apart two groups were when they became one")
    ax.grid(False, axis="y")
    return figure


def judged(rows: dict[str, dict[str, tuple[float, float]]], title: str = "") -> Figure:
    """A table of (mean, spread): {"TF-IDF": {"k-means": (0.98, 0.01), …}, …}; darker is better."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    values = np.array([[row.get(column, (np.nan, 0))[0] for column in columns] for row in rows.values()])
    marks = [[_mean_and_spread(row.get(column)) for column in columns] for row in rows.values()]
    figure = new_figure(2.6 + 1.25 * len(columns), 0.9 + 0.34 * len(rows))
    ax = figure.subplots()
    look = {"cmap": "Blues", "cbar": False, "linewidths": 1.5, "vmin": 0, "vmax": 1}
    names = {"xticklabels": columns, "yticklabels": list(rows)}
    sns.heatmap(values, annot=marks, fmt="", ax=ax, mask=np.isnan(values), **look, **names)
    ax.set_title(title)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.tick_params(axis="y", rotation=0)
    return figure


def _mean_and_spread(value) -> str:
    return "" if value is None else f"{value[0]:.2f} ± {value[1]:.2f}"


def confusion(labels, truth, names) -> Figure:
    """How many pictures of each true place (columns) fell into each group (rows; `labels` index `names`)."""
    places = sorted(set(truth))
    table = np.zeros((len(names), len(places)), dtype=int)
    np.add.at(table, (np.asarray(labels), [places.index(place) for place in truth]), 1)
    rows = sorted(
        range(len(names)), key=lambda row: (table[row].argmax(), -table[row].max())
    )  # towards a diagonal
    figure = new_figure(2.6 + 0.55 * len(places), 1.4 + 0.36 * len(names))
    ax = figure.subplots()
    marks = np.where(table[rows] > 0, table[rows].astype(str), "")
    row_names = [names[row] for row in rows]
    sns.heatmap(
        table[rows],
        annot=marks,
        fmt="",
        cmap="Blues",
        cbar=False,
        linewidths=1.5,
        ax=ax,
        xticklabels=places,
        yticklabels=row_names,
    )
    ax.set(xlabel="true place", ylabel="group")
    ax.tick_params(axis="x", rotation=35, length=0)
    ax.tick_params(axis="y", rotation=0, length=0)
    return figure
