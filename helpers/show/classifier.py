"""Stage one: a CNN learns to tell which things, and which place, a picture shows."""

import torch
from torch import nn

from helpers.base.arguments import require_number, require_whole
from helpers.base.arrays import as_array
from helpers.base.device import autocast, best_device, grad_scaler, moved_to, upload
from helpers.base.errors import UserError
from helpers.base.finite import check_finite
from helpers.base.pieces import Pieces
from helpers.base.progress import progress
from helpers.base.schedules import one_cycle
from helpers.show.backbones import imagenet_model


def load_pixels(dataset, transform) -> torch.Tensor:
    """All pictures of `dataset` in memory: uint8 (N, 3, S, S), before normalisation."""
    pixels = torch.empty(len(dataset), 3, transform.size, transform.size, dtype=torch.uint8)
    for i, path in enumerate(progress(dataset.prepared, "reading pictures")):
        pixels[i] = transform.pixels(path)
    return pixels


def class_targets(dataset, classes: list[str]) -> torch.Tensor:
    """Which of `classes` (places and things) each picture shows: (N, C) of 0 and 1."""
    shown = [
        {label, *(thing["name"] for thing in things)}
        for label, things in zip(dataset.labels, dataset.objects, strict=True)
    ]
    if not any(name in classes for names in shown for name in names):
        raise UserError(
            f"{dataset.name} does not say what its pictures show, so there are no classes to learn: "
            "use a backbone with ImageNet weights."
        )
    return torch.tensor([[float(name in names) for name in classes] for names in shown])


def train_classifier(
    cnn: nn.Module,
    transform,
    train_set: tuple[torch.Tensor, torch.Tensor],
    *,
    epochs: int = 10,
    batch_size: int = 32,
    learning_rate: float = 4e-3,
    seed: int = 0,
    on_epoch=None,
    device: torch.device | None = None,
) -> nn.Sequential:
    """Train `cnn` and a linear layer on top of it to give each class its probability.

    `train_set` is (pixels (N, 3, S, S) uint8, targets (N, C)). The loss is binary cross-entropy, class by
    class, since a picture shows several things. Returns the classifier, images -> logits
    (N, C), in eval mode, where `cnn` was. `on_epoch(epoch, mean loss)` is called after every epoch.
    """
    require_whole(epochs=epochs, batch_size=batch_size)
    require_number(above=0, learning_rate=learning_rate)
    device, (pixels, targets) = best_device(device), train_set
    if not len(pixels) or targets.dim() != 2 or len(pixels) != len(targets) or not targets.size(1):
        raise UserError(
            f"There are {len(pixels)} pictures to learn from, and targets {tuple(targets.shape)}."
        )
    torch.manual_seed(seed)
    home = next(cnn.parameters()).device
    classifier = nn.Sequential(cnn, nn.Dropout(0.2), nn.Linear(cnn.feature_dim, targets.size(1))).to(home)
    classifier = classifier.to(memory_format=torch.channels_last).train()

    def forward_backward(images, truth):  # a batch (B, 3, S, S), (B, C), or a piece of it
        with autocast(device):
            logits = classifier(images.contiguous(memory_format=torch.channels_last))  # (B, C)
        loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), truth)
        scaler.scale(loss * (len(truth) / len(rows))).backward()
        return loss.detach() * len(truth)

    with moved_to(device, classifier):
        fused = device.type == "cuda"  # the other way would make the GPU wait, here and there
        optimizer = torch.optim.AdamW(classifier.parameters(), learning_rate, weight_decay=0.02, fused=fused)
        schedule = one_cycle(optimizer, learning_rate, epochs * -(-len(pixels) // batch_size))
        scaler, pieces = grad_scaler(device), Pieces()
        advice = {"undo": optimizer.zero_grad, "changes": "BatchNorm's statistics a little"}
        for epoch in range(1, epochs + 1):
            order = torch.randperm(len(pixels)).split(int(batch_size))
            totals = torch.zeros(len(order), device=device)  # of each batch
            for i, rows in enumerate(progress(order, f"epoch {epoch} of {epochs}")):
                images = _flip_half(transform.normalise(upload(pixels[rows], device)))  # (B, 3, S, S)
                truth = upload(targets[rows], device)  # (B, C)
                optimizer.zero_grad()
                losses = pieces.each(forward_backward, images, truth, **advice)
                scaler.step(optimizer)
                scaler.update()
                schedule.step()
                totals[i] = sum(losses)
            check_finite(totals, epoch - 1, "The CNN is spoilt: make a new one before you try again.")
            if on_epoch:
                on_epoch(epoch, totals.sum().item() / len(pixels))
    return classifier.eval()


def _flip_half(images: torch.Tensor) -> torch.Tensor:
    """Mirror every other picture, drawn by chance: a dog that looks left is a dog."""
    mirrored = torch.rand(len(images), device=images.device) < 0.5
    return torch.where(mirrored.view(-1, 1, 1, 1), images.flip(3), images)


def imagenet_classifier(backbone: str, weights="DEFAULT") -> tuple[nn.Module, list[str]]:
    """The CNN that `imagenet_model` gives, and the names of the 1,000 classes that it tells apart."""
    from torchvision.models import MobileNet_V2_Weights  # every model of torchvision has the same list

    return imagenet_model(backbone, weights).eval(), MobileNet_V2_Weights.DEFAULT.meta["categories"]


@torch.no_grad()
def class_probabilities(classifier, transform, pixels, softmax: bool = False, device=None) -> torch.Tensor:
    """Pixels (N, 3, S, S) uint8 -> the probability of each class, (N, C).

    By a sigmoid, class by class; with `softmax` one distribution over all classes, as ImageNet has it.
    """
    device = best_device(device)

    def look(batch: torch.Tensor) -> torch.Tensor:
        images = transform.normalise(upload(batch, device))  # (B, 3, S, S)
        return classifier(images.contiguous(memory_format=torch.channels_last)).cpu()

    with moved_to(device, classifier.eval()):
        logits = torch.cat([*Pieces().through(look, pixels.split(128))])  # (N, C)
    return logits.softmax(-1) if softmax else logits.sigmoid()


def average_precision(probabilities: torch.Tensor, targets: torch.Tensor, classes) -> dict[str, float]:
    """Average precision of each class that occurs: the area under its precision–recall curve, 0 to 1.

    probabilities and targets (N, C); `classes` are the names of the C classes.
    """
    from sklearn.metrics import average_precision_score  # takes seconds

    probabilities, targets = as_array(probabilities), as_array(targets)
    occurring = [i for i in range(len(classes)) if targets[:, i].any()]
    return {classes[i]: float(average_precision_score(targets[:, i], probabilities[:, i])) for i in occurring}
