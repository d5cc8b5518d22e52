"""The encoder: a CNN that has learnt to classify; its classifier is cut off, a new layer takes its place."""

from pathlib import Path

import torch
from torch import nn

from helpers.base.arguments import require_whole
from helpers.base.arrays import digest
from helpers.data.transforms import Transform
from helpers.show.backbones import build_backbone, transform_for
from helpers.show.folding import Folded


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
        return super().forward((features.to(self.weight.dtype) - self.mean) / self.std)


class Encoder(nn.Module):
    """A frozen CNN and a trainable layer: images (B, 3, H, W) -> context vectors (B, E).

    With `grid` every place of the CNN's last feature maps keeps a vector of its own, (B, P, E), for a decoder
    with attention: 6 × 6 places for the small CNN, 8 × 8 for the others.

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
        require_whole(embedding_dim=embedding_dim)
        self.backbone, self.embedding_dim, self.grid = backbone, int(embedding_dim), grid
        self.cnn, self.feature_dim = build_backbone(backbone, weights)
        if grid and backbone == "small":
            self.feature_dim //= 2  # a place has no maximum beside its mean
        self.cnn.requires_grad_(False).eval()
        self.fc, self._folded = ContextLayer(self.feature_dim, embedding_dim), Folded()

    @property
    def transform(self) -> Transform:
        """What makes pictures as the backbone was made for."""
        return transform_for(self.backbone)

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
        if hasattr(self.cnn, "features"):
            return self.cnn.features
        pooling = 1 if self.backbone == "small" else 2  # a ResNet has also had its classifier
        return nn.Sequential(*list(self.cnn.children())[:-pooling])

    @torch.no_grad()
    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the frozen CNN sees: images (B, 3, H, W) -> features (B, F), or (B, P, F) in a grid."""
        return self._folded(self.trunk, images)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Images (B, 3, H, W) -> context (B, E), or (B, P, E) in a grid."""
        return self.fc(self.features(images))

    def fingerprint(self) -> str:
        """Sixteen hex digits that change when the backbone or any of its weights does."""
        return digest(self.cnn.state_dict(), f"{self.backbone}{' grid' * self.grid}")
