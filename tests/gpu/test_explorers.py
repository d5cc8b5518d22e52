"""The explorers of a captioner that lies on a second device: their own tests once more, and those for all."""

import pytest
import torch
from look.test_stepper import *  # noqa: F403
from look.test_word_explorers import *  # noqa: F403
from torch import nn

from helpers.data import datasets
from helpers.look.live import LiveTraining
from helpers.look.picture_explorers import data_explorer, encoder_explorer
from helpers.show.features import load_features
from helpers.tell.captioner import Captioner


@pytest.fixture
def tiny_captioner(tiny_captioner, gpu):
    """The same untrained captioner; here it takes the device that it would choose itself."""
    parts = tiny_captioner.encoder, tiny_captioner.decoder, tiny_captioner.vocabulary
    captioner = Captioner(*parts, tiny_captioner.transform, dataset="tiny")
    assert captioner.device.type == gpu.type
    return captioner


@pytest.mark.parametrize("home", ["cpu", "gpu"])
def test_pictures_and_what_an_encoder_sees_in_them(shown, tiny_set, tiny_captioner, gpu, home):
    dataset, encoder = datasets.load(tiny_set, "train"), tiny_captioner.encoder
    data_explorer(dataset, tiny_captioner)
    assert "The machine says" in shown[0].children[-1].value
    classifier = nn.Sequential(encoder.cnn, nn.Linear(encoder.feature_dim, 3).to(gpu))
    if home == "cpu":
        encoder, classifier = encoder.cpu(), classifier.cpu()
    encoder_explorer(dataset, encoder, tiny_captioner.transform, classifier, ["wall", "sea", "sky"], n=3)
    number, layer, near_by, area, go = shown[1].children
    assert "16 feature maps of 48 × 48" in area.value
    layer.value, near_by.value, number.value = layer.max, "features", 1
    go.children[0].click()
    assert "The nearest pictures by features" in area.value and encoder.fc.weight.device.type == (
        gpu.type if home == "gpu" else "cpu"
    )


def test_a_decoder_is_watched(tiny_set, tiny_captioner, monkeypatch):
    monkeypatch.setattr("helpers.look.stage.show", lambda *_: None)
    dataset = datasets.load(tiny_set, "val")
    features = load_features(tiny_captioner.encoder, dataset, tiny_captioner.transform)
    parts = tiny_captioner.encoder, tiny_captioner.decoder, tiny_captioner.vocabulary
    for some in (features, features.to(tiny_captioner.device)):
        live = LiveTraining(dataset, some, *parts, n=2)
        loss = torch.tensor(2.0, device=tiny_captioner.device)
        live([{"epoch": 1, "train_loss": loss, "val_loss": 2.1, "CIDEr": 0.1}])
        assert "train_loss 2.00" in live.area.value
