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


def test_weights_of_other_programs_and_backbones_are_named_in_a_sentence(tmp_path):
    good = SmallCNN().state_dict()
    first = next(iter(good))
    for name, (saved, word) in {
        "other": ({"layer.weight": torch.ones(2)}, "another backbone.*for example"),
        "shape": (good | {first: torch.ones(2)}, f"another backbone.*{first}"),
        "nested": ({"state_dict": good}, "more or other things than weights"),
        "tensor": (torch.ones(3), "more or other things than weights"),
        "empty": ({}, "another backbone"),
        "model": (SmallCNN(), "Python objects"),
    }.items():
        torch.save(saved, tmp_path / f"{name}.pth")
        with pytest.raises(UserError, match=rf"{name}\.pth.*{word}") as told:
            Encoder("small", 8, weights=tmp_path / f"{name}.pth")
        assert "weights_only" not in str(told.value) and "\n" not in str(told.value)
    for path, word in (
        (tmp_path, "but a folder"),
        (tmp_path / "nowhere", "no file of weights"),
        (3, "no path"),
    ):
        with pytest.raises(UserError, match=word):
            Encoder("small", 8, weights=path)


def test_a_classifier_of_any_number_of_classes_is_cut_off(tmp_path, monkeypatch):
    model = models.resnet18(num_classes=7)
    torch.save(model.state_dict(), tmp_path / "seven.pth")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    encoder = Encoder("resnet18", 8, weights="~/seven.pth")
    torch.testing.assert_close(encoder.cnn.conv1.weight.detach(), model.conv1.weight.detach())


def test_no_network_is_said_in_a_sentence(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    with pytest.raises(UserError, match="Check the network"):
        Encoder("resnet18", 8)
