"""The explorers of groups without a browser; `test_explorers_browser.py` has the clicks."""

import re

import ipywidgets
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from helpers import explorers, widgets
from helpers.clustering import cluster_captions, cluster_vectors

CAPTIONS = [
    "a dog on grass",
    "a dog runs on grass",
    "a boat at sea",
    "boats on the sea",
    "a red bus",
    'the <b>"bus"</b> & more',
]
IMAGES = [Image.new("RGB", (8, 6))] * 6


@pytest.fixture
def shown(monkeypatch):
    """The controls and stand-ins that `show` got, and what was drawn beneath, in order."""
    drawn, controls = [], []

    def view_of(result):
        drawn.append(result)
        return ipywidgets.HTML()

    monkeypatch.setattr(widgets, "view_of", view_of)
    for module in (widgets, explorers):
        monkeypatch.setattr(module, "show", lambda control, figure=None: controls.append((control, figure)))
    return drawn, controls


def test_map_and_contact_sheets_follow_k(shown):
    explorers.group_explorer(CAPTIONS, IMAGES, start=2)
    box, stand_in = shown[1][0]
    slider = box.children[0]
    assert slider.max == 6 and isinstance(stand_in, Figure)
    slider.value = 3
    maps, sheets = zip(*shown[0], strict=True)
    assert [len(figure.axes[0].texts) for figure in maps] == [2, 3]
    assert [sum("(" in text.get_text() for ax in s.axes for text in ax.texts) for s in sheets] == [2, 3]
    points = [np.vstack([dots.get_offsets() for dots in figure.axes[0].collections]) for figure in maps]
    np.testing.assert_array_equal(np.sort(points[0], 0), np.sort(points[1], 0))  # the points stay


def test_every_point_has_a_card_with_picture_caption_and_reason(shown):
    clusters = cluster_captions(CAPTIONS, 3)
    explorers.map_explorer(clusters, IMAGES)
    page, stand_in = shown[1][0]
    assert isinstance(stand_in, Figure)
    assert page.value.count('type="radio"') == page.value.count("<figure>") == 6
    assert page.value.count(" checked\n") == 1
    assert "it says dog" in page.value and "<b>&quot;" not in page.value
    assert "the &lt;b&gt;&quot;bus&quot;&lt;/b&gt; &amp; more" in page.value
    assert all(0 <= float(x) <= 100 for x in re.findall(r"(?:left|top):([\d.]+)%\"? ", page.value))


def test_of_many_points_some_are_shown(shown):
    explorers.map_explorer(cluster_captions(CAPTIONS * 20, 3), IMAGES * 20, n=30)
    assert shown[1][0][0].value.count("<figure>") == 30


def test_two_ways_stand_side_by_side(shown):
    ways = {"words": cluster_captions(CAPTIONS, 3), "pixels": cluster_vectors(np.eye(6), 2)}
    explorers.compare_explorer(ways)
    _, right = shown[1][0][0].children[:2]
    right.value = "words"
    titles = [[ax.get_title(loc="left") for ax in figure.axes] for figure in shown[0]]
    assert titles[0][0] == "words: 3 groups" and titles[0][1].startswith(
        "pixels: 2 groups; ARI with the left"
    )
    assert titles[1][1].endswith("1.00")
