import pytest
import torch
from torch import nn

from helpers.base.errors import UserError
from helpers.show import sight as module
from helpers.show.encoder import Encoder
from helpers.show.sight import UNSURE, Sight, learn_sight, pooled


def seen(n, kind=0, seed=0, dims=40):
    """Features (n, dims) like a CNN's, of one kind of pictures, different in three directions above all."""
    axes = torch.randn(3, dims, generator=torch.Generator().manual_seed(100 + kind))
    chance = torch.Generator().manual_seed(seed)
    noise = torch.randn(n, dims, generator=chance)
    return (2 + 3 * axes[0] + torch.randn(n, 3, generator=chance) @ axes + 0.3 * noise).clamp(min=0)


@pytest.fixture
def known():
    sight = Sight(40, dimensions=5)
    sight.learn(seen(300), seen(200, seed=1))
    return sight


def test_most_pictures_of_the_kind_are_familiar_and_none_of_another(known):
    alike, others = known.familiarity(seen(400, seed=2)), known.familiarity(seen(400, kind=1, seed=3))
    assert 0.9 < (alike >= UNSURE).float().mean() < 0.99
    assert (others >= UNSURE).float().mean() < 0.02
    assert min(alike.min(), others.min()) >= 0 and max(alike.max(), others.max()) <= 1


def test_95_of_100_held_out_pictures_pass(known):
    assert 190 <= (known.familiarity(seen(200, seed=1)) >= UNSURE).sum() <= 191


def test_contrast_makes_nothing_strange(known):
    features = seen(50, seed=2)
    torch.testing.assert_close(
        known.familiarity(features), known.familiarity(7 * features), atol=0.011, rtol=0
    )


def test_float16_weights_and_bfloat16_features_tell_about_the_same(known):
    again, features = Sight(40, dimensions=5), seen(400, seed=2)
    again.load_state_dict({name: value.half() for name, value in known.state_dict().items()})
    exact, rough = known.familiarity(features), again.familiarity(features.bfloat16())
    assert ((exact >= UNSURE) == (rough >= UNSURE)).float().mean() > 0.97
    assert (exact - rough).abs().max() < 0.1


@pytest.mark.parametrize(("train", "held_out"), [(1, 1), (2, 1), (3, 30), (300, 1)])
def test_few_pictures_are_learnt_from(train, held_out):
    sight, rest = Sight(40), seen(held_out, seed=1)
    sight.learn(seen(train), rest)
    assert sight.axes.isfinite().all() and (sight.familiarity(rest) >= UNSURE).float().mean() >= 0.95
    assert sight.familiarity(seen(50, kind=1)).max() < UNSURE


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_pictures_that_all_look_the_same_are_familiar_and_others_are_not(value):
    sight, same = Sight(40), torch.full((20, 40), value)
    sight.learn(same, same[:4])
    assert sight.familiarity(same).min() == 1
    assert sight.familiarity(seen(5)).max() == 0


@pytest.mark.parametrize(
    ("train", "held_out", "word"),
    [
        (seen(0), seen(3), "training pictures are missing"),
        (seen(3), seen(0), "held-out pictures are missing"),
        (seen(3) * torch.nan, seen(3), "training pictures are no numbers"),
        (seen(3), seen(3) / 0, "held-out pictures are no numbers"),
    ],
)
def test_nothing_can_be_learnt_from_nothing(train, held_out, word):
    with pytest.raises(UserError, match=word):
        Sight(40).learn(train, held_out)


def test_features_that_are_no_numbers_are_not_familiar(known):
    assert known.familiarity(torch.full((2, 40), torch.nan)).tolist() == [0, 0]


def test_an_encoders_sight_has_the_classes_of_its_cnn_and_looks_at_places_together(monkeypatch):
    names, cnn = ["cat", "dog", "cup"], nn.Sequential(nn.Linear(5, 5), nn.Linear(192, 3))
    asked = []
    monkeypatch.setattr(module, "imagenet_classifier", lambda *given: asked.append(given) or (cnn, names))
    encoder = Encoder("small", 8, weights=None, grid=True)
    places = torch.rand(30, 36, 192)
    sight = learn_sight(encoder, places[:20].half(), places[20:].half(), "cnn.pt")
    assert sight.classes == names and asked == [("small", "cnn.pt")]
    expected = cnn[1](places.mean(1)).softmax(-1)
    torch.testing.assert_close(sight.probabilities(pooled(places)), expected)
    assert learn_sight(encoder, places[:20], places[20:]).classes == []
    with pytest.raises(UserError, match="training pictures are missing"):
        learn_sight(encoder, places[:0], places)
