import pytest
import torch
from PIL import Image

from helpers.base.errors import UserError
from helpers.look.cards import Card, Impression, cards, impressions, look_at
from helpers.show.sight import Sight

RED, BLUE = Image.new("RGB", (40, 20), "red"), Image.new("RGB", (20, 60), "blue")


def with_sight(captioner, classes=("wall", "dog", "cup"), distance=1e9):
    """The captioner with a sight that finds pictures familiar when they lie nearer than `distance`."""
    captioner.sight = Sight(captioner.encoder.feature_dim, list(classes), dimensions=2)
    captioner.sight.distances.fill_(distance)
    return captioner


def words(figure):
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def test_a_card_holds_the_best_captions_in_order_and_what_the_cnn_tells(tiny_captioner):
    with_sight(tiny_captioner)
    first, second = look_at(tiny_captioner, [RED, BLUE], beam_width=3)
    assert first.captions[0][0] == tiny_captioner.caption([RED])[0] and len(first.captions) == 3
    assert [p for _, p in first.captions] == sorted((p for _, p in first.captions), reverse=True)
    assert sorted(name for name, _ in second.impression.classes) == ["cup", "dog", "wall"]
    assert sum(chance for _, chance in second.impression.classes) == pytest.approx(1)
    assert first.impression.familiarity == 1 and not first.impression.unsure


def test_what_looks_like_nothing_learnt_is_unsure(tiny_captioner):
    (card,) = look_at(with_sight(tiny_captioner, classes=(), distance=-1), [RED])
    assert card.impression == Impression([], 0.0) and card.impression.unsure
    assert "unsure" in card.impression.told and card.impression.seen == ""
    assert any("unsure" in line for line in words(cards([RED], [card])))


def test_without_sight_there_are_captions_alone(tiny_captioner):
    (card,) = look_at(tiny_captioner, [RED])
    assert card.impression is None and len(card.captions) == 5
    assert len(words(cards([RED], [card]))) == 5


def test_a_grid_is_seen_as_its_mean(tiny_captioner):
    captioner, grid = with_sight(tiny_captioner), torch.rand(2, 9, 384)
    (seen, _), (mean, _) = impressions(captioner, grid), impressions(captioner, grid.mean(1))
    assert seen.familiarity == mean.familiarity and [c for c, _ in seen.classes] == [
        c for c, _ in mean.classes
    ]


def test_familiarity_and_classes_in_words():
    it = Impression([("cup", 0.962), ("dog", 0.012), ("wall", 0.004)], 0.31)
    assert it.seen == "cup 96% · dog 1%" and "31 look stranger" in it.told and "unsure" not in it.told


def test_long_captions_dollars_and_nothing_at_all_can_be_drawn(tmp_path):
    card = Card([("a $5 and a $6 dog " * 20, -1.0)], Impression([("cup", 1.0)], 0.5))
    figure = cards([RED, BLUE], [card, card])
    figure.savefig(tmp_path / "cards.png")
    assert len(words(figure)[0]) < 100 and words(figure)[0].endswith("…")
    cards([], []).savefig(tmp_path / "none.png")
    with pytest.raises(UserError, match="one for each"):
        cards([RED], [])
    assert look_at(None, []) == []
