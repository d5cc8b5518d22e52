"""Groups to play with: slide k, walk over the map, set two ways of looking side by side."""

from functools import cache, partial
from html import escape

import ipywidgets
import numpy as np

from helpers.base.arguments import require_whole
from helpers.base.errors import UserError
from helpers.look import cluster_plots, markup, stage
from helpers.look.labels import apart
from helpers.look.style import colours_for
from helpers.sort.clustering import Clusters, cluster_captions
from helpers.sort.grouping import k_means
from helpers.sort.judging import agreement
from helpers.sort.layout import MAP_SIDE, lay_out, map_2d

# Each point is a radio button under a label: a click or an arrow key shows the card that follows it. That
# needs neither a script nor a kernel. JupyterLab must be told at every point to leave the arrow keys alone.
PLANE = '<div class="plane" role="radiogroup" aria-label="A map of captions">'
POINT = """<input type="radio" name="{it}" id="{it}-{i}" style="{place}" {checked}
data-lm-suppress-shortcuts="true" aria-label="{caption}">
<label for="{it}-{i}" title="{caption}" style="{place};background:{colour}"></label>
<figure>{picture}<p>{caption}</p><p><b>{why}</b></p></figure>"""
PLACE = "left:{:.1f}%;top:{:.1f}%"
QUICK = partial(k_means, runs=5)  # a quarter of the usual runs: a slider does not wait


def map_explorer(clusters: Clusters, images: list, n: int = 100, seed: int = 0) -> None:
    """A map of the captions: click on a point and see its picture, its caption, and why it is in its group.

    Arrow keys walk from point to point, group by group. images: (N) PIL pictures. Of more than `n`, every so
    many are shown.
    """
    require_whole(n=n)
    require_same(clusters.captions, images)
    points = lay_out(clusters.vectors, seed)  # (N, 2); equal captions lie beside each other
    chosen = np.unique(np.linspace(0, len(points) - 1, min(n, len(points))).round().astype(int))
    chosen = chosen[np.lexsort([points[chosen, 0], clusters.labels[chosen]])]
    places = points * [62, -100] / MAP_SIDE + [0, 100]  # percent of the page, from the upper left
    colours = colours_for(clusters.names).as_hex()
    page = ipywidgets.HTML()
    it, cards = f"map-{page.model_id}", ""
    for i in chosen:
        caption, why, place = escape(clusters.captions[i]), escape(clusters.why(i)), PLACE.format(*places[i])
        colour, picture = colours[clusters.labels[i]], markup.picture(images[i], clusters.captions[i], 120)
        about = {"caption": caption, "why": why, "place": place, "colour": colour, "picture": picture}
        cards += POINT.format(it=it, i=i, checked="checked" if i == chosen[0] else "", **about)
    groups = [places[clusters.labels == group] for group in range(clusters.k)]
    above = [(np.median(x), y.min() - 4) for x, y in (group.T for group in groups)]  # its highest point
    sizes = [(1.3 * len(name), 5) for name in clusters.names]  # percent, also on a narrow page
    for name, place in zip(clusters.names, apart(above, sizes, (0, 0), (66, 100)), strict=True):
        cards += f'<b style="{PLACE.format(*place)}">{escape(name)}</b>'
    page.value = markup.page(f"{PLANE}{cards}</div>")
    stage.show(page, cluster_plots.cluster_map(points, clusters.labels, clusters.names))


def require_same(captions, images) -> None:
    """UserError unless there is a picture for each caption."""
    if len(captions) != len(images):
        raise UserError(f"There are {len(captions)} captions and {len(images)} pictures: give one for each.")


def group_explorer(captions: list[str], images: list, start: int, per_group: int = 6, like=()) -> None:
    """Slide k and see the groups: on the map, and some pictures of each beside its name.

    like: names of groups whose colours are known already. A name keeps its colour, whatever k.
    """
    require_whole(start=start, per_group=per_group)
    require_same(captions, images)
    one = cluster_captions(captions, 1)
    points, space = map_2d(one.vectors), one.space

    @cache
    def grouped(k: int) -> Clusters:
        return cluster_captions(captions, k, vectors=space, method=QUICK)

    @cache
    def thumbnail(i: int) -> str:
        return markup.picture_row([images[i]], [captions[i]], 64)

    def draw(k):
        clusters, rows = grouped(k), []
        for group, name in enumerate(clusters.names):
            members = np.flatnonzero(clusters.labels == group)
            row = "".join(map(thumbnail, members[:per_group].tolist()))
            rows.append((f"{name} ({len(members)})", f'<div class="row">{row}</div>'))
        names = like or first.names
        drawn = cluster_plots.cluster_map_svg(points, clusters.labels, clusters.names, like=names)
        return drawn + markup.labelled(rows)

    most = min(20, len(captions))
    k = ipywidgets.IntSlider(min(start, most), 1, most, description="k")
    first = grouped(k.value)
    stage.explore(draw, cluster_plots.cluster_map(points, first.labels, first.names, like), k=k)


def compare_explorer(ways: dict[str, Clusters]) -> None:
    """Set two ways of grouping the same pictures side by side, and see how far they agree."""
    if not ways:
        raise UserError("compare_explorer takes ways to group: {name: what cluster_captions gave, …}.")
    maps = {name: (map_2d(some.vectors), some.labels, some.names) for name, some in ways.items()}
    names = list(ways)

    def titled(left, right) -> dict:
        ari = agreement(ways[left].labels, ways[right].labels)["ARI"]
        there = f"{right}: {ways[right].k} groups; ARI with the left {ari:.2f}"
        return {f"{left}: {ways[left].k} groups": maps[left], there: maps[right]}

    def draw(left, right):
        shown = titled(left, right).items()
        return markup.side_by_side(
            *(
                f"<h4>{escape(t)}</h4>{cluster_plots.cluster_map_svg(*one, 420, 340, maps[names[0]][2])}"
                for t, one in shown
            )
        )

    left = ipywidgets.Dropdown(options=names, value=names[0], description="left")
    right = ipywidgets.Dropdown(options=names, value=names[-1], description="right")
    stage.explore(draw, cluster_plots.cluster_maps(titled(names[0], names[-1])), left=left, right=right)
