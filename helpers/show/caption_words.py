"""Stage one on photographs: the CNN learns which words people say of a picture, before it is frozen.

ImageNet's classes are breeds of dogs and kinds of tools; captions are about what people and dogs *do*. So the
CNN's last blocks learn to give each frequent word of the training captions its probability (as Fang et al.,
2015, and Wu et al., 2016, did with larger CNNs). Then this classifier, too, is cut off.

ImageNet's own classifier need not be lost for that: what it says of the training pictures is a second thing
to learn (learning without forgetting, Li and Hoiem, 2016).
"""

import random
from collections import Counter
from copy import deepcopy
from dataclasses import replace

import torch
from torch import nn
from torch.fx.experimental.optimization import fuse

from helpers.base.arguments import caption_lists, require_number, require_whole
from helpers.base.device import autocast, best_device, grad_scaler, moved_to, upload
from helpers.base.errors import UserError
from helpers.base.finite import check_finite
from helpers.base.pieces import Pieces
from helpers.base.processes import require_alone
from helpers.base.progress import progress, read_ahead
from helpers.base.schedules import one_cycle
from helpers.data.scripts import bare_words
from helpers.show.encoder import chain

KEEP = 5.0  # weight of `forgetting` beside the loss of the words


def words_to_learn(captions: list[list[str]], at_least: int | None = None) -> list[str]:
    """Words that tell something and are said of at least so many pictures, the most frequent first.

    `captions`: for each training picture its captions. `at_least` None is 20, or one picture in 300 where
    there are few, but two. Raises UserError if there is no such word.
    """
    require_whole(or_none=True, at_least=at_least)
    captions = caption_lists(captions)
    at_least = at_least or min(20, max(2, len(captions) // 300))
    counts = Counter(word for group in captions for word in set().union(*map(_words, group)))
    words = [
        word for word, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= at_least
    ]
    if not words:
        few = f"captions of {len(captions)} pictures" if any(captions) else "pictures without captions"
        raise UserError(
            f"No word is said of {at_least} pictures: from {few} there is nothing for the CNN to learn. "
            "Leave this stage out, and the CNN stays as it is."
        )
    return words


def word_targets(captions: list[list[str]], words: list[str]) -> torch.Tensor:
    """For each picture and each of `words` the share of its captions that say it: (N, W), 0 to 1."""
    column = {word: i for i, word in enumerate(words)}
    targets = torch.zeros(len(captions), len(words))
    for i, group in enumerate(captions):
        for text in group:
            said = [column[word] for word in _words(text) if word in column]
            targets[i, said] += 1 / len(group)
    return targets


def _words(caption: str) -> set[str]:
    """Plurals stay apart from singulars, and "man" from "woman": the decoder will have to choose."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # takes seconds

    return set(bare_words(caption)) - ENGLISH_STOP_WORDS


def split(maps: nn.Module, blocks: int) -> tuple[nn.Sequential, nn.Sequential]:
    """The chain of a CNN's layers in two: what stays as it is, and the last `blocks` that have weights.

    Chains are taken apart; a residual block stays whole. UserError when there are not so many.
    """
    parts = chain(maps)
    learnable = [i for i, part in enumerate(parts) if any(True for _ in part.parameters())]
    require_whole(1, len(learnable) - 1, blocks=blocks)
    cut = learnable[-blocks]
    return nn.Sequential(*parts[:cut]), nn.Sequential(*parts[cut:])


def learn_words(
    encoder,
    dataset,
    transform,
    *,
    views: tuple[dict, ...] = ({},),
    epochs: int = 5,
    blocks: int = 5,
    batch_size: int = 64,
    learning_rate: float = 3e-4,
    at_least: int | None = None,
    keep: nn.Module | None = None,
    clip: float = 5.0,
    seed: int = 0,
    on_epoch=None,
    device: torch.device | None = None,
) -> list[str]:
    """Train the last `blocks` of `encoder.cnn` in place to tell the words of the captions; return the words.

    `dataset` are training pictures with captions. Of `views` (changes to `transform`) chance takes one for
    each batch. BatchNorm stays in eval mode. The loss is binary cross-entropy, summed over words, a mean over
    pictures; `on_epoch(epoch, mean loss)` is called after every epoch. `keep` is a classifier of the CNN's
    features (B, F) that is to say the same afterwards as before; then `forgetting` joins the loss.
    """
    require_alone("Learning words")
    require_whole(epochs=epochs, batch_size=batch_size)
    require_number(above=0, learning_rate=learning_rate, clip=clip)
    if not views:
        raise UserError("views has none in it: leave it out, or give changes to the transform, such as [{}].")
    device, chance = best_device(device), random.Random(seed)
    torch.manual_seed(seed)
    words = words_to_learn(dataset.captions, at_least)
    targets = word_targets(dataset.captions, words).to(device)

    def read(rows: torch.Tensor) -> torch.Tensor:
        seen = replace(transform, **chance.choice(views))
        return seen.batch([dataset.prepared[i] for i in rows])  # (B, 3, S, S)

    def forward_backward(images, truth):  # a batch (B, 3, S, S), (B, W), or a piece of it
        with autocast(device):
            with torch.no_grad():
                maps = frozen(images.contiguous(memory_format=torch.channels_last))  # (B, C, h, w)
                before = keep(early(maps).mean(dim=(2, 3))) if keep else None  # (B, classes)
            seen = high(maps).mean(dim=(2, 3))  # (B, F)
            logits, after = head(seen), keep(seen) if keep else None  # (B, W), (B, classes)
        loss = word_loss(logits.float(), truth)
        if keep:
            loss = loss + KEEP * forgetting(after.float(), before.float())
        scaler.scale(loss * (len(truth) / len(rows))).backward()
        return loss.detach() * len(truth)

    keep = keep and deepcopy(keep).eval().requires_grad_(False).to(device)
    with moved_to(device, encoder.eval()):
        low, high = split(encoder.maps, blocks)
        frozen = fuse(low).to(memory_format=torch.channels_last)  # a copy, with BatchNorm folded
        with torch.no_grad():
            width = high(frozen(torch.zeros(1, 3, transform.size, transform.size, device=device))).size(1)
        head, early = new_head(width, targets), deepcopy(high)
        high.requires_grad_(True)
        groups = [{"params": high.parameters()}, {"params": head.parameters()}]
        optimizer, scaler = torch.optim.AdamW(groups, weight_decay=0.01, fused=True), grad_scaler(device)
        rates, steps = [learning_rate, 2e-3], epochs * -(-len(dataset) // batch_size)
        schedule, pieces = one_cycle(optimizer, rates, steps, warm_up=0.2), Pieces()
        for epoch in range(1, epochs + 1):
            order = torch.randperm(len(dataset)).split(int(batch_size))
            totals = torch.zeros(len(order), device=device)  # of each batch
            bar = progress(order, f"words, epoch {epoch} of {epochs}")
            for i, (rows, images) in enumerate(zip(bar, read_ahead(read, order), strict=True)):
                optimizer.zero_grad()
                batch = upload(images, device), targets[upload(rows, device)]  # (B, 3, S, S), (B, W)
                losses = pieces.each(forward_backward, *batch, undo=optimizer.zero_grad)
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(high.parameters(), clip)
                scaler.step(optimizer)
                scaler.update()
                schedule.step()
                totals[i] = sum(losses)
            check_finite(totals, epoch - 1, "The CNN is spoilt: make a new encoder before you try again.")
            if on_epoch:
                on_epoch(epoch, totals.sum().item() / len(dataset))
        high.requires_grad_(False)
    return words


def new_head(width: int, targets: torch.Tensor) -> nn.Sequential:
    """Features (B, width) -> logits (B, W); untrained it says how frequent words are in `targets`."""
    head = nn.Sequential(nn.Dropout(0.2), nn.Linear(width, targets.size(1))).to(targets.device)
    nn.init.zeros_(head[1].weight)
    head[1].bias.data = targets.mean(0).clamp(1e-4, 1 - 1e-4).logit()
    return head


def forgetting(logits: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
    """How far classes (B, C) are from what they were before: KL divergence, a mean over pictures."""
    logs = logits.log_softmax(-1), before.log_softmax(-1)
    return nn.functional.kl_div(*logs, reduction="batchmean", log_target=True)


def word_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy of logits and targets (B, W), summed over words, a mean over pictures."""
    bce = nn.functional.binary_cross_entropy_with_logits
    return bce(logits, targets, reduction="sum") / len(targets)
