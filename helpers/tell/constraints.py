"""Other ways to choose the next steps of a beam search: words that must be said, beams that must differ.

Letters in the shapes as in `helpers.tell.beams`; S banks of K beams each.
"""

import torch

from helpers.data.vocabulary import Vocabulary
from helpers.tell.beams import sort_out


class Constraints:
    """Every caption has certain words, in any order (constrained beam search, Anderson et al., 2017).

    With C such words there are 2**C banks of beams: bank s holds the beginnings in which exactly those words
    occur whose bits are set in s, so that a beginning that has said one competes with its like, and only the
    last bank may finish.
    """

    def __init__(self, must_include: list[int], max_words: int, device=None):
        self.must_include = torch.tensor(must_include, dtype=torch.long, device=device)  # (C,)
        self.max_words, self.words = max_words, torch.arange(len(must_include), device=device)  # (C,)
        bits = 2**self.words
        banks = torch.arange(2 ** len(must_include), device=device).unsqueeze(1)  # (S, 1)
        self.has = (banks & bits) > 0  # (S, C): is this word said in this bank?
        self.source = banks ^ bits  # (S, C): the bank from which saying this word leads here
        self.bank, self.missing = (~self.has).nonzero().unbind(1)  # each bank with each word it lacks

    def __call__(self, log_prob: torch.Tensor, log_probs: torch.Tensor, t: int, pictures):
        """The 2K best next steps in every bank; as `beams.best_steps`, with S·K beams and S·2K steps."""
        banks, must, device = len(self.has), self.must_include, log_prob.device
        log_prob = log_prob.unflatten(1, (banks, -1))  # (B, S, K)
        log_probs, k = log_probs.unflatten(1, (banks, -1)), log_prob.size(2)  # (B, S, K, V)
        moves = (log_prob.unsqueeze(-1) + log_probs[..., must]).transpose(2, 3)  # (B, S, C, K)
        moves = moves[:, self.source, self.words].masked_fill(~self.has.unsqueeze(-1), -torch.inf)
        log_probs[:, self.bank, :, must[self.missing]] = -torch.inf  # such a word leads into another bank
        log_probs[:, :-1, :, Vocabulary.END] = -torch.inf

        stay, words = log_probs.topk(min(2 * k, log_probs.size(-1)))  # (B, S, K, 2K): no beam gives more
        own = torch.arange(banks * k, device=device).view(banks, k, 1).expand_as(words)
        from_other = (self.source.unsqueeze(-1) * k + torch.arange(k, device=device)).expand_as(moves)
        candidates = torch.cat([(log_prob.unsqueeze(-1) + stay).flatten(2), moves.flatten(2)], dim=2)
        parents = torch.cat([own.flatten(2), from_other.flatten(2)], dim=2)
        words = torch.cat([words.flatten(2), must.unsqueeze(-1).expand_as(moves).flatten(2)], dim=2)

        value, order = candidates.topk(2 * k)  # (B, S, 2K)
        parent, word = parents.gather(2, order), words.gather(2, order)
        if t == self.max_words:
            value[:, :-1] = -torch.inf  # these will never have said all that they must
        over, living = sort_out(word, k)
        living = living + 2 * k * torch.arange(banks, device=device).unsqueeze(-1)  # (B, S, K)
        return tuple(part.flatten(1) for part in (value, parent, word, over, living))


class Diversity:
    """Around another way to choose: a word costs, for each beam of an earlier group that has just said it.

    Diverse beam search (Vijayakumar et al., 2016). The cost ranks the steps; log_prob stays the model's own.
    """

    def __init__(self, choose, cost: float):
        self.choose, self.cost = choose, cost
        self.spoken: list[torch.Tensor] = []  # by each group at each step: (B, max_words, K)

    def next_group(self, pictures: int, max_words: int, beams: int, device) -> None:
        """From now on another group searches, for as many pictures, with as many beams."""
        self.spoken.append(torch.full((pictures, max_words, beams), Vocabulary.PAD, device=device))

    def __call__(self, log_prob: torch.Tensor, log_probs: torch.Tensor, t: int, pictures):
        """As `beams.best_steps`."""
        cost = torch.zeros(len(pictures), log_probs.size(-1), device=log_probs.device)  # (B, V)
        for earlier in self.spoken[:-1]:
            words = earlier[pictures, t - 1]  # (B, K), PAD where no beam is alive
            cost.scatter_add_(1, words, torch.full(words.shape, self.cost, device=cost.device))
        steps = self.choose(log_prob, log_probs - cost.unsqueeze(1), t, pictures)
        value, parent, word, over, living = steps
        value = value + cost.gather(1, word)
        alive = value.masked_fill(word == Vocabulary.END, -torch.inf).gather(1, living) > -torch.inf
        self.spoken[-1][pictures, t - 1] = word.gather(1, living).masked_fill(~alive, Vocabulary.PAD)
        return value, parent, word, over, living
