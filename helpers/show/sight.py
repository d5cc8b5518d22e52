"""What the features tell beside the caption: the classes that the CNN sees, and how familiar it all looks.

Familiarity compares a picture with the photographs that the captioner learnt from: how far its features lie
from theirs (the Mahalanobis distance, along the directions in which theirs differ). It is given as the share of
held-out pictures that look stranger: 95 of 100 photographs like those it knows have 0.05 or more.
"""

import torch
from torch import nn

UNSURE = 0.05  # below this familiarity a caption is a guess


class Sight(nn.Module):
    """A classifier of pooled features (B, F), which may have no classes, and the measure of familiarity."""

    def __init__(self, feature_dim: int, classes: list[str] = (), dimensions: int = 64):
        super().__init__()
        self.config = {"feature_dim": feature_dim, "classes": list(classes), "dimensions": dimensions}
        self.classifier = nn.Linear(feature_dim, len(classes)) if classes else None
        self.register_buffer("mean", torch.zeros(feature_dim))
        self.register_buffer("axes", torch.zeros(feature_dim, dimensions))  # divided by spread
        self.register_buffer("distances", torch.zeros(101))  # quantiles, of held-out pictures

    @property
    def classes(self) -> list[str]:
        """The names of the classes (C), in the order of `probabilities`."""
        return self.config["classes"]

    def probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Pooled features (B, F) -> of each class its probability, (B, C)."""
        return self.classifier(features).softmax(-1)

    def familiarity(self, features: torch.Tensor) -> torch.Tensor:
        """Pooled features (B, F) -> the share of held-out pictures that look stranger, 0 to 1: (B,)."""
        nearer = torch.searchsorted(self.distances, self.distance(features))
        return (1 - nearer / (len(self.distances) - 1)).clamp(min=0)

    def distance(self, features: torch.Tensor) -> torch.Tensor:
        """Pooled features (B, F) -> how far they lie from the training pictures', (B,)."""
        return ((features - self.mean) @ self.axes).norm(dim=1)

    @torch.no_grad()
    def learn(self, train: torch.Tensor, held_out: torch.Tensor) -> None:
        """Take mean and spread from the pooled features of training pictures (N, F), quantiles from others."""
        self.mean.copy_(train.mean(0))
        spread, axes = torch.linalg.eigh((train - self.mean).T.cov())  # (F,), (F, F), the smallest first
        n = self.config["dimensions"]
        self.axes.copy_(axes[:, -n:] / (spread[-n:] + 1e-6).sqrt())
        self.distances.copy_(self.distance(held_out).quantile(torch.linspace(0, 1, len(self.distances))))
