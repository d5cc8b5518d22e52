"""The checks of the exercises of 04: scores, the loss, and a step of training."""

from collections import Counter
from math import log

import torch
from torch import nn

from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import Hint, ambiguous, as_number, compare, dice, expect, same, torch_dice
from helpers.tell.metrics import score


@exercise("4.1", "Captions of one picture differ: this is what one of them gets, and it is no ceiling.")
def how_references_score(answer):
    """CIDEr of each scene's first caption against the other four."""
    wrote = [picture.captions for picture in practice(38)]
    first, others = [group[0] for group in wrote], [group[1:] for group in wrote]
    scores = score(others, first)
    right = scores["CIDEr"]
    single = score([group[1:2] for group in wrote], first)["CIDEr"]
    three = score([group[:3] for group in others], first)["CIDEr"]
    mistakes = {
        "the candidate is still among its own references: leave it out.": score(wrote, first)["CIDEr"],
        "the first captions are the candidates, not the last.": score(
            [group[:-1] for group in wrote], [group[-1] for group in wrote]
        )["CIDEr"],
        "you compare with one other caption; all four others are references.": single,
        "here the other captions are judged by the first; it is the first that we judge.": score(
            [[group[0]] for group in wrote for _ in group[1:]], [c for group in wrote for c in group[1:]]
        )["CIDEr"],
        "that is the sum over the scenes; `score` gives the mean.": right * len(wrote),
        "CIDEr as it comes from `score`, from 0 to 10: no percent, nothing divided.": right * 100,
    }
    mistakes |= {f"that is {name}; we ask for CIDEr.": scores[name] for name in scores if name != "CIDEr"}
    said = as_number(answer)
    expect(abs(said - three) > 1e-5, "you left one out: all four others are references.")
    expect(not same(said, right / 10), "CIDEr goes from 0 to 10 as it is: nothing need be divided.")
    expect(said != 0, "a single picture has CIDEr 0, since no word is rare there: score all 38 at once.")
    otherwise = "give `score` all 38 scenes at once: the other four as references, the first as candidates."
    compare(said, right, mistakes, otherwise)


@exercise("4.2", "Without that, a decoder becomes very good at predicting nothing, and its loss looks fine.")
def loss_without_padding(answer):
    """(logits (B, T, V), targets (B, T)) -> the mean of -log p over all words but PAD (0)."""
    chance = torch_dice()
    for b, t, v in ((3, 6, 9), (4, 5, 7), (2, 8, 12), (5, 3, 6), (3, 7, 8), (1, 9, 10)):
        logits = 3 * torch.randn(b, t, v, generator=chance)
        targets = torch.randint(1, v, (b, t), generator=chance)
        targets[0, 2:], targets[-1, -1] = 0, 0
        losses = -logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)  # (B, T)
        words = targets != 0
        right, by_caption = losses[words].mean(), (losses * words).sum(1) / words.sum(1)
        p = losses[words].neg().exp()
        over_time = -logits.log_softmax(1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
        mistakes = {
            "PAD counts as a word here: look away from it.": losses.mean(),
            "PAD costs nothing, but it is still counted when you divide.": (losses * words).mean(),
            "that is the sum; divide by the number of words.": losses[words].sum(),
            "that is a mean of the captions' means; every *word* counts alike.": by_caption.mean(),
            "divide by the number of words, not of captions.": losses[words].sum() / b,
            "a loss is -log p: mind the sign.": -right,
            "log p wants the softmax first: logits are no probabilities.": -logits[words]
            .gather(-1, targets[words].unsqueeze(-1))
            .mean(),
            "that is the logarithm of a mean; take the mean of the logarithms.": -p.mean().log(),
            "take the natural logarithm, as everywhere here.": right / log(2),
            "that is the decimal logarithm; take the natural one.": right / log(10),
            "softmax is over the words of the vocabulary: the last dimension.": over_time[words].mean(),
            "that is -p; a loss is -log p.": -p.mean(),
            "that is the perplexity, exp of the loss: leave the exp out.": right.exp(),
        }
        if ambiguous(right, mistakes) and b > 1:
            continue
        said = torch.tensor(as_number(answer(logits.clone(), targets.clone())))
        compare(said, right, mistakes, "average -log p of the right words, where there is no PAD.")


@exercise("4.3", "ROUGE-L rests on this number, as a share of the caption's words and of the reference's.")
def longest_common_subsequence(answer):
    """(caption, reference) -> how many words their longest common subsequence has."""
    chance = dice()
    stock = ["a", "man", "woman", "ride", "rides", "red", "the", "he"]  # some stand within others
    pairs = [[chance.choices(stock, k=chance.randrange(3, 8)) for _ in range(2)] for _ in range(40)]
    pairs += [[["a", "red", "dog"], ["the", "man"]], [[], ["a", "man"]], [["a", "man"], []], [[], []]]
    begins, ends = ["the", "a", "red", "man", "rides", "he"], ["he", "a", "man", "rides", "red", "the"]
    pairs += [[begins, ends]]  # who takes the first match fails from either end; below, who takes runs
    pairs += [[["a", "man", "he", "the", "red"], ["he", "rides", "the", "woman", "red", "a", "man"]]]
    said = [as_number(answer(" ".join(one), " ".join(other))) for one, other in pairs]
    wrong = [i for i, (one, other) in enumerate(pairs) if not same(said[i], float(_common(one, other)))]
    mistakes = {
        "words may be left out in between: it need not be one unbroken run": _common_run,
        "the words must come in the same order in both": lambda a, b: (Counter(a) & Counter(b)).total(),
        "a word may come twice, and the order matters": lambda a, b: len({*a} & {*b}),
        "count words, not letters": lambda a, b: _common(" ".join(a), " ".join(b)),
        "compare whole words, since “he” is no word of “the”": lambda a, b: _common(a, b, str.__contains__),
        "who always takes the first match may lose two later ones": _first_matches,
        "who always takes the last match may lose two earlier ones": lambda a, b: _first_matches(
            a[::-1], b[::-1]
        ),
        "an empty caption has no word: split() knows, split(' ') does not": lambda a, b: _common(
            a or [""], b or [""]
        ),
        "we ask for the number of words, not for a share of the caption": lambda a, b: (
            _common(a, b) / max(1, len(a))
        ),
    }
    for i in wrong[:1]:
        case = f"“{' '.join(pairs[i][0])}” and “{' '.join(pairs[i][1])}”: {_common(*pairs[i])}"
        for hint, mistake in mistakes.items():
            alike = all(same(value, float(mistake(*pair))) for value, pair in zip(said, pairs, strict=True))
            expect(not alike, f"{hint}. {case}.")
        raise Hint(f"{case}, not {said[i]:g}.")


def _common(one, other, equal=str.__eq__) -> int:
    row = [0] * (len(other) + 1)  # for each beginning of `other`
    for word in one:
        before = row[:]
        for j, its in enumerate(other):
            row[j + 1] = before[j] + 1 if equal(its, word) else max(before[j + 1], row[j])
    return row[-1]


def _common_run(one, other) -> int:
    runs = [{tuple(words[i:j]) for j in range(len(words) + 1) for i in range(j)} for words in (one, other)]
    return max(map(len, runs[0] & runs[1]), default=0)


def _first_matches(one, other) -> int:
    place = found = 0
    for word in one:
        if word in other[place:]:
            place, found = other.index(word, place) + 1, found + 1
    return found


@exercise("4.4", "Every training loop in the world has these lines at its heart.")
def one_step(answer):
    """(model, optimizer, loss_of) -> the loss, after one step down its gradient."""
    chance = dice()
    torch.manual_seed(chance.randrange(10**6))
    x, y, rate = torch.randn(8, 4), torch.randn(8, 1), chance.uniform(0.02, 0.1)
    models = [
        nn.Linear(4, 1) for _ in range(3)
    ]  # the answer's, one that learns as it should, one that adds up
    for model in models:
        model.load_state_dict(models[0].state_dict())
    optimizers = [torch.optim.SGD(model.parameters(), rate, momentum=0.5) for model in models]

    def loss_of(model):
        return ((model(x) - y) ** 2).mean()

    for _ in range(3):
        before, loss = models[0].weight.detach().clone(), loss_of(models[1])
        said = answer(models[0], optimizers[0], loss_of)
        optimizers[1].zero_grad()
        loss.backward(), loss_of(models[2]).backward()
        optimizers[1].step(), optimizers[2].step()
        moved = not torch.equal(models[0].weight, before)
        expect(moved, "the weights stood still. Is there a gradient before the optimizer steps?")
        mistakes = {"the gradients of the step before are still there: they add up.": models[2].weight}
        otherwise = "the weights should go one step of the optimizer down the gradient."
        compare(models[0].weight, models[1].weight, mistakes, otherwise)
        after = {"that is the loss after the step; return the one that was stepped down.": loss_of(models[1])}
        number = torch.tensor(as_number(said))
        compare(number, loss, after, "return the loss that loss_of(model) gave.")
