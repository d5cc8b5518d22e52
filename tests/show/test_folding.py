"""The folded copy says what the CNN says, and follows it when it changes."""

import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
import torch

from helpers.show import folding
from helpers.show.encoder import Encoder


@pytest.fixture(autouse=True)
def float32(monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_PRECISION", "float32")


@pytest.mark.parametrize("backbone", ["small", "resnet18", "mobilenet_v2", "efficientnet_lite0"])
@pytest.mark.parametrize("grid", [False, True])
def test_it_says_what_the_cnn_says(backbone, grid):
    torch.manual_seed(0)
    encoder, images = Encoder(backbone, 8, weights=None, grid=grid), torch.randn(2, 3, 64, 64)
    names = encoder.state_dict().keys()
    with torch.no_grad():
        torch.testing.assert_close(encoder.features(images), encoder.trunk(images), atol=1e-4, rtol=1e-4)
    assert encoder.state_dict().keys() == names


def test_it_follows_weights_that_change_and_copies_have_their_own():
    torch.manual_seed(0)
    one, other = (Encoder("small", 8, weights=None) for _ in range(2))
    images = torch.randn(2, 3, 64, 64)
    before, copy = one.features(images), deepcopy(one)
    one.cnn.load_state_dict(other.cnn.state_dict())
    torch.testing.assert_close(one.features(images), other.features(images))
    torch.testing.assert_close(copy.features(images), before)
    with torch.no_grad():
        one.cnn[0].weight += 1
        torch.testing.assert_close(one.features(images), one.trunk(images), atol=1e-4, rtol=1e-4)
    one.cnn = copy.cnn
    torch.testing.assert_close(one.features(images), before)


@pytest.mark.parametrize("how", ["fused optimizer", "data"])
def test_it_follows_what_pytorch_does_not_count(how):
    encoder, images = Encoder("small", 8, weights=None), torch.randn(2, 3, 64, 64)
    before, weight = encoder.features(images), encoder.cnn[0].weight
    if how == "data":
        weight.data.add_(0.1)
    else:
        weight.requires_grad_(True).grad = torch.ones_like(weight)
        torch.optim.AdamW([weight], 0.1, fused=True).step()
        weight.requires_grad_(False)
    assert not torch.equal(encoder.features(images), before)
    torch.testing.assert_close(encoder.features(images), encoder.trunk(images), atol=1e-4, rtol=1e-4)


def test_a_copy_is_made_once_a_change(monkeypatch):
    encoder, images = Encoder("small", 8, weights=None), torch.randn(2, 3, 64, 64)
    encoder.features(images)
    copy = encoder._folded.cnn
    encoder.features(images)
    assert encoder._folded.cnn is copy


def test_weights_made_for_inference_alone_are_folded_too():
    with torch.inference_mode():
        encoder = Encoder("small", 8, weights=None)
        images = torch.randn(2, 3, 64, 64)
        torch.testing.assert_close(encoder.features(images), encoder.trunk(images), atol=1e-4, rtol=1e-4)


def test_threads_that_look_first_make_one_copy_one_after_the_other(monkeypatch):
    at_work, most, fuse = [], [], folding.fuse

    def alone(trunk):
        at_work.append(trunk)
        time.sleep(0.1)
        most.append(len(at_work))
        return fuse(at_work.pop())

    monkeypatch.setattr(folding, "fuse", alone)
    encoders, images = [Encoder("small", 8, weights=None) for _ in range(2)], torch.randn(2, 3, 64, 64)
    with ThreadPoolExecutor(4) as hands:
        found = [*hands.map(lambda encoder: encoder.features(images), 2 * encoders)]
    assert most == [1, 1], "torch.fx traces one module at a time"
    for features, encoder in zip(found, 2 * encoders, strict=True):
        torch.testing.assert_close(features, encoder.trunk(images), atol=1e-4, rtol=1e-4)
