import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.look.cluster_plots import cluster_map, cluster_maps
from helpers.look.labels import apart


def overlaps(centres, sizes):
    pairs = [(i, j) for i in range(len(centres)) for j in range(i)]
    return [p for p in pairs if (np.abs(np.subtract(*centres[[*p]])) < sizes[[*p]].mean(0) - 1e-3).all()]


@settings(max_examples=50, deadline=None)
@example(8 * [(0.0, 0.0)])
@example(8 * [(100.0, 100.0)])
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=8))
def test_labels_are_moved_apart_and_into_the_frame(points):
    sizes = np.tile([30.0, 4.0], (len(points), 1))
    moved = apart(points, sizes, (0, 0), (100, 100))
    assert not overlaps(moved, sizes)
    assert (moved - sizes / 2 >= -1e-6).all() and (moved + sizes / 2 <= 100 + 1e-6).all()


def test_labels_that_have_room_stay_where_they_are():
    points = np.array([[20.0, 20], [20, 40], [70, 40]])
    np.testing.assert_array_equal(apart(points, np.full((3, 2), 10.0), (0, 0), (100, 100)), points)
    assert apart(np.zeros((0, 2)), np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("side", [1, 2])
def test_names_of_a_map_do_not_overlap_and_are_not_cut_off(side):
    names = ["A rather long name of a group", "Another name that is long", "Short", "A fourth one, also long"]
    one = (np.array([[0, 0], [0.1, 0.01], [0.12, 0.02], [9, 0.02]]), np.arange(4), names)
    figure = cluster_map(*one) if side == 1 else cluster_maps({"left": one, "right": one})
    figure.draw_without_rendering()
    for ax in figure.axes:
        boxes = np.array([text.get_window_extent().get_points() for text in ax.texts])
        assert not overlaps(boxes.mean(1), boxes[:, 1] - boxes[:, 0] - 1)
        assert boxes[..., 0].min() >= -1 and boxes[..., 0].max() <= figure.bbox.width + 1
