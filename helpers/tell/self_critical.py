"""A last stage: say whole captions and be rewarded by CIDEr (self-critical training, Rennie et al., 2017).

Cross-entropy teaches the next word after true words; nobody asks how good the whole caption is. Here the
decoder draws captions of its own. One that scores higher than what it says otherwise becomes likelier, one
that scores lower less likely: the model is its own critic.

What it says otherwise is the greedy caption when one caption is drawn for a picture, as in the paper. When
several are drawn, each is compared with the mean of the others (Luo, 2020). The greedy caption nearly always
beats them; then all that a step does is to punish, and after a few epochs the decoder comes apart.

Reward alone makes the decoder so sure of itself that beam search has nothing left to choose from. So a little
of the cross-entropy is kept (Paulus et al., 2018, equation 16), and dropout stays on while it learns.
"""

from collections import Counter
from functools import partial
from itertools import pairwise
from math import exp, log, sqrt
from pathlib import Path

import torch
from torch import nn

from helpers.base.arguments import require_number, require_whole
from helpers.base.arrays import digest
from helpers.base.device import autocast, best_device, grad_scaler, moved_to, upload
from helpers.base.finite import check_finite
from helpers.base.processes import require_alone
from helpers.base.progress import progress
from helpers.data.vocabulary import Vocabulary
from helpers.tell.decoding import greedy, sample
from helpers.tell.fitting import require_fit
from helpers.tell.losses import teacher_forced_loss, true_words
from helpers.tell.penn_treebank import ptb_tokenize
from helpers.tell.runs import Run, fingerprint, sketch
from helpers.tell.training import validate


class Reward:
    """CIDEr of single captions; which n-grams are rare is counted once, over all references."""

    def __init__(self, references: list[list[str]]):
        """`references`: for each training picture its captions."""
        grams = [[_grams(ptb_tokenize(text)) for text in group] for group in references]
        pictures_with = Counter()
        for group in grams:
            pictures_with.update({gram for counts in group for n in counts for gram in n})
        self.unseen = log(len(references))
        self.idf = {gram: self.unseen - log(count) for gram, count in pictures_with.items()}
        self.references = [[self._vectors(counts) for counts in group] for group in grams]

    def __call__(self, picture: int, caption: str) -> float:
        """CIDEr (0 to 10) of `caption` for training picture number `picture`, as `metrics` has it."""
        mine, norms, length = self._vectors(_grams(ptb_tokenize(caption)))
        total = 0.0
        for theirs, their_norms, their_length in self.references[picture]:
            penalty = exp(-((length - their_length) ** 2) / 72)
            for weights, others, norm, their_norm in zip(mine, theirs, norms, their_norms, strict=True):
                shared = sum(min(w, others[g]) * others[g] for g, w in weights.items() if g in others)
                if shared:
                    total += 10 / 4 * penalty * shared / (norm * their_norm)
        return total / len(self.references[picture])

    def _vectors(self, counts: list[Counter]):
        """tf × idf of the n-grams for n = 1 … 4, the vectors' lengths, the number of word pairs."""
        vectors = [
            {gram: count * self.idf.get(gram, self.unseen) for gram, count in n.items()} for n in counts
        ]
        return vectors, [sqrt(sum(w * w for w in vector.values())) for vector in vectors], counts[1].total()


def _grams(words: list[str]) -> list[Counter]:
    pairs = [*pairwise(words)]
    longer = [zip(*(words[i:] for i in range(n)), strict=False) for n in (3, 4)]
    return [Counter((word,) for word in words), Counter(pairs), *map(Counter, longer)]


def practise(
    encoder,
    decoder,
    vocabulary: Vocabulary,
    train_set: tuple,
    val_set: tuple,
    *,
    folder: str | Path,
    epochs: int = 3,
    batch_size: int = 64,
    samples: int = 5,
    learning_rate: float = 3e-4,
    cross_entropy: float = 0.05,
    clip: float = 1.0,
    patience: int = 3,
    seed: int = 0,
    on_epoch=None,
    device: torch.device | None = None,
) -> list[dict]:
    """Train on by reward what cross-entropy has trained; keep the best epoch, return the history.

    An epoch shows every picture once, and draws `samples` captions for it. `cross_entropy` is the weight of
    that loss on one true caption of each picture. The learning rate falls along a cosine. As with
    `training.train`, features may be of several views, `folder`/last.pt holds all that is needed to
    go on (so use another folder), and Ctrl-C keeps the best epoch so far.
    """
    require_alone("Self-critical training")
    require_whole(batch_size=batch_size, samples=samples)
    require_whole(0, epochs=epochs, patience=patience, seed=seed)
    require_number(above=0, learning_rate=learning_rate, clip=clip)
    require_number(at_least=0, cross_entropy=cross_entropy)
    require_fit(encoder, decoder, vocabulary, train_set, val_set)
    device = best_device(device)
    features, captions = train_set
    reward, n = Reward(captions), len(captions)
    true = [[torch.tensor(vocabulary.encode(text)) for text in group] for group in captions]
    model = nn.ModuleDict({"fc": encoder.fc, "decoder": decoder})

    @torch.no_grad()
    def speak(rows, seen, chance):  # of pictures (B,) captions, their rewards, their rivals': B × S each
        with autocast(device):
            context = encoder.fc(seen)  # (B, …, E)
            drawn = sample(decoder, context.repeat_interleave(samples, 0), generator=chance)
            gained = rewards(reward, vocabulary, rows.repeat_interleave(samples), drawn)  # (B * S,)
            if samples == 1:
                baseline = rewards(reward, vocabulary, rows, greedy(decoder, context))
            else:
                baseline = others(gained, samples)
        said = [[best[0] for best in drawn[i : i + samples]] for i in range(0, len(drawn), samples)]
        return said, gained.view(-1, samples), baseline.view(-1, samples)

    def learn(pictures: int, seen, said, advantage, captions):  # from so many pictures, or a piece of them
        with autocast(device):  # anew: weights that were cast for speaking get no gradient
            context, spoken = encoder.fc(seen), [hypothesis for some in said for hypothesis in some]
            repeated = context.repeat_interleave(samples, 0)  # (B * S, …, E)
            loss = self_critical_loss(decoder, repeated, spoken, advantage.flatten())
            loss = loss + cross_entropy * teacher_forced_loss(decoder, context, captions)
        loss = loss * (len(seen) / pictures)
        run.scaler.scale(loss).backward()
        return loss.detach()

    def one_epoch() -> dict:
        chance = torch.Generator().manual_seed(seed * 1000 + run.epoch)
        torch.manual_seed(seed * 1000 + run.epoch)  # dropout
        order, total = torch.randperm(n, generator=chance).split(int(batch_size)), 0.0
        losses = torch.zeros(len(order), device=device)
        for i, rows in enumerate(progress(order, f"epoch {run.epoch + 1}")):  # (B,)
            view = torch.randint(len(features) // n, rows.shape, generator=chance)
            seen = upload(features[rows + n * view], device).float()  # (B, …, F)
            said, gained, baseline = speak(rows, seen, chance)
            decoder.train()  # whoever speaks is in eval mode
            run.optimizer.zero_grad()
            batch = seen, said, gained - baseline, _one_each(true, rows, chance)
            options = {"undo": run.optimizer.zero_grad, "changes": "the weights of words a little"}
            losses[i] = sum(run.pieces.each(partial(learn, len(rows)), *batch, **options))
            run.step(clip)
            total += gained.sum().item()
        check_finite(losses, run.epoch, "The epochs before this one are kept.")
        return {"reward": total / (samples * n)} | validate(encoder, decoder, vocabulary, val_set)

    with moved_to(device, encoder, decoder):
        optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, fused=True)
        steps = max(1, epochs * -(-n // batch_size))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        run = Run(folder, model, optimizer, schedule, grad_scaler(device))
        settings = ["self-critical", epochs, batch_size, samples, learning_rate, cross_entropy, clip, seed]
        same = fingerprint(encoder, decoder, vocabulary, train_set, settings)
        run.resume(same, sketch(features), start=digest(model.state_dict()))
        return run.go_on(one_epoch, epochs, patience, on_epoch)


def _one_each(true: list[list[torch.Tensor]], rows: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
    """A true caption of each of the pictures `rows` (B,): (B, T)."""
    drawn = [true[i][int(torch.randint(len(true[i]), (), generator=chance))] for i in rows]
    return nn.utils.rnn.pad_sequence(drawn, batch_first=True, padding_value=Vocabulary.PAD)


def others(gained: torch.Tensor, samples: int) -> torch.Tensor:
    """For the reward of each caption, (B * S,), the mean reward of the S - 1 others of its picture."""
    groups = gained.view(-1, samples)  # (B, S)
    return ((groups.sum(1, keepdim=True) - groups) / (samples - 1)).flatten()


def rewards(reward: Reward, vocabulary, pictures: torch.Tensor, hypotheses) -> torch.Tensor:
    """The reward of the best hypothesis for each of `pictures` (B,): (B,)."""
    texts = [vocabulary.decode(some[0].words) for some in hypotheses]
    return torch.tensor([reward(i, text) for i, text in zip(pictures.tolist(), texts, strict=True)])


def self_critical_loss(decoder, context: torch.Tensor, hypotheses, advantage: torch.Tensor) -> torch.Tensor:
    """-advantage × log p of what was said, a mean over its words (Rennie et al., equation 6).

    context (B, …, E), one hypothesis and one advantage (B,) for each: its CIDEr above that of its rivals.
    """
    ids = [[Vocabulary.START, *h.words, *[Vocabulary.END] * h.finished] for h in hypotheses]
    captions = nn.utils.rnn.pad_sequence([torch.tensor(row) for row in ids], batch_first=True)  # (B, T)
    logits, targets = true_words(decoder, context, captions)  # (words, V), (words,)
    log_prob = -nn.functional.cross_entropy(logits.float(), targets, reduction="none")
    lengths = torch.tensor([len(row) - 1 for row in ids])
    weight = upload(advantage.cpu().repeat_interleave(lengths), context.device)  # (words,)
    return -(weight * log_prob).mean()
