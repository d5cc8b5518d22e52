"""Groups to play with: slide k, click on a point, set two ways of looking side by side."""

import io
from base64 import b64encode
from html import escape
from string import Template

import ipywidgets
import numpy as np
from PIL import Image, ImageOps

from helpers import cluster_plots, galleries
from helpers.clustering import Clusters, cluster_captions, map_2d
from helpers.gallery_page import SIDE, lay_out
from helpers.judging import agreement
from helpers.style import colours_for
from helpers.widgets import explore, show

# Each point is a radio button under a label: a click shows the card that follows it. That needs neither a
# script nor a kernel.
PAGE = Template("""<style>
.$it { position: relative; max-width: 860px; height: 440px; font: 14px/1.35 sans-serif; color: #24303b; }
.$it .plane { position: absolute; left: 0; top: 0; width: 62%; height: 100%; }
.$it input { position: absolute; opacity: 0; pointer-events: none; }
.$it label { position: absolute; width: 9px; height: 9px; margin: -4.5px; border-radius: 50%; opacity: .75;
  cursor: pointer; }
.$it label:hover { opacity: 1; outline: 2px solid #24303b; }
.$it input:focus-visible + label { outline: 2px solid #24303b; }
.$it input:checked + label { opacity: 1; outline: 3px solid #24303b; z-index: 2; }
.$it figure { display: none; position: absolute; left: 106%; top: 0; width: 55%; margin: 0; }
.$it input:checked + label + figure { display: block; }
.$it figure img { width: 100%; max-height: 300px; object-fit: contain; object-position: left; }
</style><div class="$it"><div class="plane">$points</div></div>""")
POINT = Template("""<input type="radio" name="$it" id="$it-$i" style="left:$x%;top:$y%" $checked
aria-label="$caption"><label for="$it-$i" title="$caption" style="left:$x%;top:$y%;background:$color"></label>
<figure><img src="data:image/webp;base64,$picture" alt="$caption">
<p>$caption</p><p><b>$why</b></p></figure>""")


def map_explorer(clusters: Clusters, images: list, n: int = 100, seed: int = 0) -> None:
    """A map of the captions: click on a point and see its picture, its caption, and why it is in its group.

    images: (N) PIL pictures. Of more than `n`, every so many are shown.
    """
    points = lay_out(clusters.vectors, seed)  # (N, 2); equal captions lie beside each other
    chosen = np.unique(np.linspace(0, len(points) - 1, min(n, len(points))).round().astype(int))
    places = 100 * points / SIDE  # percent
    colours = colours_for(clusters.names).as_hex()
    page = ipywidgets.HTML()
    it = f"map-{page.model_id}"
    cards = [
        POINT.substitute(
            it=it,
            i=i,
            x=f"{places[i][0]:.1f}",
            y=f"{100 - places[i][1]:.1f}",
            color=colours[clusters.labels[i]],
            caption=escape(clusters.captions[i]),
            why=escape(clusters.why(i)),
            picture=_thumbnail(images[i]),
            checked="checked" if i == chosen[0] else "",
        )
        for i in chosen
    ]
    page.value = PAGE.substitute(it=it, points="".join(cards))
    show(page, cluster_plots.cluster_map(points, clusters.labels, clusters.names))


def _thumbnail(image, side: int = 120) -> str:
    small, kept = ImageOps.contain(image.convert("RGB"), (side, side), Image.Resampling.LANCZOS), io.BytesIO()
    small.save(kept, "WEBP", quality=50)
    return b64encode(kept.getvalue()).decode()


def group_explorer(captions: list[str], images: list, start: int, per_group: int = 6) -> None:
    """Slide k and see the groups: on the map, and some pictures of each beside its name."""
    points = map_2d(cluster_captions(captions, 1).vectors)

    def draw(k):
        clusters = cluster_captions(captions, k)
        rows = {}
        for group, name in enumerate(clusters.names):
            members = np.flatnonzero(clusters.labels == group)
            rows[f"{name} ({len(members)})"] = [images[i] for i in members[:per_group]]
        return cluster_plots.cluster_map(points, clusters.labels, clusters.names), galleries.contact_sheet(
            rows
        )

    most = min(20, len(captions))
    explore(draw, k=ipywidgets.IntSlider(min(start, most), 1, most, description="k", continuous_update=False))


def compare_explorer(ways: dict[str, Clusters]) -> None:
    """Set two ways of grouping the same pictures side by side, and see how far they agree."""
    maps = {name: (map_2d(some.vectors), some.labels, some.names) for name, some in ways.items()}
    names = list(ways)

    def draw(left, right):
        ari = agreement(ways[left].labels, ways[right].labels)["ARI"]
        shown = {f"{left}: {ways[left].k} groups": maps[left]}
        shown[f"{right}: {ways[right].k} groups; ARI with the left {ari:.2f}"] = maps[right]
        return cluster_plots.cluster_maps(shown)

    left = ipywidgets.Dropdown(options=names, value=names[0], description="left")
    right = ipywidgets.Dropdown(options=names, value=names[-1], description="right")
    explore(draw, left=left, right=right)
