from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
import seaborn as sns

from helpers.look.style import colours_for, new_figure, new_sheet, shade, tint, use_style


def test_style_is_ours_after_use_style():
    use_style()
    assert mpl.rcParams["figure.dpi"] == 90
    assert not mpl.rcParams["axes.spines.top"]


def test_figures_have_the_size_asked_for():
    assert tuple(new_figure(4, 3).get_size_inches()) == (4, 3)
    sheet, ax = new_sheet(5, 2)
    assert tuple(sheet.get_size_inches()) == (5, 2)
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 5), (0, 2))


@pytest.mark.parametrize("n", [1, 10, 11, 20, 25])
def test_there_are_colours_for_any_number_of_groups(n):
    assert len({tuple(color) for color in colours_for(range(n))}) == n


# What people without red or green cones see, in linear light (Machado et al. 2009, severity 1).
BLIND = {
    "red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def smallest_difference(colours, blind) -> float:
    """Between any two of the colours, in CIELAB, to someone who is colour-blind."""
    seen = np.clip(np.array(colours) ** 2.2 @ np.array(BLIND[blind]).T, 0, 1)
    x, y, z = np.cbrt(seen @ XYZ.T / [0.9505, 1, 1.0888]).T
    lab = np.stack([116 * y, 500 * (x - y), 200 * (y - z)], axis=1)
    return min(np.linalg.norm(a - b) for a, b in combinations(lab, 2))


@pytest.mark.parametrize("blind", BLIND)
def test_colour_blind_people_tell_the_twelve_places_apart(blind):
    ours = smallest_difference(colours_for(range(12)), blind)
    assert ours > 3 * smallest_difference(sns.color_palette("husl", 12), blind)
    assert ours == smallest_difference(sns.color_palette("colorblind"), blind)  # no worse than the ten alone


def test_tint_and_shade_go_to_white_and_black():
    assert tint("#804020", 0) == (1, 1, 1)
    assert shade("#804020", 0) == (0, 0, 0)
    assert tint("#804020", 1) == shade("#804020", 1)
