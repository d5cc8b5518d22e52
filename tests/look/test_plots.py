import io
from collections import Counter

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from helpers.base.errors import UserError
from helpers.look import plots

pytestmark = pytest.mark.filterwarnings("error")


def rendered(figure):
    """Draw for real: layout and glyph warnings (errors here) only appear then."""
    assert isinstance(figure, Figure)
    figure.savefig(io.BytesIO(), dpi=30)
    return figure


def texts(ax):
    return [text.get_text() for text in ax.texts]


def widths(ax):
    return [patch.get_width() for patch in ax.patches if isinstance(patch, Rectangle)]


def test_pyplot_keeps_no_figure_so_a_notebook_shows_each_once():
    before = plt.get_fignums()
    rendered(plots.bars([1.0], ["a"]))
    assert plt.get_fignums() == before


def test_bars_bear_their_labels_and_values():
    (ax,) = rendered(plots.bars([0.7, 0.3], ["dog", "$cat$"], "next", "$cat$")).axes
    assert len({patch.get_facecolor() for patch in ax.patches}) == 2
    assert widths(ax) == [0.7, 0.3]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["dog", "$cat$"]
    assert texts(ax) == ["70.0%", "30.0%"]


def test_word_by_word_shows_the_five_likeliest_whatever_their_order():
    choices = [(f"w{i}", i / 100) for i in range(10)]
    figure = rendered(plots.word_by_word(["w9", "w7"], [choices, choices, choices]))
    ax = figure.axes[1]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["w9", "w8", "w7", "w6", "w5"]
    colors = [patch.get_facecolor() for patch in ax.patches]
    assert [colors.count(color) for color in colors] == [4, 4, 1, 4, 4]  # w7 was chosen here
    assert ax.get_title(loc="left") == "START w9 …"


def test_threshold_curve_counts_words_above_the_threshold_on_one_axis_from_zero():
    counts = Counter({"a": 6, "dog": 3, "cat": 1})
    (ax,) = rendered(plots.threshold_curve(counts, word_threshold=2)).axes
    running, different = (line.get_ydata() for line in ax.lines if len(line.get_ydata()) > 1)
    assert list(different * 3) == pytest.approx([3, 2, 2, 1, 1, 1, 0])
    assert running[2] == pytest.approx(0.9)
    assert texts(ax) == ["90.0%", "66.7%"] and ax.get_ylim()[0] == 0


def test_lengths_are_shares_of_each_split():
    (ax,) = rendered(plots.lengths({"train": ["a dog", "a cat", "one two three"], "val": ["a b c"]})).axes
    assert ax.lines[0].get_ydata() == pytest.approx([0, 0, 2 / 3, 1 / 3])
    assert ax.lines[1].get_ydata() == pytest.approx([0, 0, 0, 1])


def test_ticks_say_where_they_stand():
    """A tick at 2.5 % must not be called 2 %."""
    captions = [" ".join("a" * n) for n, times in enumerate([17, 17, 16, 17, 17, 16]) for _ in range(times)]
    (ax,) = rendered(plots.lengths({"train": captions})).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == [f"{100 * t:g}%" for t in ax.get_yticks()]


def test_word_counts_put_the_commonest_first():
    figure = rendered(plots.word_counts(Counter({"dog": 3, "a": 50, "cat": 1}), n=2))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "dog"]
    law, words = (list(line.get_ydata()) for line in figure.axes[1].lines)
    assert words == [50, 3, 1] and law == pytest.approx([50, 25, 50 / 3])  # Zipf's law: 1 / rank


def test_curves_leave_out_what_is_missing():
    epoch = {"epoch": 1, "train_loss": 3.0, "lr": 1e-3}
    (only,) = rendered(plots.curves([epoch])).axes
    assert [line.get_label() for line in only.lines] == ["train_loss"]
    both = rendered(plots.curves([epoch, {"epoch": 2, "train_loss": 2.0, "val_loss": 2.5, "CIDEr": 0.4}]))
    assert [[line.get_label() for line in ax.lines] for ax in both.axes] == [
        ["train_loss", "val_loss"],
        ["CIDEr"],
    ]
    assert list(both.axes[1].lines[0].get_xdata()) == [2]
    rendered(plots.curves([]))


def test_curves_of_another_scale_have_their_own_panel():
    """CIDEr goes to 10, BLEU to 1: in one panel BLEU would lie flat at the bottom."""
    rows = [{"epoch": 1, "CIDEr": 1.9, "BLEU-1": 0.8, "ROUGE-L": 0.7}]
    panels = [[line.get_label() for line in ax.lines] for ax in rendered(plots.curves(rows)).axes]
    assert panels == [["CIDEr"], ["BLEU-1", "ROUGE-L"]]


def test_scores_stand_side_by_side_and_may_be_missing():
    rows = {"greedy": {"BLEU-4": 0.4, "CIDEr": 1.0}, "beam": {"CIDEr": 1.5}}
    (ax,) = rendered(plots.scores(rows)).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["BLEU-4", "CIDEr"]
    assert texts(ax) == ["0.40", "1.00", "", "1.50"]


def test_scores_may_bear_their_uncertainty_and_numbers_stand_against_numbers():
    rows = {"greedy": {"CIDEr": 1.0}, "beam": {"CIDEr": 1.5}}
    spread = {"greedy": {"CIDEr": (0.9, 1.2)}, "beam": {"CIDEr": (1.4, 1.7)}}
    (ax,) = rendered(plots.scores(rows, spread)).axes
    whiskers = [collection.get_segments()[0][:, 1].tolist() for collection in ax.collections]
    assert whiskers == [[0.9, 1.2], [1.4, 1.7]]
    left, right = rendered(plots.against([1, 2, 3], {"CIDEr": [1, 2, 2], "words": [9, 8, 7]}, "width")).axes
    assert left.get_title(loc="left") == "CIDEr" and right.lines[0].get_ydata().tolist() == [9, 8, 7]


def test_where_nobody_writes_blanks_characters_are_counted():
    (ax,) = rendered(plots.lengths({"train": ["一只狗", "两只猫在家", "สุนัข"]})).axes
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0, 0, 0, 2 / 3, 0, 1 / 3])


EMPTY = {
    "bars": lambda: plots.bars([], []),
    "words": lambda: plots.word_by_word([], []),
    "threshold": lambda: plots.threshold_curve(Counter(), 5),
    "no split": lambda: plots.lengths({}),
    "no captions": lambda: plots.lengths({"validation": []}),
    "counts": lambda: plots.word_counts(Counter()),
    "methods": lambda: plots.scores({}),
    "measures": lambda: plots.scores({"greedy": {}}),
    "lines": lambda: plots.against([], {}, "k"),
}


@pytest.mark.parametrize("name", EMPTY)
def test_where_there_is_nothing_to_draw_the_drawing_says_so(name):
    (ax,) = rendered(EMPTY[name]()).axes
    assert texts(ax) == ["Nothing to show."]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.bars([0.0], ["a"]),
        lambda: plots.word_by_word(["a"], [[]]),
        lambda: plots.threshold_curve(Counter("a"), -1),
        lambda: plots.threshold_curve(Counter("a"), 99),
        lambda: plots.lengths({"train": ["", ""], "val": []}),
        lambda: plots.word_counts(Counter("a")),
        lambda: plots.curves([]),
        lambda: plots.curves([{"epoch": 1, "train_loss": 3.0}]),
        lambda: plots.scores({"greedy": {"CIDEr": 0.0}}),
        lambda: plots.against([1], {"a": [1]}, "k"),
    ],
)
def test_one_of_anything_can_be_drawn(draw):
    rendered(draw())


def test_no_commonest_words_is_a_mistake():
    with pytest.raises(UserError, match="n is 0"):
        plots.word_counts(Counter("a"), 0)
