import numpy as np
import pytest
import torch

from helpers.base.errors import UserError
from helpers.data.datasets import load
from helpers.data.transforms import Transform
from helpers.show.backbones import SmallCNN, imagenet_model
from helpers.show.classifier import (
    average_precision,
    class_probabilities,
    class_targets,
    imagenet_classifier,
    load_pixels,
    train_classifier,
)
from helpers.show.encoder import Encoder

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


PIXELS, TARGETS = torch.zeros(3, 3, 8, 8, dtype=torch.uint8), torch.ones(3, 2)


@pytest.mark.parametrize(
    ("examples", "options", "word"),
    [
        ((PIXELS, TARGETS), {"epochs": 0}, "epochs is 0"),
        ((PIXELS, TARGETS), {"batch_size": 0}, "batch_size is 0"),
        ((PIXELS, TARGETS), {"learning_rate": -1}, "learning_rate is -1"),
        ((PIXELS[:0], TARGETS[:0]), {}, "0 pictures"),
        ((PIXELS, TARGETS[:2]), {}, "3 pictures.*targets"),
        ((PIXELS, TARGETS[:, :0]), {}, "targets"),
        ((PIXELS, TARGETS[:, 0]), {}, "targets"),
    ],
)
def test_what_cannot_be_learnt_from_is_named(examples, options, word):
    with pytest.raises(UserError, match=word):
        train_classifier(SmallCNN(), Transform(size=8), examples, **options)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_pictures_of_one_class_are_learnt_from(n):
    pixels = torch.zeros(n, 3, 32, 32, dtype=torch.uint8)
    options = {"epochs": 1, "batch_size": np.int64(2)}
    classifier = train_classifier(SmallCNN(), Transform(size=32), (pixels, torch.ones(n, 1)), **options)
    assert class_probabilities(classifier, Transform(size=32), pixels).shape == (n, 1)


def test_imagenets_classifier_is_found_again_in_a_file_of_weights(tmp_path):
    torch.manual_seed(0)
    cnn, images = imagenet_model("efficientnet_lite0", None).eval(), torch.randn(1, 3, 64, 64)
    torch.save(cnn.state_dict(), tmp_path / "cnn.pt")
    again, classes = imagenet_classifier("efficientnet_lite0", weights=tmp_path / "cnn.pt")
    with torch.no_grad():
        assert torch.equal(again(images), cnn(images)) and not again.training
        pooled = Encoder("efficientnet_lite0", 8, weights=tmp_path / "cnn.pt").trunk(images)
        assert torch.equal(cnn.classifier(pooled), cnn(images)), "an encoder cuts it off"
    assert len(classes) == 1000


def test_a_file_of_weights_without_a_classifier_and_a_cnn_that_has_none_are_named(tmp_path):
    encoder = Encoder("efficientnet_lite0", 8, weights=None)
    for name, head in {"none": {}, "seven": {"classifier.weight": torch.ones(7, 1280)}}.items():
        torch.save(encoder.cnn.state_dict() | head, tmp_path / f"{name}.pt")
        with pytest.raises(UserError, match=rf"no classifier of ImageNet's classes in .*{name}\.pt"):
            imagenet_classifier("efficientnet_lite0", tmp_path / f"{name}.pt")
    with pytest.raises(UserError, match="belong to another backbone"):
        imagenet_classifier("mobilenet_v2", tmp_path / "none.pt")
    for name in ("small", "vgg"):
        with pytest.raises(UserError, match=f"'{name}' has not learnt ImageNet's classes"):
            imagenet_classifier(name)


def test_it_stops_when_the_loss_is_no_number():
    targets = TARGETS.clone()
    targets[1] = torch.nan
    with pytest.raises(
        UserError, match=r"no longer a number, since batch 1 of epoch 1 .*Lower the learning rate"
    ):
        train_classifier(SmallCNN(), Transform(size=32), (torch.zeros(3, 3, 32, 32), targets), epochs=2)
