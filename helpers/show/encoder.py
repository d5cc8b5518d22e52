"""The encoder: a CNN that has learnt to classify; its classifier is cut off, a new layer takes its place."""

import hashlib
from pathlib import Path
from urllib.error import URLError

import torch
from torch import nn

from helpers.base.errors import UserError
from helpers.data.transforms import SIDE

IMAGE_SIZE = {
    "small": 96
}  # pixels a side that a backbone looks at; others take the 256×256 pictures as they are


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


def build_backbone(name: str, weights: str | Path | None) -> tuple[nn.Module, int]:
    """A CNN without its classifier, and the length F of the features (B, F) that it gives.

    `weights`: "DEFAULT" for ImageNet's (torchvision downloads them once; "small" has none and starts
    untrained), a path to a state dict, or None. Raises UserError for an unknown name, weights that
    do not fit, or no network.
    """
    if name == "small":
        cnn, feature_dim = SmallCNN(), SmallCNN.feature_dim
    elif name in ("resnet18", "resnet50", "resnet101", "mobilenet_v2"):
        cnn = torchvision_model(name, "DEFAULT" if weights == "DEFAULT" else None)
        head = "fc" if name.startswith("resnet") else "classifier"
        feature_dim = [layer for layer in cnn.modules() if isinstance(layer, nn.Linear)][-1].in_features
    else:
        known = "small, resnet18, resnet50, resnet101, mobilenet_v2"
        raise UserError(f"There is no backbone {name!r}. Choose one of {known}.")
    if weights not in ("DEFAULT", None):
        _load_weights(cnn, weights)
    if name != "small":
        setattr(cnn, head, nn.Identity())  # here the classifier is cut off
    return cnn, feature_dim


def torchvision_model(name: str, weights: str | None) -> nn.Module:
    """A model of torchvision with its classifier; `weights` "DEFAULT" are ImageNet's (downloaded once)."""
    from torchvision import models  # takes seconds; scenes do without

    try:
        return models.get_model(name, weights=weights)
    except (URLError, OSError, RuntimeError) as error:
        raise UserError(
            f"The ImageNet weights of {name} could not be downloaded ({error}). Check the network "
            'and try again, or pass weights="path/to/weights.pth", or weights=None for an untrained CNN.'
        ) from None


def _load_weights(cnn: nn.Module, path: str | Path) -> None:
    """Load a state dict; a classifier's weights in it are welcome but not needed."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        missing, unexpected = cnn.load_state_dict(state, strict=False)
    except FileNotFoundError:
        raise UserError(f"There are no weights at {path}.") from None
    except Exception as error:
        raise UserError(f"The weights in {path} do not fit this backbone: {error}") from None
    strange = [k for k in (*missing, *unexpected) if not k.startswith(("fc.", "classifier."))]
    if strange:
        raise UserError(f"The weights in {path} belong to another backbone (for example {strange[0]!r}).")


def chain(module: nn.Module) -> list[nn.Module]:
    """Chains, and chains in chains, taken apart; any other module stays whole."""
    if type(module) is not nn.Sequential:
        return [module]
    return [part for child in module for part in chain(child)]


class Places(nn.Module):
    """Feature maps (B, C, h, w) -> a vector for every place, row by row: (B, h * w, C)."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Every place becomes a row."""
        return maps.flatten(2).transpose(1, 2)


class ContextLayer(nn.Linear):
    """The new fully connected layer: features (…, F), standardised first -> context (…, E).

    What a CNN gives is never negative, and some features are always large. All pictures look alike then. With
    the training pictures' mean taken away and their spread divided out, what differs is what counts.
    """

    def __init__(self, feature_dim: int, embedding_dim: int):
        super().__init__(feature_dim, embedding_dim)
        self.register_buffer("mean", torch.zeros(feature_dim))
        self.register_buffer("std", torch.ones(feature_dim))

    def standardise(self, features: torch.Tensor) -> None:
        """Take mean and spread from the features (N, …, F) of a thousand training pictures."""
        some = features[:: -(-len(features) // 1000)].float().flatten(0, -2)
        self.mean.copy_(some.mean(0))
        self.std.copy_(some.std(0, correction=0) + 0.01)  # what is always zero stays zero

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (…, F) -> context (…, E)."""
        return super().forward((features - self.mean) / self.std)


class Encoder(nn.Module):
    """A frozen CNN and a trainable layer: images (B, 3, H, W) -> context vectors (B, E).

    With `grid` every place of the CNN's last feature maps keeps a vector of its own, (B, P, E), for a decoder
    with attention: 8 × 8 places for the CNNs of torchvision, 6 × 6 for the small one.

    The CNN never learns here and is always in eval mode, whatever `train()` is told: otherwise its
    BatchNorm statistics would drift while nobody looks. Only `fc` is trained, together with the decoder.
    """

    def __init__(
        self,
        backbone: str = "resnet101",
        embedding_dim: int = 256,
        weights: str | Path | None = "DEFAULT",
        grid: bool = False,
    ):
        super().__init__()
        self.backbone, self.embedding_dim, self.grid = backbone, embedding_dim, grid
        self.cnn, self.feature_dim = build_backbone(backbone, weights)
        if grid and backbone == "small":
            self.feature_dim //= 2  # a place has no maximum beside its mean
        self.cnn.requires_grad_(False).eval()
        self.fc = ContextLayer(self.feature_dim, embedding_dim)

    @property
    def image_size(self) -> int:
        """Pixels a side of the pictures that the backbone was made for."""
        return IMAGE_SIZE.get(self.backbone, SIDE)

    def train(self, mode: bool = True) -> "Encoder":
        """Set the mode of `fc`; the frozen CNN stays in eval mode."""
        super().train(mode)
        self.cnn.eval()
        return self

    @property
    def trunk(self) -> nn.Module:
        """The CNN as it is run: with its pooling at the end or, for a grid, without."""
        return nn.Sequential(self.maps, Places()) if self.grid else self.cnn

    @property
    def maps(self) -> nn.Sequential:
        """The CNN up to its last feature maps: images (B, 3, H, W) -> (B, C, h, w)."""
        if self.backbone == "mobilenet_v2":
            return self.cnn.features
        pooling = 1 if self.backbone == "small" else 2  # a ResNet has also had its classifier
        return nn.Sequential(*list(self.cnn.children())[:-pooling])

    @torch.no_grad()
    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the frozen CNN sees: images (B, 3, H, W) -> features (B, F), or (B, P, F) in a grid."""
        return self.trunk(images)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Images (B, 3, H, W) -> context (B, E), or (B, P, E) in a grid."""
        return self.fc(self.features(images).to(self.fc.weight.dtype))

    def fingerprint(self) -> str:
        """Sixteen hex digits that change when the backbone or any of its weights does."""
        digest = hashlib.sha256(f"{self.backbone}{' grid' * self.grid}".encode())
        for name, value in self.cnn.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]
