import pytest
import torch
from torchvision import models

from helpers.base.errors import UserError
from helpers.show.backbones import SmallCNN
from helpers.show.encoder import Encoder


def test_weights_from_a_path_with_or_without_classifier(tmp_path):
    torch.manual_seed(1)
    resnet = models.resnet18(weights=None)
    torch.save(resnet.state_dict(), tmp_path / "stand_in.pth")
    encoder = Encoder("resnet18", 8, weights=tmp_path / "stand_in.pth")
    assert torch.equal(encoder.cnn.conv1.weight, resnet.conv1.weight)

    cnn = SmallCNN()
    torch.save(cnn.state_dict(), tmp_path / "small.pth")
    assert torch.equal(Encoder("small", 8, weights=tmp_path / "small.pth").cnn[0].weight, cnn[0].weight)


def test_weights_that_do_not_fit_are_refused(tmp_path):
    torch.save(SmallCNN().state_dict(), tmp_path / "small.pth")
    (tmp_path / "broken.pth").write_bytes(b"no weights")
    for path in ("small.pth", "broken.pth", "missing.pth"):
        with pytest.raises(UserError):
            Encoder("resnet18", 8, weights=tmp_path / path)
    with pytest.raises(UserError, match="resnet101"):
        Encoder("vgg", 8, weights=None)


def test_no_network_is_said_in_a_sentence(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    with pytest.raises(UserError, match="Check the network"):
        Encoder("resnet18", 8)
