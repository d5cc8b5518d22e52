"""Stage three, for those who have the time: the CNN's last blocks learn from the captions, too.

Features kept on disk are of no use once the CNN changes, so every picture goes through it in every epoch; all
its captions are said at once. BatchNorm stays as it is, in eval mode: its statistics must not drift.
"""

import hashlib
import json
from pathlib import Path

import torch
from torch import nn

from helpers.base.arrays import digest
from helpers.base.device import autocast, best_device, grad_scaler, moved_to, upload
from helpers.base.errors import UserError
from helpers.base.processes import require_alone
from helpers.base.progress import progress, read_ahead
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import chain
from helpers.tell.losses import count_targets, teacher_forced_loss
from helpers.tell.runs import Run
from helpers.tell.training import validate


def unfreeze(encoder, blocks: int) -> list[nn.Parameter]:
    """Let the last `blocks` layers of the CNN learn, counted as `layers` gives them, and no others.

    Returns their parameters. UserError when there are not so many layers.
    """
    parts = layers(encoder.trunk)
    if not 1 <= blocks <= len(parts):
        raise UserError(f"The CNN has {len(parts)} layers to unfreeze, not {blocks}.")
    encoder.cnn.requires_grad_(False)
    chosen = [parameter for part in parts[-blocks:] for parameter in part.parameters()]
    for parameter in chosen:
        parameter.requires_grad_(True)
    return chosen


def layers(trunk: nn.Module) -> list[nn.Module]:
    """The blocks of a CNN in the order in which a picture goes through them, those without weights left out.

    Chains are taken apart; a residual block, or any other module, stays whole.
    """
    parts = [part for child in trunk.children() for part in chain(child)]
    return [part for part in parts if any(True for _ in part.parameters())]


def finetune(
    encoder,
    decoder,
    vocabulary: Vocabulary,
    train_set,
    val_set,
    *,
    folder: str | Path,
    transform: Transform,
    blocks: int = 3,
    epochs: int = 2,
    batch_size: int = 32,
    learning_rate: float = 2e-4,
    cnn_learning_rate: float = 2e-5,
    clip: float = 5.0,
    patience: int = 3,
    seed: int = 0,
    on_epoch=None,
    device: torch.device | None = None,
) -> list[dict]:
    """Train on decoder, `encoder.fc` and the CNN's last `blocks`; keep the best epoch, return the history.

    `train_set` and `val_set` are data sets of pictures (`datasets.load`); a batch is so many pictures
    with all their captions. As with `training.train`, `folder`/last.pt holds all that is needed to go
    on (so use another folder), and Ctrl-C keeps the best epoch so far. UserError when it holds another run,
    or one that began with other weights; the weights that it left behind may go on, too.
    """
    require_alone("Fine-tuning")
    device = best_device(device)
    cnn = unfreeze(encoder, blocks)
    heads = [*encoder.fc.parameters(), *decoder.parameters()]
    groups = [{"params": heads, "lr": learning_rate}, {"params": cnn, "lr": cnn_learning_rate}]
    model = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
    steps = epochs * -(-len(train_set) // batch_size)
    facts = ["finetune", encoder.backbone, encoder.grid, decoder.config, vocabulary.words, clip, seed]
    facts += [train_set.fingerprint, train_set.captions, transform.config(), blocks, epochs, batch_size]
    facts += [learning_rate, cnn_learning_rate]  # no weights: they are what it changes

    def one_epoch() -> dict:
        loss = _epoch(encoder, run, vocabulary, train_set, transform, batch_size, clip, seed)
        features = _features(encoder, val_set, transform, batch_size)
        return {"train_loss": loss} | validate(encoder, decoder, vocabulary, (features, val_set.captions))

    with moved_to(device, encoder, decoder):
        optimizer = torch.optim.AdamW(groups, weight_decay=1e-4, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        run = Run(folder, model, optimizer, schedule, grad_scaler(device))
        same = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        run.resume(same, start=digest(model.state_dict()))
        history = run.go_on(one_epoch, epochs, patience, on_epoch)
    encoder.cnn.requires_grad_(False)
    return history


def _epoch(
    encoder, run: Run, vocabulary, dataset, transform, batch_size: int, clip: float, seed: int
) -> float:
    """Every picture once, with all its captions; returns the mean loss a word."""
    model, optimizer, scaler = run.model, run.optimizer, run.scaler
    device, losses, words = encoder.fc.weight.device, [], []
    torch.manual_seed(seed * 1000 + run.epoch)
    order = torch.randperm(len(dataset))
    model.train()
    batches = order.split(batch_size)
    pictures = read_ahead(lambda rows: transform.batch([dataset.prepared[i] for i in rows]), batches)
    for rows, images in zip(progress(batches, f"epoch {run.epoch + 1}"), pictures, strict=True):
        images = upload(images, device)
        captions = [vocabulary.encode(text) for i in rows for text in dataset.captions[i]]
        captions = nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in captions], batch_first=True)
        repeats = upload(torch.tensor([len(dataset.captions[i]) for i in rows]), device)
        with autocast(device):
            context = encoder.fc(encoder.trunk(images).float())  # (B, …, E)
            context = context.repeat_interleave(repeats, 0, output_size=len(captions))
            loss = teacher_forced_loss(model["decoder"], context, captions)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        run.step(clip)
        losses.append(loss.detach())
        words.append(int(count_targets(captions)))
    return sum(loss.item() * n for loss, n in zip(losses, words, strict=True)) / sum(words)


def _features(encoder, dataset, transform, batch_size: int) -> torch.Tensor:
    """Features (N, …, F) as the CNN sees the pictures now."""
    device, parts = encoder.fc.weight.device, []
    encoder.eval()
    batches = [dataset.prepared[i : i + batch_size] for i in range(0, len(dataset), batch_size)]
    for images in progress(read_ahead(transform.batch, batches), "features", total=len(batches)):
        with autocast(device):
            parts.append(encoder.features(upload(images, device)).float().cpu())
    return torch.cat(parts)
