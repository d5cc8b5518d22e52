"""The CNNs to choose from: a small one of our own, torchvision's, and two that come through pip."""

from pathlib import Path
from urllib.error import URLError

import torch
from torch import nn

from helpers.base.errors import UserError
from helpers.base.saved import read_saved
from helpers.data.transforms import SIDE, Transform
from helpers.show.efficientnet import LITE, efficientnet_lite

_OPTIONAL = ("fc.", "classifier.")
TORCHVISION = ("resnet18", "resnet50", "resnet101", "mobilenet_v2")
IMAGENET = (*TORCHVISION, *LITE)  # which have learnt its classes
BACKBONES = ("small", *IMAGENET)


class SmallCNN(nn.Sequential):
    """A CNN small enough to read, and to train on a laptop: images (B, 3, 96, 96) -> features (B, 384)."""

    feature_dim = 2 * 192

    def __init__(self):
        def block(inputs, outputs, stride=1):
            conv = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
            return conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)

        super().__init__(
            *block(3, 16, stride=2),  # (B, 16, 48, 48)
            *block(16, 32),
            nn.MaxPool2d(2),  # (B, 32, 24, 24)
            *block(32, 64),
            nn.MaxPool2d(2),  # (B, 64, 12, 12)
            *block(64, 128),
            nn.MaxPool2d(2),  # (B, 128, 6, 6)
            *block(128, 192),  # (B, 192, 6, 6)
            MaxAndMean(),  # (B, 384)
        )


class MaxAndMean(nn.Module):
    """Maps (B, C, h, w) -> (B, 2C): of each channel how strongly it answers anywhere, and how much in all."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Pool over all places."""
        return torch.cat([maps.amax(dim=(2, 3)), maps.mean(dim=(2, 3))], dim=1)


def transform_for(backbone: str) -> Transform:
    """The pictures that a backbone was made for: their size, and how their colours become numbers."""
    if backbone in LITE:
        return Transform(size=SIDE, mean=[127 / 255] * 3, std=[128 / 255] * 3)  # TensorFlow's
    return Transform(size=96 if backbone == "small" else SIDE)


def build_backbone(name: str, weights: str | Path | None) -> tuple[nn.Module, int]:
    """A CNN without its classifier, and the length F of the features (B, F) that it gives.

    `weights`: "DEFAULT" for ImageNet's ("small" has none and starts untrained), a path to a state dict,
    or None. Raises UserError for an unknown name, weights that do not fit, or none to be had.
    """
    if name not in BACKBONES:
        raise UserError(f"There is no backbone {name!r}. Choose one of {', '.join(BACKBONES)}.")
    if name == "small":
        cnn, feature_dim = SmallCNN(), SmallCNN.feature_dim
    else:
        cnn = imagenet_model(name, "DEFAULT" if weights == "DEFAULT" else None)
        feature_dim = [layer for layer in cnn.modules() if isinstance(layer, nn.Linear)][-1].in_features
    if weights not in ("DEFAULT", None):
        _load_weights(cnn, weights)
    if name != "small":
        setattr(cnn, head_of(name), nn.Identity())  # here the classifier is cut off
    return cnn, feature_dim


def head_of(name: str) -> str:
    """What the classifier of a CNN is called."""
    return "fc" if name.startswith("resnet") else "classifier"


def imagenet_model(name: str, weights: str | Path | None) -> nn.Module:
    """A CNN with its classifier still on; `weights` "DEFAULT" are ImageNet's, None leaves it untrained.

    torchvision downloads its weights once. Those of EfficientNet-Lite come with a package. A path leads to a
    state dict with the classifier in it. Raises UserError for other names and weights, or none to be had.
    """
    if name not in IMAGENET:
        raise UserError(f"{name!r} has not learnt ImageNet's classes. Choose one of {', '.join(IMAGENET)}.")
    if weights not in ("DEFAULT", None):
        cnn = imagenet_model(name, None)
        _load_weights(cnn, weights, optional=())
        return cnn
    if name in LITE:
        return efficientnet_lite(name, pretrained=weights == "DEFAULT")
    from torchvision import models  # takes seconds; scenes do without

    try:
        return models.get_model(name, weights=weights)
    except (URLError, OSError, RuntimeError) as error:
        raise UserError(
            f"The ImageNet weights of {name} could not be downloaded ({error}). Check the network "
            'and try again, or pass weights="path/to/weights.pth", or weights=None for an untrained CNN.'
        ) from None


def _load_weights(cnn: nn.Module, path: str | Path, optional: tuple[str, ...] = _OPTIONAL) -> None:
    """Load a state dict; an `optional` classifier's weights may be lacking, or of any shape."""
    state = read_saved(path, "file of weights", "Pass one that torch.save(cnn.state_dict(), path) wrote.")
    if not isinstance(state, dict) or not all(map(torch.is_tensor, state.values())):
        raise UserError(f"{path} holds more or other things than weights: pass what cnn.state_dict() gives.")
    theirs, own = ({name: w.shape for name, w in some.items()} for some in (state, cnn.state_dict()))
    strange = [n for n in {**own, **theirs} if theirs.get(n) != own.get(n) and not n.startswith(optional)]
    strange = [n for n in strange if not n.endswith("num_batches_tracked")]  # PyTorch 0.3 had none
    if strange and all(name.startswith(_OPTIONAL) for name in strange):
        raise UserError(f"There is no classifier of ImageNet's classes in {path}, or one of other classes.")
    if strange:
        raise UserError(f"The weights in {path} belong to another backbone (for example {strange[0]!r}).")
    fitting = {name: weight for name, weight in state.items() if theirs[name] == own.get(name)}
    cnn.load_state_dict(fitting, strict=False)
