"""The checks of the exercises of 03 and 04: the decoder and its training."""

from collections import Counter
from math import log
from operator import eq
from statistics import mean

import torch
from torch import nn

from helpers.teach.exercises import (
    Hint,
    ambiguous,
    as_number,
    compare,
    dice,
    exercise,
    expect,
    near,
    practice,
)
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.decoder import Decoder
from helpers.tell.metrics import score


def torch_dice() -> torch.Generator:
    """A generator with another seed every time."""
    return torch.Generator().manual_seed(dice().randrange(10**6))


def some_decoder(kind=Decoder) -> Decoder:
    """An untrained decoder of 11 words, with weights large enough that mistakes show."""
    torch.manual_seed(dice().randrange(10**6))
    decoder = kind(11, 6, 8).eval()
    for weight in decoder.parameters():
        weight.data.mul_(2)
    return decoder


def same(one, other) -> bool:
    """Whether two tensors agree in shape and, but for rounding, in value."""
    one, other = torch.as_tensor(one).detach().float(), torch.as_tensor(other).detach().float()
    return one.shape == other.shape and torch.allclose(one, other, atol=1e-4, rtol=1e-3)


@exercise("3.1", "A first loss far from log V means a mistake before the first step: look for it there.")
def loss_of_the_ignorant(answer):
    """Log V, in nats."""
    words = len(Captioner.load(SHIPPED).vocabulary)
    mistakes = {
        "that is in bits: PyTorch's losses are in nats, natural logarithms.": log(words, 2),
        "that is the decimal logarithm; it should be the natural one.": log(words, 10),
        "a loss is -log p: mind the sign.": -log(words),
        "that is the probability of each word; the loss is -log of it.": 1 / words,
    }
    compare(as_number(answer), log(words), mistakes, "all len(known) words have the same p: what is -log p?")


@exercise("3.2", "That sum is what the whole course makes as large as it can: equation 2 of Show and Tell.")
def log_probability_of_a_caption(answer):
    """(logits (T, V), targets (T,)) -> the sum of log p of the targets."""
    chance = torch_dice()
    for t in (3, 8, 5, 4):
        logits = 3 * torch.randn(t, 9, generator=chance)
        targets = torch.randint(9, (t,), generator=chance)
        each = logits.log_softmax(-1)[range(t), targets]  # (T,)
        mistakes = {
            "those are the logits themselves: a softmax makes probabilities of them.": logits,
            "softmax is over the words of the vocabulary: the last dimension.": logits.log_softmax(0),
        }
        mistakes = {hint: wrong[range(t), targets].sum().item() for hint, wrong in mistakes.items()}
        mistakes |= {
            "that is the loss, -log p; we ask for log p.": -each.sum().item(),
            "that is a mean over the words; the log p of a caption is a sum.": each.mean().item(),
            "those are probabilities; add up their logarithms.": each.exp().sum().item(),
            "that is p; we ask for its logarithm.": each.exp().prod().item(),
            "that is the loss, a mean of -log p; we ask for a sum of log p.": -each.mean().item(),
            "that is the likeliest word at each step; we ask for the right one, targets[t].": (
                logits.log_softmax(-1).amax(-1).sum().item()
            ),
            "that takes all targets at every step; at step t only targets[t] is right.": (
                logits.log_softmax(-1)[:, targets].sum().item()
            ),
        }
        if ambiguous(each.sum().item(), mistakes):
            continue
        said = as_number(answer(logits.clone(), targets.clone()))
        compare(said, each.sum().item(), mistakes, "take log p of word targets[t] in row t, and add them up.")


@exercise("3.3", "Words in and words out both cost weights: that is what a word_threshold saves.")
def what_a_word_costs(answer):
    """How many parameters more the shipped decoder would have for every further word."""
    config = Captioner.load(SHIPPED).decoder.config
    more = Decoder(**config | {"vocabulary_size": config["vocabulary_size"] + 1})
    one, other = (sum(p.numel() for p in d.parameters()) for d in (Decoder(**config), more))
    e, h = config["embedding_dim"], config["hidden_dim"]
    mistakes = {
        "that is its row in the embedding. Where else is there a row for every word?": e,
        "that is its row in the last layer. Where else is there one?": h + 1,
        "that is its row in one layer; there are two layers with a row for every word.": h,
        "nearly: the last layer has a bias, too.": e + h,
        "that is what all words cost; we ask for one.": (e + h + 1) * config["vocabulary_size"],
    }
    otherwise = "compare the shapes in teller.state_dict(): which have len(known) rows?"
    compare(as_number(answer), other - one, mistakes, otherwise, eq)


class ByStepsOnly:
    """A decoder that does not tell how it is trained."""

    def __init__(self, decoder):
        self.start, self.step = decoder.start, decoder.step

    def __call__(self, *_):
        """Show no logits."""
        raise Hint("that is the decoder's own forward: use start() and step() alone.")


@exercise(
    "3.4", "Training all at once and speaking word by word are one computation: all the rest relies on it."
)
def teacher_forcing_by_steps(answer):
    """(decoder, context (B, E), captions (B, T)) -> logits (B, T, V), with start() and step()."""
    for t in (1, 2, 5):
        decoder, chance = some_decoder(), torch_dice()
        context = torch.randn(3, 6, generator=chance)
        captions = torch.randint(4, 11, (3, t), generator=chance)
        with torch.no_grad():
            right, blind = decoder(context, captions), decoder(torch.zeros_like(context), captions)
            said = answer(ByStepsOnly(decoder), context, captions)
            expect(torch.is_tensor(said), "that is a list of steps: torch.stack makes one tensor of it.")
            still, _ = decoder.step(
                captions.flatten(), tuple(s.repeat_interleave(t, 0) for s in decoder.start(context))
            )
        mistakes = {
            "that is (T, B, V): stack the steps along dimension 1.": right.transpose(0, 1),
            "the picture is missing: the first state is decoder.start(context).": blind,
            "each step should get the state that the step before returned.": still.view(3, t, -1),
        }
        otherwise = f"step t reads captions[:, t] and gives row t of the logits, {tuple(right.shape)} here."
        compare(said, right, mistakes, otherwise, same)


@exercise(
    "3.5", "Show and Tell tried this, too: its authors report that such a network overfits more easily."
)
def the_picture_at_every_word(answer):
    """A Decoder that adds the context to every word's vector; hidden, start and step agree."""
    decoder, chance = some_decoder(answer), torch_dice()
    context = torch.randn(3, 6, generator=chance)
    captions = torch.randint(4, 11, (3, 5), generator=chance)
    words = decoder.embedding(captions) + context.unsqueeze(1)
    inputs = torch.cat([context.unsqueeze(1), words], dim=1)
    right, said = decoder.logits(decoder.lstm(inputs)[0][:, 1:]), decoder(context, captions)
    mistakes = {
        "hidden() shows the picture only once: add it to the words' vectors.": Decoder.hidden(
            decoder, context, captions
        ),
        "nothing is said after the context alone: leave the first hidden state out.": decoder.lstm(inputs)[0],
        "the context still comes first, before START.": decoder.lstm(words)[0],
    }
    mistakes = {hint: decoder.logits(wrong) for hint, wrong in mistakes.items()}
    compare(
        said, right, mistakes, "hidden() reads the context, then embedding + context for each word.", same
    )
    state, steps = decoder.start(context), []
    batch_first = isinstance(state, tuple) and all(len(part) == 3 for part in state)
    expect(batch_first, "start() should return a tuple of tensors, each with the batch first.")
    for t in range(5):
        logits, state = decoder.step(captions[:, t], state)
        steps.append(logits)
        parts = len(decoder.start(context))
        expect(len(state) == parts, "step() should return a state of as many parts as start() does.")
    agree = same(torch.stack(steps, 1), right)
    expect(agree, "hidden() is right, but step() gives other numbers: it needs the context, in the state.")


@exercise("4.1", "People agree with each other less than one would think. A machine above them plays safe.")
def how_people_score(answer):
    """CIDEr of each scene's first caption against the other four."""
    wrote = [picture.captions for picture in practice(60)]
    first, others = [group[0] for group in wrote], [group[1:] for group in wrote]
    scores = score(others, first)
    mistakes = {"the candidate is still among its own references.": score(wrote, first)["CIDEr"]}
    mistakes |= {f"that is {name}; we ask for CIDEr.": scores[name] for name in scores if name != "CIDEr"}
    otherwise = "each scene's first caption is the candidate, the other four are its references."
    compare(as_number(answer), scores["CIDEr"], mistakes, otherwise)


@exercise("4.2", "Without that, a decoder becomes very good at predicting nothing, and its loss looks fine.")
def loss_without_padding(answer):
    """(logits (B, T, V), targets (B, T)) -> the mean of -log p over all words but PAD (0)."""
    chance = torch_dice()
    for _ in range(6):
        logits = 3 * torch.randn(3, 6, 9, generator=chance)
        targets = torch.randint(1, 9, (3, 6), generator=chance)
        targets[0, 2:], targets[1, 5:] = 0, 0
        losses = -logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)  # (B, T)
        words = targets != 0
        right, by_caption = losses[words].mean(), (losses * words).sum(1) / words.sum(1)
        mistakes = {
            "PAD counts as a word here: look away from it.": losses.mean(),
            "PAD costs nothing, but it is still counted when you divide.": (losses * words).mean(),
            "that is the sum; divide by the number of words.": losses[words].sum(),
            "that is a mean of the captions' means; every *word* counts alike.": by_caption.mean(),
            "a loss is -log p: mind the sign.": -right,
            "that is the logarithm of a mean; take the mean of the logarithms.": -(-losses[words])
            .exp()
            .mean()
            .log(),
        }
        if ambiguous(right, mistakes, same):
            continue
        said = torch.tensor(as_number(answer(logits.clone(), targets.clone())))
        compare(said, right, mistakes, "average -log p of the right words, where there is no PAD.", same)


@exercise("4.3", "Clipping keeps “the the the the” from being a perfect caption. BLEU rests on this number.")
def clipped_precision(answer):
    """(candidate, references) -> the share of its words that a reference has, as often as it has."""
    chance = dice()
    for _ in range(200):
        said = chance.choices(["a", "the", "dog", "runs", "sits", "red"], k=chance.randrange(6, 13))
        references = [chance.choices(["a", "the", "dog", "runs", "big"], k=6) for _ in range(3)]
        counts = [Counter(words) for words in references]
        most = Counter({word: max(count[word] for count in counts) for word in said})
        right = (Counter(said) & most).total() / len(said)
        mistakes = {
            "a word that is repeated counts only as often as a reference has it": mean(
                most[w] > 0 for w in said
            ),
            "the reference that has a word most often sets the limit, not all of them together": (
                (Counter(said) & sum(counts, Counter())).total() / len(said)
            ),
            "a word said twice is two words of the candidate": mean(most[w] > 0 for w in set(said)),
            "that is a number of words, and we ask for a share of the candidate": right * len(said),
        }
        alone = max((Counter(said) & count).total() for count in counts) / len(said)
        if ambiguous(right, mistakes) or any(near(alone, wrong) for wrong in mistakes.values()):
            continue
        if not near(alone, right):
            mistakes["that is one reference alone; each *word* has the one that has it most often"] = alone
        texts = " ".join(said), [" ".join(words) for words in references]
        got, case = as_number(answer(texts[0], list(texts[1]))), f"{texts[0]!r} against {texts[1]}"
        mistakes = {f"{hint}: {case}.": wrong for hint, wrong in mistakes.items()}
        compare(got, right, mistakes, f"{case} should give {right:.3g}, not {got:.3g}.")


@exercise("4.4", "Every training loop in the world has these lines at its heart.")
def one_step(answer):
    """(model, optimizer, loss_of) -> the loss, after one step down its gradient."""
    torch.manual_seed(dice().randrange(10**6))
    model, twin, x, y = nn.Linear(4, 1), nn.Linear(4, 1), torch.randn(8, 4), torch.randn(8, 1)
    twin.load_state_dict(model.state_dict())
    optimizer, other = (torch.optim.SGD(m.parameters(), lr=0.1) for m in (model, twin))
    for step in range(3):
        before, loss = model.weight.detach().clone(), ((twin(x) - y) ** 2).mean()
        said = answer(model, optimizer, lambda m: ((m(x) - y) ** 2).mean())
        other.zero_grad()
        loss.backward()
        other.step()
        moved, right = not torch.equal(model.weight, before), same(model.weight, twin.weight)
        expect(moved, "the weights stood still. Is there a gradient before the optimizer steps?")
        expect(right or step == 0, "the gradients of the step before are still there: they add up.")
        expect(right, "the weights should go one step of the optimizer down the gradient.")
        expect(same(torch.tensor(as_number(said)), loss), "return the loss that loss_of(model) gave.")
