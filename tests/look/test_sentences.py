import numpy as np
import pytest
import torch

from helpers.look.sentences import gate_maps, word_costs


def test_each_word_has_its_cost_and_each_row_its_mean():
    figure = word_costs(["a", "dog"], {"early": torch.tensor([-1.0, -4.0]), "late": np.array([-0.0, -0.5])})
    early, late = figure.axes
    assert [bar.get_height() for bar in early.patches] == [1, 4]
    assert [text.get_text() for text in late.texts] == ["0.0", "0.5"]
    assert early.get_title(loc="left") == "early: 2.50 nats a word"
    assert early.get_ylim() == late.get_ylim()
    assert [label.get_text() for label in late.get_xticklabels()] == ["a", "dog"]


def test_the_units_of_all_gates_stand_in_the_order_of_the_first():
    forget = torch.tensor([[0.0, 1.0, 0.4], [0.2, 1.0, 0.6]])  # (T, H): the second unit is open widest
    read = torch.tensor([[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]])
    axes = gate_maps(["a", "dog"], {"forget": forget, "input": read}).axes
    np.testing.assert_allclose(axes[0].lines[0].get_ydata(), forget.mean(1))
    np.testing.assert_allclose(axes[2].images[0].get_array(), forget[:, [1, 2, 0]].T)
    np.testing.assert_allclose(axes[3].images[0].get_array(), read[:, [1, 2, 0]].T)


@pytest.mark.parametrize("figure", [lambda: word_costs([], {}), lambda: gate_maps([], {})])
def test_nothing_to_show_is_said(figure):
    assert figure().axes[0].texts[0].get_text() == "Nothing to show."
