"""Stage two: the decoder learns to say the captions of the training pictures (`launch` is its command)."""

from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import nn

from helpers.base.device import autocast, best_device, grad_scaler, moved_to, upload
from helpers.base.finite import check_finite
from helpers.base.pieces import Pieces
from helpers.base.processes import add_gradients, from_first, rank, total
from helpers.base.progress import progress
from helpers.base.schedules import one_cycle
from helpers.tell.batches import CaptionBatches
from helpers.tell.decoding import say
from helpers.tell.fitting import require_fit, require_settings
from helpers.tell.losses import count_targets, teacher_forced_loss
from helpers.tell.metrics import score
from helpers.tell.runs import Run, fingerprint, sketch


@dataclass(frozen=True)
class Settings:
    """How to train: with equal settings and data, two runs learn the same."""

    epochs: int = 10
    batch_size: int = 128  # captions
    learning_rate: float = 2e-3  # at its highest: it rises first, then falls along a cosine
    warm_up: float = 0.2  # the share of all steps in which it rises
    clip: float = 5.0  # no step follows a gradient of a larger norm
    patience: int = 3  # stop when validation CIDEr has not risen for so many epochs
    label_smoothing: float = 0.0
    scheduled_sampling: float = 0.0  # share of its own words that it reads in the last epoch; grows from 0
    seed: int = 0

    def __post_init__(self):
        require_settings(self)


def train(
    encoder, decoder, vocabulary, train_set, val_set, settings: Settings, *,
    folder: str | Path, pieces: int = 1, on_epoch=None, on_batch=None, device: torch.device | None = None,
) -> list[dict]:  # fmt: skip
    """Train `encoder.fc` and `decoder`, keep the epoch with the best validation CIDEr, return the history.

    `train_set` and `val_set` are (features (N, F), captions: list of lists of str). After every epoch
    `folder`/last.pt holds all that is needed to go on exactly, and a later call goes on from there. Ctrl-C
    stops it and keeps the best epoch so far. `on_epoch(history)` is called after every epoch, `on_batch()`
    after every batch; a KeyboardInterrupt that they raise is a Ctrl-C. A batch goes through the model in
    `pieces`, which takes less memory and changes nothing. Of several processes, see `helpers.base.processes`,
    each takes a share of every batch; the first one scores, writes and calls back.

    Raises UserError when `folder` holds a run with other data, words or settings, or the parts do not fit.
    """
    device = best_device(device)
    require_fit(encoder, decoder, vocabulary, train_set, val_set)
    encoder.fc.standardise(train_set[0])
    model = nn.ModuleDict({"fc": encoder.fc, "decoder": decoder})  # what learns; the CNN does not
    batches = CaptionBatches(*train_set, vocabulary, settings.batch_size, device)
    same = [getattr(settings, field.name) for field in fields(Settings) if field.name != "patience"]

    def one_epoch() -> dict:
        loss = train_epoch(run, batches, settings, on_batch)
        return {"train_loss": loss} | validate(encoder, decoder, vocabulary, val_set)

    with moved_to(device, encoder, decoder):
        rate, steps = settings.learning_rate, settings.epochs * len(batches)
        optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=1e-4, fused=True)
        schedule = one_cycle(optimizer, rate, steps, settings.warm_up)
        run = Run(folder, model, optimizer, schedule, grad_scaler(device), pieces)
        run.resume(fingerprint(encoder, decoder, vocabulary, train_set, same), sketch(train_set[0]))
        return run.go_on(one_epoch, settings.epochs, settings.patience, on_epoch)


def train_epoch(run: Run, batches: CaptionBatches, settings: Settings, on_batch=None) -> float:
    """One pass over all captions; returns the mean loss in nats a word. UserError if it is no number."""
    model, optimizer, schedule, scaler = run.model, run.optimizer, run.schedule, run.scaler
    fc, decoder, device = model["fc"], model["decoder"], model["fc"].weight.device
    own_words = settings.scheduled_sampling * run.epoch / max(1, settings.epochs - 1)
    seed = settings.seed * 1000 + run.epoch
    torch.manual_seed(seed + 10**6 * rank())  # for dropout: nothing else draws from it
    order = torch.Generator().manual_seed(seed)
    losses = torch.zeros(len(batches), device=device)  # each summed over the words of a batch

    def forward_backward(features, captions):  # a batch (B, F), (B, T), or a piece of it
        with autocast(device):
            context = fc(upload(features, device).float())  # (B, E)
            loss = teacher_forced_loss(decoder, context, captions, settings.label_smoothing, own_words)
        loss = loss * count_targets(captions)
        scaler.scale(loss / words).backward()  # the gradient of the mean over the words of the whole batch
        return loss.detach()

    model.train()
    with progress(batches.epoch(order), f"epoch {run.epoch + 1}", total=len(batches)) as bar:
        for i, (features, captions) in enumerate(bar):
            words = total(upload(count_targets(captions), device))
            optimizer.zero_grad()
            losses[i] = sum(run.pieces.each(forward_backward, features, captions, undo=optimizer.zero_grad))
            add_gradients(model)  # of the other processes
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            if on_batch and rank() == 0:
                on_batch()
            if i % 100 == 99 or i + 1 == len(batches):  # a look at the numbers makes a GPU wait
                check_finite(total(losses), run.epoch, "The epochs before this one are kept.")
    return total(losses).sum().item() / batches.words


@torch.inference_mode()
def validate(encoder, decoder, vocabulary, val_set: tuple, batch_size: int = 256) -> dict[str, float]:
    """Loss under teacher forcing, and the scores of captions that the decoder says on its own (greedy)."""
    device = encoder.fc.weight.device
    batches = CaptionBatches(*val_set, vocabulary, batch_size)
    encoder.eval(), decoder.eval()

    def loss_of(features, captions):  # of a batch (B, F), (B, T), or a piece of it
        context = encoder.fc(upload(features, device).float())  # (B, E)
        return teacher_forced_loss(decoder, context, captions) * count_targets(captions)

    losses = Pieces().through(loss_of, batches.epoch(torch.Generator().manual_seed(0)))
    loss = sum(losses, torch.zeros((), device=device))  # over all words
    features, references = val_set
    scores = from_first(lambda: score(references, say(encoder, decoder, vocabulary, features, batch_size)))
    return {"val_loss": total(loss).item() / batches.words} | scores
