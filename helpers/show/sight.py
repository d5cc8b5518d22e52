"""What the features tell beside the caption: the classes that the CNN sees, and how familiar it all looks.

Familiarity compares a picture with those that the captioner learnt from. They differ from each other in some
directions above all; what of a picture's features lies outside of these, none of them explains (the residual
of ViM, Wang et al., 2022). Features are scaled to length one, so that contrast and sharpness count little.
It is given as the share of held-out pictures that look stranger: 95 of 100 photographs like those that the
captioner knows have 0.05 or more.
"""

from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import normalize

from helpers.base.errors import UserError
from helpers.show.classifier import imagenet_classifier

UNSURE = 0.05  # below this familiarity a caption is a guess


def pooled(features: torch.Tensor) -> torch.Tensor:
    """Features (N, F) or, of a grid, (N, P, F) -> (N, F) float32: the mean over all places."""
    if features.dim() == 2:
        return features.float()
    return torch.cat([some.float().mean(1) for some in features.split(512)])  # they may be a map of the disk


class Sight(nn.Module):
    """A classifier of pooled features (B, F), which may have no classes, and the measure of familiarity."""

    def __init__(self, feature_dim: int, classes: list[str] = (), dimensions: int = 64):
        super().__init__()
        dimensions = min(dimensions, feature_dim // 2)
        self.config = {"feature_dim": feature_dim, "classes": list(classes), "dimensions": dimensions}
        self.classifier = nn.Linear(feature_dim, len(classes)) if classes else None
        self.register_buffer("mean", torch.zeros(feature_dim))
        self.register_buffer("axes", torch.zeros(feature_dim, dimensions))  # of length one, or zero
        self.register_buffer("distances", torch.zeros(101))  # quantiles, of held-out pictures

    @property
    def classes(self) -> list[str]:
        """The names of the classes (C), in the order of `probabilities`."""
        return self.config["classes"]

    def probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Pooled features (B, F) -> of each class its probability, (B, C)."""
        return self.classifier(features.to(self.mean)).softmax(-1)

    def likeliest(self, features: torch.Tensor, n: int) -> list[list[tuple[int, float]]]:
        """Of each picture, pooled features (B, F), the `n` likeliest classes: numbers and probabilities."""
        if not self.classes:
            return [[] for _ in features]
        best = self.probabilities(features).topk(min(n, len(self.classes)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [[*zip(*pair, strict=True)] for pair in pairs]

    def familiarity(self, features: torch.Tensor) -> torch.Tensor:
        """Pooled features (B, F) -> the share of held-out pictures that look stranger, 0 to 1: (B,)."""
        steps = len(self.distances) - 1
        nearer = torch.searchsorted(self.distances, self.distance(features))
        return (steps - nearer).clamp(min=0) / steps

    def distance(self, features: torch.Tensor) -> torch.Tensor:
        """Pooled features (B, F) -> the length of what lies outside of the training pictures' axes, (B,)."""
        apart = normalize(features.to(self.mean)) - self.mean
        return (apart - apart @ self.axes @ self.axes.T).norm(dim=1)

    @torch.no_grad()
    def learn(self, train: torch.Tensor, held_out: torch.Tensor) -> None:
        """Take axes from the pooled features of training pictures (N, F), quantiles from those of others.

        UserError when there are none, or when they are not numbers.
        """
        for which, features in (("training", train), ("held-out", held_out)):
            if not len(features) or not features.isfinite().all():
                what = "are no numbers" if len(features) else "are missing"
                raise UserError(f"What looks familiar can't be learnt: features of {which} pictures {what}.")
        train = normalize(train.float().cpu())
        mean = train.mean(0)
        spread, axes = torch.linalg.eigh((train - mean).T @ (train - mean) / len(train))  # the smallest first
        axes = axes * (spread > 1e-9)  # in which training pictures differ: a few have fewer
        self.mean.copy_(mean)
        self.axes.copy_(axes[:, len(spread) - self.config["dimensions"] :])
        shares = torch.linspace(0, 1, len(self.distances))
        self.distances.copy_(self.distance(held_out).cpu().quantile(shares, interpolation="higher"))


def learn_sight(
    encoder, train: torch.Tensor, held_out: torch.Tensor, weights: str | Path | None = None
) -> Sight:
    """The sight of an encoder, learnt from features of training pictures (N, …, F) and of others.

    `weights`: "DEFAULT" or a file of the CNN's in which ImageNet's classifier is; None is a sight without
    classes. Of more than 10,000 pictures some will do.
    """
    classifier, classes = None, []
    if weights is not None:
        cnn, classes = imagenet_classifier(encoder.backbone, weights)
        classifier = [layer for layer in cnn.modules() if isinstance(layer, nn.Linear)][-1]
    sight = Sight(encoder.feature_dim, classes)
    if classifier:
        sight.classifier.load_state_dict(classifier.state_dict())
    sight.learn(pooled(train[:: -(-len(train) // 10_000) or 1]), pooled(held_out))
    return sight.eval()
