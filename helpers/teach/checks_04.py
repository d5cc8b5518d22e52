"""The checks of the exercises of 04: scores, the loss, and a step of training."""

from collections import Counter
from statistics import fmean

import torch
from torch import nn

from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import ambiguous, as_number, compare, dice, expect, same, torch_dice
from helpers.tell.metrics import score


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
        p = losses[words].neg().exp()
        mistakes = {
            "PAD counts as a word here: look away from it.": losses.mean(),
            "PAD costs nothing, but it is still counted when you divide.": (losses * words).mean(),
            "that is the sum; divide by the number of words.": losses[words].sum(),
            "that is a mean of the captions' means; every *word* counts alike.": by_caption.mean(),
            "a loss is -log p: mind the sign.": -right,
            "that is the logarithm of a mean; take the mean of the logarithms.": -p.mean().log(),
        }
        if ambiguous(right, mistakes):
            continue
        said = torch.tensor(as_number(answer(logits.clone(), targets.clone())))
        compare(said, right, mistakes, "average -log p of the right words, where there is no PAD.")


@exercise("4.3", "Clipping keeps “the the the the” from being a perfect caption. BLEU rests on this number.")
def clipped_precision(answer):
    """(candidate, references) -> the share of its words that a reference has, as often as it has."""
    chance = dice()
    for _ in range(200):
        said = chance.choices(["a", "the", "dog", "runs", "sits", "red"], k=chance.randrange(6, 13))
        references = [chance.choices(["a", "the", "dog", "runs", "big"], k=6) for _ in range(3)]
        counts = [Counter(words) for words in references]
        most = Counter({word: max(count[word] for count in counts) for word in said})

        def share(allowed: Counter, said=said) -> float:
            return (Counter(said) & allowed).total() / len(said)

        right, alone = share(most), max(map(share, counts))
        known, distinct = fmean(most[w] > 0 for w in said), fmean(most[w] > 0 for w in set(said))
        mistakes = {
            "a word that is repeated counts only as often as a reference has it": known,
            "the reference that has a word most often sets the limit, not all of them together": (
                share(sum(counts, Counter()))
            ),
            "a word said twice is two words of the candidate": distinct,
            "that is a number of words, and we ask for a share of the candidate": right * len(said),
        }
        if ambiguous(right, mistakes) or any(same(alone, wrong) for wrong in mistakes.values()):
            continue
        if not same(alone, right):
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
