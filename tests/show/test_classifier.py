import pytest
import torch

from helpers.base.errors import UserError
from helpers.data.datasets import load
from helpers.data.transforms import Transform
from helpers.show.backbones import SmallCNN
from helpers.show.classifier import (
    average_precision,
    class_probabilities,
    class_targets,
    load_pixels,
    train_classifier,
)

COLOURS = ["red", "green", "blue", "yellow"]


def test_a_small_cnn_learns_to_tell_colours(tiny_set):
    transform = Transform(size=32)
    dataset = load(tiny_set, "train")
    pixels, targets = load_pixels(dataset, transform), class_targets(dataset, COLOURS)
    assert pixels.shape == (16, 3, 32, 32) and pixels.dtype == torch.uint8
    assert targets.sum(1).tolist() == [1.0] * 16

    torch.manual_seed(0)
    losses = []
    options = {"epochs": 15, "batch_size": 8, "on_epoch": lambda _, loss: losses.append(loss)}
    classifier = train_classifier(SmallCNN(), transform, (pixels, targets), **options)
    test_set = load(tiny_set, "test")
    probabilities = class_probabilities(classifier, transform, load_pixels(test_set, transform))
    values = average_precision(probabilities, class_targets(test_set, COLOURS), COLOURS)
    assert min(values.values()) == 1.0 and losses[-1] < losses[0]


def test_average_precision_of_known_rankings():
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    probabilities = torch.tensor([[0.9, 0.5], [0.5, 0.1], [0.1, 0.9]])
    values = average_precision(probabilities, targets, ["a", "b"])
    assert values["a"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert values["b"] == pytest.approx(1 / 3)
    assert average_precision(probabilities, 0 * targets, ["a", "b"]) == {}


def test_pictures_without_truth_are_explained(tiny_set):
    with pytest.raises(UserError, match="ImageNet"):
        class_targets(load(tiny_set, "train"), ["dog"])
