"""Groups to look at: the half of `helpers.look.plots` that shows what `helpers.sort.clustering` found."""

from html import escape

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from scipy.cluster import hierarchy

from helpers.base.arguments import require_whole
from helpers.base.arrays import as_array
from helpers.base.errors import UserError
from helpers.look.labels import apart, spread_texts
from helpers.look.markup import svg
from helpers.look.style import BLUE, GREEN, GREY, ORANGE, blank, colours_for, new_panels


def silhouettes(values: dict[int, float], chosen: int, stabilities: dict[int, float] | None = None) -> Figure:
    """The silhouette of every number of groups k tried (higher is better), the chosen one marked.

    stabilities: as `helpers.sort.judging.stabilities` gives them; a second opinion in a panel of its own.
    """
    panels = [("mean silhouette", values, BLUE)]
    if stabilities:
        panels.append(("stability: ARI between bootstrap samples", stabilities, GREEN))
    figure, axes = new_panels(len(panels), 5.2, 2.8)
    for ax, (title, curve, color) in zip(axes, panels, strict=True):
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


def cluster_map(points, labels, names, like=()) -> Figure:
    """Points (N, 2), coloured by their group `labels` (N,), with each group's name at its centre.

    like: names of groups drawn before; who is called as one of them gets its colour.
    """
    figure, (ax,) = new_panels(1, 8, 6)
    _scatter(ax, points, labels, names, 10, like)
    spread_texts(figure)
    return figure


def cluster_maps(maps: dict[str, tuple]) -> Figure:
    """Several maps side by side, {title: (points (N, 2), labels (N,), names)}: one name, one colour."""
    figure, axes = new_panels(len(maps), 5.4, 4.6)
    for ax, (title, one) in zip(axes, maps.items(), strict=True):
        _scatter(ax, *one, 8, next(iter(maps.values()))[2])
        ax.set_title(title)
    spread_texts(figure)
    return figure


def _scatter(ax, points, labels, names, fontsize, like) -> None:
    ax.set_axis_off()
    for name, color, members in groups_of(points, labels, names, like):
        ax.scatter(*members.T, s=14, color=color, alpha=0.6, linewidths=0)
        if len(members):
            halo = [withStroke(linewidth=3.5, foreground="white")]
            x, y = np.median(members, axis=0)
            style = {"weight": "bold", "fontsize": fontsize, "path_effects": halo}
            text = ax.text(x, y, name, ha="center", va="center", parse_math=False, **style)
            text.set_in_layout(False)  # a name that sticks out must not squeeze the map to nothing
    ax.margins(0.12, 0.06)


def groups_of(points, labels, names, like=()) -> list[tuple]:
    """(name, colour, its points (n, 2)) for each group of a map."""
    points, labels = as_array(points, float).reshape(-1, 2), as_array(labels)
    if len(points) != len(labels) or (len(labels) and not 0 <= labels.min() <= labels.max() < len(names)):
        raise UserError(f"{len(points)} points, {len(labels)} labels, {len(names)} names: these don't match.")
    colours = colours_of_names(names, like)
    return [(name, colours[group], points[labels == group]) for group, name in enumerate(names)]


def colours_of_names(names, like=()) -> list[str]:
    """A colour for each name, no two alike: one that is in `like`, drawn before, keeps what it has there."""
    if len(names) > 20:
        return colours_for(names).as_hex()
    kept = dict(zip(like, colours_for(like).as_hex(), strict=True))
    free = [c for c in colours_for(range(20)).as_hex() if c not in {kept.get(name) for name in names}]
    return [kept[name] if name in kept else free.pop(0) for name in names]


def cluster_map_svg(points, labels, names, width: int = 560, height: int = 400, like=()) -> str:
    """`cluster_map` as SVG, quick enough to follow a slider."""
    points = as_array(points, float).reshape(-1, 2)
    low, high = (points.min(0), points.max(0)) if len(points) else (0, 0)
    places = (points - low) / np.maximum(high - low, 1e-9) * [width - 120, 40 - height] + [60, height - 20]
    groups = groups_of(places, labels, names, like)
    dots, tags = "", ""
    for _, colour, members in groups:
        circles = "".join(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4"/>' for x, y in members)
        dots += f'<g fill="{colour}" stroke="#fff" stroke-opacity=".6">{circles}</g>'  # seen on dark ground
    middles = [np.median(members, axis=0) if len(members) else (0, 0) for *_, members in groups]
    sizes = [(7.8 * len(name), 16) for name in names]  # bold letters of 13 pixels
    for name, (x, y) in zip(names, apart(middles, sizes, (0, 0), (width, height)), strict=True):
        tags += f'<text class="name" x="{x:.0f}" y="{y:.0f}">{escape(name)}</text>'
    return svg(width, height, f"A map of {len(names)} groups: {', '.join(names)}", dots + tags)


def dendrogram(merges, k: int, name_of) -> Figure:
    """The last merges of a tree (`helpers.sort.grouping.merge_tree`), from `k` groups up to one.

    name_of: what to write at a group, given the index of one of its members.
    """
    require_whole(k=k)
    k = min(max(k, 2), len(merges) + 1)  # one group has no tree, and there are no more than N
    figure, (ax,) = new_panels(1, 6.5, 0.8 + 0.28 * k)
    members = hierarchy.to_tree(merges, rd=True)[1]
    shown = {"p": k, "truncate_mode": "lastp", "orientation": "left", "leaf_font_size": 9}
    shown["leaf_label_func"] = lambda node: name_of(members[node].pre_order()[0])
    hierarchy.dendrogram(merges, ax=ax, link_color_func=lambda node: GREY, **shown)
    ax.set(xlabel="how far apart two groups were when they became one")
    ax.grid(False, axis="y")
    return figure


def judged(rows: dict[str, dict[str, tuple[float, float]]], title: str = "") -> Figure:
    """A table of (mean, spread): {"TF-IDF": {"k-means": (0.98, 0.01), …}, …}; darker is better."""
    if not any(rows.values()):
        return blank()
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    values = np.array([[row.get(column, (np.nan, 0))[0] for column in columns] for row in rows.values()])
    marks = [[_mean_and_spread(row.get(column)) for column in columns] for row in rows.values()]
    figure, (ax,) = new_panels(1, 2.6 + 1.25 * len(columns), 0.9 + 0.34 * len(rows))
    _table(ax, values, marks, columns, list(rows), mask=np.isnan(values), vmin=0, vmax=1)
    ax.set_title(title)
    ax.xaxis.tick_top()
    return figure


def _table(ax, values, marks, columns, rows, **options) -> None:
    look = {"fmt": "", "cmap": "Blues", "cbar": False, "linewidths": 1.5} | options
    sns.heatmap(values, annot=marks, ax=ax, xticklabels=columns, yticklabels=rows, **look)
    ax.tick_params(length=0)
    ax.tick_params(axis="y", rotation=0)


def _mean_and_spread(value) -> str:
    return "" if value is None else f"{value[0]:.3f} ± {value[1]:.3f}"


def confusion(labels, truth, names, xlabel: str = "true place") -> Figure:
    """How many pictures of each true place (columns) fell into each group (rows; `labels` index `names`).

    xlabel: what the columns are, where they are something else, such as the groups by another method.
    """
    if not len(labels) or len(labels) != len(truth) or None in [*truth]:
        raise UserError(f"{len(labels)} labels, {len(truth)} true places: give one for each, and none None.")
    if not 0 <= min(labels) <= max(labels) < len(names):
        raise UserError(f"There are {len(names)} names: labels go from 0 to {len(names) - 1}.")
    places = sorted(set(truth))
    table = np.zeros((len(names), len(places)), dtype=int)
    np.add.at(table, (as_array(labels), [places.index(place) for place in truth]), 1)
    rows = sorted(range(len(names)), key=lambda row: (table[row].argmax(), -table[row].max()))  # a diagonal
    table, names = table[rows], [names[row] for row in rows]
    figure, (ax,) = new_panels(1, 2.6 + 0.55 * len(places), 1.4 + 0.36 * len(names))
    _table(ax, table, np.where(table > 0, table.astype(str), ""), places, names)
    ax.set(xlabel=xlabel, ylabel="group")
    ax.tick_params(axis="x", rotation=35)
    return figure
