import matplotlib as mpl
import pytest

from helpers.style import colours_for, new_figure, new_sheet, shade, tint, use_style


def test_style_is_ours_after_use_style():
    use_style()
    assert mpl.rcParams["figure.dpi"] == 90
    assert not mpl.rcParams["axes.spines.top"]


def test_figures_have_the_size_asked_for():
    assert tuple(new_figure(4, 3).get_size_inches()) == (4, 3)
    sheet, ax = new_sheet(5, 2)
    assert tuple(sheet.get_size_inches()) == (5, 2)
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 5), (0, 2))


@pytest.mark.parametrize("n", [1, 10, 11, 25])
def test_there_are_colours_for_any_number_of_groups(n):
    assert len({tuple(color) for color in colours_for(range(n))}) == n


def test_tint_and_shade_go_to_white_and_black():
    assert tint("#804020", 0) == (1, 1, 1)
    assert shade("#804020", 0) == (0, 0, 0)
    assert tint("#804020", 1) == shade("#804020", 1)
