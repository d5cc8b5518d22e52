import io
import re

import numpy as np
import pytest

from helpers.base.errors import UserError
from helpers.look import cluster_plots
from helpers.sort.grouping import agglomerative, merge_tree

pytestmark = pytest.mark.filterwarnings("error")


def rendered(figure):
    """Draw for real: layout and glyph warnings (errors here) only appear then."""
    figure.savefig(io.BytesIO(), dpi=30)
    return figure


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_without_silhouettes_the_reason_is_said():
    (ax,) = rendered(cluster_plots.silhouettes({}, chosen=1)).axes
    assert "too few different captions" in ax.get_title(loc="left")


def test_silhouettes_mark_the_chosen_k():
    (ax,) = rendered(cluster_plots.silhouettes({3: 0.2, 2: 0.1, 4: 0.15}, chosen=3)).axes
    assert list(ax.lines[0].get_xdata()) == [2, 3, 4]
    assert texts(ax) == ["k = 3"]


@pytest.mark.parametrize("k", [1, 3, 14])
def test_cluster_map_names_each_group_at_its_centre(k):
    labels = np.arange(60) % k
    points = np.stack([labels * 10.0, labels * -5.0], 1)
    (ax,) = rendered(cluster_plots.cluster_map(points, labels, [f"group {i}" for i in range(k)])).axes
    assert [text.get_position() for text in ax.texts] == [(10.0 * i, -5.0 * i) for i in range(k)]


def test_a_group_keeps_its_colour_wherever_it_comes():
    first = cluster_plots.colours_of_names(["park", "sea", "farm"])
    other = cluster_plots.colours_of_names(["farm", "street", "park"], ["park", "sea", "farm"])
    assert other[2] == first[0] and other[0] == first[2] and len({*other}) == 3
    many = [str(i) for i in range(20)]
    assert len({*cluster_plots.colours_of_names(many[::-1], many[:11])}) == 20


def test_the_map_in_svg_has_the_same_groups_in_its_frame():
    points, labels = np.array([[0, 0], [2, 1], [9, 5.0]]), [0, 0, 1]
    page = cluster_plots.cluster_map_svg(points, labels, ["<a>", "b"], 400, 300)
    circles = re.findall(r'<circle cx="(\d+)" cy="(\d+)"', page)
    assert circles[0] == ("60", "280") and circles[2] == ("340", "20"), "upwards is less in SVG"
    assert page.count("<g ") == 2 and ">&lt;a&gt;</text>" in page and 'x="340" y="20">b<' in page


def test_long_names_at_the_edge_do_not_squeeze_a_map_to_nothing():
    names = ["Bathroom and sink", "Kitchen and sink", "Table"]
    points = np.array([[-0.458, -0.349], [-0.434, 0.276], [0.923, -0.051]])
    (ax,) = rendered(cluster_plots.cluster_map(points, [0, 1, 2], names)).axes
    assert ax.get_position().width > 0.8


def test_confusion_counts_and_puts_the_rows_in_the_order_of_the_places():
    (ax,) = rendered(
        cluster_plots.confusion([0, 0, 1, 1, 1], ["street", "street", "beach", "beach", "street"], ["S", "B"])
    ).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["B", "S"]
    assert texts(ax) == ["2", "1", "", "2"] and ax.get_xlabel() == "true place"


def test_confusion_says_what_its_columns_are():
    (ax,) = cluster_plots.confusion([0, 1], [1, 0], ["S", "B"], xlabel="groups by features").axes
    assert ax.get_xlabel() == "groups by features"


def test_a_second_opinion_stands_beside_the_silhouettes():
    left, right = rendered(cluster_plots.silhouettes({2: 0.1, 3: 0.2}, 3, {3: 0.9, 8: 0.5})).axes
    assert list(right.lines[0].get_ydata()) == [0.9, 0.5] and texts(left) == texts(right) == ["k = 3"]
    assert texts(rendered(cluster_plots.silhouettes({2: 0.1, 3: 0.2}, 3, {2: 0.9})).axes[1]) == []


def test_maps_stand_side_by_side():
    one = (np.zeros((3, 2)), [0, 0, 0], ["$all"])
    other = (np.eye(3, 2), [0, 1, 2], ["a", "b", "c"])
    left, right = rendered(cluster_plots.cluster_maps({"words": one, "pixels": other})).axes
    assert texts(left) == ["$all"] and texts(right) == ["a", "b", "c"]
    assert right.get_title(loc="left") == "pixels"


def test_a_dendrogram_names_the_groups_that_merge():
    vectors = np.repeat([[0.0, 0], [0, 1], [9, 0]], 4, axis=0) + np.random.default_rng(0).normal(
        0, 0.01, (12, 2)
    )
    labels, _ = agglomerative(vectors, 3)
    names = {labels[0]: "near", labels[4]: "next", labels[8]: "far"}
    (ax,) = rendered(cluster_plots.dendrogram(merge_tree(vectors), 3, lambda i: names[labels[i]])).axes
    assert sorted(label.get_text() for label in ax.get_yticklabels()) == ["far", "near", "next"]
    assert len(ax.collections[0].get_paths()) == 2  # two merges make one of three


def test_a_table_shows_means_and_spreads_and_may_have_gaps():
    rows = {"TF-IDF": {"k-means": (0.98, 0.012), "trees": (0.5, 0)}, "pixels": {"k-means": (0.9, 0)}}
    (ax,) = rendered(cluster_plots.judged(rows, "ARI")).axes
    assert [text for text in texts(ax) if text] == ["0.980 ± 0.012", "0.500 ± 0.000", "0.900 ± 0.000"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["TF-IDF", "pixels"]


def test_none_and_one_can_be_drawn():
    merges = merge_tree(np.eye(2))
    for figure in (
        cluster_plots.silhouettes({}, 1),
        cluster_plots.silhouettes({2: 0.1}, 2, {}),
        cluster_plots.cluster_map([], [], []),
        cluster_plots.cluster_map([[0, 0]], [0], ["a"]),
        cluster_plots.cluster_maps({}),
        cluster_plots.judged({}),
        cluster_plots.judged({"TF-IDF": {}}),
        cluster_plots.confusion([0], ["beach"], ["Sand"]),
        *(cluster_plots.dendrogram(merges, k, str) for k in (1, 2, np.int64(9))),
    ):
        rendered(figure)
    assert cluster_plots.cluster_map_svg([], [], []).startswith("<svg")
    assert "Sand" in cluster_plots.cluster_map_svg([[0, 0]], [0], ["Sand"])


@pytest.mark.parametrize(
    ("draw", "word"),
    [
        (lambda: cluster_plots.cluster_map([[0, 0]], [1], ["a"]), "don't match"),
        (lambda: cluster_plots.cluster_map([[0, 0]], [0, 0], ["a"]), "don't match"),
        (lambda: cluster_plots.dendrogram(merge_tree(np.eye(3)), 0, str), "k is 0"),
        (lambda: cluster_plots.confusion([], [], []), "0 labels"),
        (lambda: cluster_plots.confusion([0], [None], ["a"]), "none None"),
        (lambda: cluster_plots.confusion([2], ["x"], ["a"]), "labels go from 0 to 0"),
    ],
)
def test_what_does_not_belong_together_is_named(draw, word):
    with pytest.raises(UserError, match=word):
        draw()
