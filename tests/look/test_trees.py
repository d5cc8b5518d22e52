import io
import random
import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

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


def some_steps(chance, width=4, length=6):
    """Beams as a search may find them: each follows one of the step before; words are short or long."""
    beams, steps = [[]], []
    for _ in range(length):
        words = ("a", "is", "horse", "skateboarding")
        beams = chance.sample([[*beam, word] for beam in beams for word in words], width)
        steps.append([(beam, -chance.random()) for beam in beams])
    return steps, chance.choice(beams)


def ways_on_the_figure(figure):
    """The places (x, y) of each line, and of each word its left and right end and its middle: inches."""
    ax, canvas = figure.axes[0], FigureCanvasAgg(figure)
    canvas.draw()
    to_inches, words = ax.transData.inverted(), []
    for text in ax.texts:
        if text.get_fontsize() > 8:
            box = to_inches.transform(text.get_window_extent(canvas.get_renderer()))
            words.append((*box[:, 0], text.get_position()[1]))
    return [line.get_xydata() for line in ax.lines], words


def ways_on_the_page(page):
    """The same, of SVG, in hundreds of pixels."""
    ways = []
    for numbers in re.findall(r'd="M(\S+) (\S+)H(\S+)C(\S+) \S+ \S+ (\S+) (\S+) (\S+)"', page):
        left, above, start, middle, below, end, last = map(float, numbers)
        assert below == last
        t = np.linspace(0, 1, 30)
        x = start * (1 - t) ** 3 + 3 * middle * t * (1 - t) + end * t**3
        y = above + (below - above) * t * t * (3 - 2 * t)
        ways.append(np.array([(left, above), *zip(x, y, strict=True)]) / 100)
    words = re.findall(r'<text(?: class="won")? x="(\S+)" y="(\S+)">([^<]+)', page)
    return ways, [
        (float(x) / 100, float(x) / 100 + 0.08 * len(word), float(y) / 100 - 0.04) for x, y, word in words
    ]


@pytest.mark.parametrize("seed", range(5))
def test_no_line_crosses_another_or_a_word(seed):
    steps, winner = some_steps(random.Random(seed))
    for ways, words in (
        ways_on_the_figure(beam_tree(steps, winner)),
        ways_on_the_page(beam_tree_svg(steps, winner)),
    ):
        assert len(ways) == 24 and len(words) == 25
        for one, other in combinations(ways, 2):
            x = np.linspace(max(one[0, 0], other[0, 0]), min(one[-1, 0], other[-1, 0]), 50)
            if x[0] < x[-1]:  # beside each other: one stays above, or they part
                apart = np.interp(x, *one.T) - np.interp(x, *other.T)
                assert not (apart.min() < -1e-6 and apart.max() > 1e-6)
        for way in ways:
            for left, right, middle in words:
                x = np.linspace(max(left, way[0, 0]), min(right, way[-1, 0]), 30)
                if x[0] < x[-1]:  # the line passes above the word or below it
                    assert abs(np.interp(x, *way.T) - middle).min() > 0.08


def test_a_search_that_said_nothing_is_drawn():
    for steps, winner in (([], []), ([[]], []), ([[(["a"], -1.0)]], ["a"])):
        beam_tree(steps, winner)
        assert beam_tree_svg(steps, winner).startswith("<svg")
