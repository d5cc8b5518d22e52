import io
import re

import pytest

from helpers.look.trees import beam_tree, beam_tree_svg

pytestmark = pytest.mark.filterwarnings("error")
STEPS = [
    [(["a"], -0.5), (["two"], -1.0), (["the"], -2.0)],
    [(["two", "dogs"], -1.2), (["a", "cat"], -1.5), (["a", "<b>"], -1.4)],
]


def drawn(winner):
    """The one panel, drawn for real: layout and glyph warnings (errors here) only appear then."""
    figure = beam_tree(STEPS, winner)
    figure.savefig(io.BytesIO(), dpi=30)
    return figure.axes[0]


@pytest.mark.parametrize("winner", [["two", "dogs"], ["a", "cat"]])
def test_the_winner_is_set_off(winner):
    ax = drawn(winner)
    assert [text.get_text() for text in ax.texts if text.get_weight() == "bold"] == ["START", *winner]
    assert "-1.40" in [text.get_text() for text in ax.texts]
    page = beam_tree_svg(STEPS, winner)
    assert re.findall(r'<text class="won"[^>]*>(\w+)<', page) == ["START", *winner]
    assert ">-1.40<" in page and ">&lt;b&gt;<" in page and page.count('<path class="won"') == 2


def test_lines_do_not_cross():
    last = [(line.get_ydata()[0], line.get_ydata()[-1]) for line in drawn(["a"]).lines[3:]]
    curves = re.findall(r'd="M\d+ (\d+)C[\d ]+ (\d+)"', beam_tree_svg(STEPS, ["a"]))[3:]
    for ends in (last, [tuple(map(int, curve)) for curve in curves]):
        assert len(ends) == 3 and sorted(ends) == sorted(ends, key=lambda pair: pair[1])


def test_a_search_that_said_nothing_is_drawn():
    for steps, winner in (([], []), ([[]], []), ([[(["a"], -1.0)]], ["a"])):
        beam_tree(steps, winner)
        assert beam_tree_svg(steps, winner).startswith("<svg")
