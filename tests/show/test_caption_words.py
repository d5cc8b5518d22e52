"""The CNN learns the words of captions: which words, what changes in it, and that it does learn."""

import numpy as np
import pytest
import torch

from helpers.base.errors import UserError
from helpers.data.datasets import load
from helpers.data.transforms import Transform
from helpers.show.caption_words import forgetting, learn_words, split, word_targets, words_to_learn
from helpers.show.encoder import Encoder

CAPTIONS = [["A red dog.", "Two dogs and a red dog"], ["the dog", "a wall"], ["A wall!", "in a wall"]]


def test_words_are_counted_by_pictures_and_small_words_left_out():
    assert words_to_learn(CAPTIONS, 2) == ["dog", "wall"]
    assert set(words_to_learn(CAPTIONS, 1)) == {"dog", "wall", "red", "dogs"}
    with pytest.raises(UserError, match="nothing for the CNN to learn"):
        words_to_learn(CAPTIONS, 3)
    assert words_to_learn(CAPTIONS) == words_to_learn(CAPTIONS, 2), "two in a small set"
    few, many = ([["a red dog"]] * 19 + [["a dog"]] * n for n in (581, 5981))
    assert words_to_learn(few) == ["dog", "red"] and words_to_learn(many) == ["dog"], "twenty in a large one"


def test_targets_are_shares_of_a_pictures_captions():
    assert word_targets(CAPTIONS, ["dog", "wall"]).tolist() == [[1, 0], [0.5, 0.5], [0, 1]]


@pytest.mark.parametrize("backbone", ["small", "mobilenet_v2", "resnet18", "efficientnet_lite0"])
@pytest.mark.parametrize("grid", [False, True])
def test_the_two_parts_are_the_whole(backbone, grid):
    torch.manual_seed(0)
    encoder = Encoder(backbone, 8, weights=None, grid=grid).eval()
    images = torch.rand(2, 3, 64, 64)
    low, high = split(encoder.maps, 2)
    with torch.no_grad():
        maps = high(low(images))
        if backbone != "small":
            features = encoder.trunk(images)
            pooled = maps.mean(dim=(2, 3))
            torch.testing.assert_close(features.mean(1) if grid else features, pooled)
    n = sum(any(True for _ in part.parameters()) for part in (*low, *high))
    with pytest.raises(UserError, match="blocks is"):
        split(encoder.maps, n)


def learnt(tiny_set, backbone="resnet18", **options):
    torch.manual_seed(0)
    encoder, losses = Encoder(backbone, 8, weights=None), []
    before = {name: value.clone() for name, value in encoder.cnn.state_dict().items()}
    options = {"on_epoch": lambda _, loss: losses.append(loss), "device": torch.device("cpu")} | options
    transform = Transform(size=64)
    words = learn_words(
        encoder, load(tiny_set, "train"), transform, at_least=2, blocks=2, batch_size=8, **options
    )
    return encoder, before, losses, words


def test_it_learns_in_its_last_blocks_only_and_batchnorm_stays(tiny_set):
    encoder, before, losses, words = learnt(
        tiny_set, epochs=8, learning_rate=1e-3, views=({}, {"flip": True})
    )
    assert {"red", "wall", "painted"} <= set(words)
    assert losses[-1] < 0.8 * losses[0], losses
    after = encoder.cnn.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed and all(name.startswith("layer4.") for name in changed)
    assert not any("running" in name or "num_batches" in name for name in changed), "BatchNorm has drifted"
    assert not any(p.requires_grad for p in encoder.cnn.parameters()), "it is frozen again"
    again = learnt(tiny_set, epochs=8, learning_rate=1e-3, views=({}, {"flip": True}))
    assert again[2] == losses, "the same seed, the same losses"


def test_it_learns_with_efficientnet_lite(tiny_set):
    encoder, before, losses, _ = learnt(tiny_set, "efficientnet_lite0", epochs=8, learning_rate=1e-3)
    assert losses[-1] < losses[0], losses
    after = encoder.cnn.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed and not any("running" in name for name in changed)


def classifier_of(width, dropout=0.0):
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Dropout(dropout), torch.nn.Linear(width, 10))


def moved(tiny_set, classifier, keep):
    """How far the classes' probabilities of training pictures are from what they were: KL divergence."""
    encoder, before, *_ = learnt(tiny_set, epochs=6, learning_rate=1e-3, keep=classifier if keep else None)
    images = Transform(size=64).batch(load(tiny_set, "train").prepared)
    with torch.no_grad():
        logits = classifier.eval()(encoder.features(images))
        encoder.cnn.load_state_dict(before)
        return forgetting(logits, classifier(encoder.features(images))).item()


def test_a_classifier_that_is_kept_says_much_what_it_said(tiny_set):
    forgot, kept = (moved(tiny_set, classifier_of(512), keep) for keep in (False, True))
    assert kept < 0.2 * forgot, (kept, forgot)


def test_the_classifier_itself_does_not_change_and_its_dropout_is_off(tiny_set):
    """With nine of ten features dropped, what it said and what it says would never be the same."""
    plain, dropping = classifier_of(512), classifier_of(512, dropout=0.9).train()
    before = {name: value.clone() for name, value in dropping.state_dict().items()}
    losses = learnt(tiny_set, epochs=2, learning_rate=1e-3, keep=dropping)[2]
    assert losses == learnt(tiny_set, epochs=2, learning_rate=1e-3, keep=plain)[2]
    assert all(torch.equal(before[name], value) for name, value in dropping.state_dict().items())
    assert dropping.training and all(p.requires_grad for p in dropping.parameters()), "it is as it was given"


def test_forgetting_is_the_divergence_from_what_was_said_before():
    before = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    after = torch.tensor([[0.25, 0.75], [0.9, 0.1]]).log()
    by_hand = (0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)) / 2
    assert forgetting(after, before).item() == pytest.approx(by_hand, rel=1e-5)
    assert forgetting(before + 3, before).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("captions", "word"),
    [
        ([], "pictures without captions"),
        ([[], []], "pictures without captions"),
        ([["a dog"]], "captions of 1 pictures.*Leave this stage out"),
        ([["..."], ["!"]], "nothing for the CNN to learn"),
        (["a dog"], "single string"),
    ],
)
def test_captions_with_nothing_to_learn_are_named(captions, word):
    with pytest.raises(UserError, match=word):
        words_to_learn(captions)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": -1.0}, "learning_rate is -1"),
        ({"clip": 0}, "clip is 0"),
        ({"blocks": 0}, "blocks is 0"),
        ({"blocks": 99}, "blocks is 99"),
        ({"at_least": 0}, "at_least is 0"),
        ({"views": ()}, "views has none"),
    ],
)
def test_arguments_that_make_no_sense_are_named(tiny_set, options, word):
    with pytest.raises(UserError, match=word):
        learn_words(Encoder("small", 8, weights=None), load(tiny_set), Transform(size=96), **options)


def test_it_stops_when_the_loss_is_no_number(tiny_set):
    encoder = Encoder("small", 8, weights=None)
    torch.nn.init.constant_(next(encoder.cnn.parameters()), torch.nan)
    with pytest.raises(
        UserError, match=r"no longer a number, since batch 1 of epoch 1 .*Lower the learning rate"
    ):
        learn_words(encoder, load(tiny_set), Transform(size=96), blocks=2, epochs=1)
