"""The explorers of groups without a browser; `test_explorers_browser.py` has the clicks."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from helpers.base.errors import UserError
from helpers.look import explorers
from helpers.sort.clustering import cluster_captions, cluster_vectors

CAPTIONS = [
    "a dog on grass",
    "a dog runs on grass",
    "a boat at sea",
    "boats on the sea",
    "a red bus",
    'the <b>"bus"</b> & more',
]
IMAGES = [Image.new("RGB", (8, 6))] * 6


def circles(page: str) -> list:
    return sorted(re.findall(r'<circle cx="(\d+)" cy="(\d+)"', page))


def test_map_and_contact_sheets_follow_k(shown):
    explorers.group_explorer(CAPTIONS, IMAGES, start=2)
    slider, area = shown[0].children
    assert slider.max == 6 and isinstance(shown.figures[0], Figure)
    two = area.value
    slider.value = 3
    for page, k in ((two, 2), (area.value, 3)):
        assert page.count('class="name"') == page.count('scope="row"') == k
        assert page.count("<img") == 6
    assert circles(two) == circles(area.value) and len(circles(two)) == 6  # the points stay
    slider.value = 2
    assert area.value == two


def test_every_point_has_a_card_with_picture_caption_and_reason(shown):
    clusters = cluster_captions(CAPTIONS, 3)
    explorers.map_explorer(clusters, IMAGES)
    page = shown[0].value
    assert isinstance(shown.figures[0], Figure)
    assert page.count('type="radio"') == page.count("<figure>") == 6
    assert page.count(" checked\n") == 1
    assert all(f">{name}</b>" in page for name in clusters.names)
    assert "it says dog" in page and "<b>&quot;" not in page
    assert "the &lt;b&gt;&quot;bus&quot;&lt;/b&gt; &amp; more" in page
    assert all(0 <= float(x) <= 100 for x in re.findall(r"(?:left|top):([\d.]+)%\"? ", page))


def test_points_of_a_group_follow_each_other(shown):
    clusters = cluster_captions(CAPTIONS, 3)
    explorers.map_explorer(clusters, IMAGES)
    order = [int(i) for i in re.findall(r'id="map-\w+-(\d+)"', shown[0].value)]
    groups = [clusters.labels[i] for i in order]
    assert sorted(order) == list(range(6)) and groups == sorted(groups)


def test_of_many_points_some_are_shown(shown):
    explorers.map_explorer(cluster_captions(CAPTIONS * 20, 3), IMAGES * 20, n=30)
    assert shown[0].value.count("<figure>") == 30


def test_two_ways_stand_side_by_side(shown):
    ways = {"words": cluster_captions(CAPTIONS, 3), "pixels": cluster_vectors(np.eye(6), 2)}
    explorers.compare_explorer(ways)
    _, right, area = shown[0].children
    assert "words: 3 groups" in area.value and area.value.count("<svg") == 2
    ari = float(re.search(r"pixels: 2 groups; ARI with the left (-?[\d.]+)", area.value)[1])
    right.value = "words"
    assert ari < 1 and "words: 3 groups; ARI with the left 1.00" in area.value


@pytest.mark.parametrize("k", [1, 6])
def test_one_group_and_as_many_as_captions(shown, k):
    explorers.group_explorer(CAPTIONS, IMAGES, start=k)
    groups = cluster_captions(CAPTIONS, k).k  # captions with the same words share one
    assert shown[0].children[1].value.count('class="name"') == groups


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_captions_can_be_explored(n, shown):
    clusters = cluster_captions(CAPTIONS[:n])
    explorers.map_explorer(clusters, IMAGES[:n])
    explorers.group_explorer(CAPTIONS[:n], IMAGES[:n], start=9)
    explorers.compare_explorer({"one way": clusters})
    assert len(shown) == 3


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda some: explorers.map_explorer(some, IMAGES[:2]), "6 captions and 2 pictures"),
        (lambda some: explorers.map_explorer(some, IMAGES, 0), "n is 0"),
        (lambda some: explorers.group_explorer(CAPTIONS, IMAGES[:2], 3), "6 captions and 2 pictures"),
        (lambda some: explorers.group_explorer([], [], 3), "give at least one"),
        (lambda some: explorers.group_explorer(CAPTIONS, IMAGES, 0), "start is 0"),
        (lambda some: explorers.compare_explorer({}), "ways to group"),
    ],
)
def test_what_cannot_be_explored_is_named(call, word, shown):
    with pytest.raises(UserError, match=word):
        call(cluster_captions(CAPTIONS))
