"""The inside of beam search: what happens between two words, for all pictures and beams at once.

Every picture has banks of beams. Without words that must be said there is one bank. With C of them there are
2**C: bank s holds the beginnings in which exactly those words occur whose bits are set in s, so that a
beginning that has said a required word competes with its like, and only the last bank may finish.

Letters in the shapes: B pictures, S banks, K beams a bank, t words said, V vocabulary.
"""

import torch

from helpers.data.vocabulary import Vocabulary


class Rules:
    """What may be said, what must be said, and how captions are ranked."""

    def __init__(
        self, must_include, forbid, max_words: int, length_penalty: float, diversity: float, device=None
    ):
        self.must_include = torch.tensor(must_include, dtype=torch.long, device=device)  # (C,)
        self.forbid, self.max_words = forbid, max_words
        self.length_penalty, self.diversity = length_penalty, diversity
        self.words = torch.arange(len(must_include), device=device)  # (C,)
        bits = 2**self.words
        banks = torch.arange(2 ** len(must_include), device=device).unsqueeze(1)  # (S, 1)
        self.has = (banks & bits) > 0  # (S, C): is this word said in this bank?
        self.source = banks ^ bits  # (S, C): the bank from which saying this word leads here
        self.bank, self.missing = (~self.has).nonzero().unbind(1)  # each bank with each word it lacks


class Best:
    """The K best captions of every picture that are over, by the ranking score."""

    def __init__(self, pictures: int, k: int, max_words: int, device):
        self.score = torch.full((pictures, k), -torch.inf, device=device)
        self.log_prob = torch.full((pictures, k), -torch.inf, device=device)
        self.said = torch.zeros(pictures, k, max_words, dtype=torch.long, device=device)  # PAD after END

    def add(self, pictures, log_prob: torch.Tensor, said: torch.Tensor, length_penalty: float) -> None:
        """Let captions said (B, K, t) of `pictures` (B,) compete; where log_prob (B, K) is -inf is none."""
        t, k, longest = said.size(-1), self.score.size(1), self.said.size(-1)
        score = torch.cat([self.score[pictures], log_prob / t**length_penalty], dim=1)
        log_prob = torch.cat([self.log_prob[pictures], log_prob], dim=1)
        said = torch.cat([self.said[pictures], torch.nn.functional.pad(said, (0, longest - t))], dim=1)
        self.score[pictures], order = score.topk(k)
        self.log_prob[pictures] = log_prob.gather(1, order)
        self.said[pictures] = said.take_along_dim(order.unsqueeze(-1), dim=1)


def search(decoder, context: torch.Tensor, k: int, rules: Rules, before=None, on_step=None):
    """Beam search over a batch: context (B, …) -> Best, and what was said at each step (B, max_words, S·K).

    `before` (B, max_words, …) is what earlier groups of beams said at each step: these words cost more here.
    """
    device, banks = context.device, len(rules.has)
    pictures = torch.arange(len(context), device=device)  # (B,): the undecided ones
    best = Best(len(context), k, rules.max_words, device)
    spoken = torch.full((len(context), rules.max_words, banks * k), Vocabulary.PAD, device=device)
    said = torch.empty(len(context), banks, k, 0, dtype=torch.long, device=device)  # (B, S, K, t)
    log_prob = torch.full((len(context), banks, k), -torch.inf, device=device)
    log_prob[:, 0, 0] = 0.0  # at first all beams are the same: only one may grow
    words = torch.full((log_prob.numel(),), Vocabulary.START, device=device)
    state = tuple(part.repeat_interleave(banks * k, dim=0) for part in decoder.start(context))  # (B·S·K, …)

    for t in range(1, rules.max_words + 1):
        logits, state = decoder.step(words, state)
        log_probs = word_log_probs(logits, rules.forbid).view(*log_prob.shape, -1)  # (B, S, K, V)
        cost = None if before is None else _cost(before[pictures, t - 1], log_probs.size(-1), rules.diversity)
        value, parent, word = _extend(log_prob, log_probs, rules, cost)  # (B, S, 2K): leaves K if END takes K
        batch = torch.arange(len(pictures), device=device).view(-1, 1, 1)
        said = torch.cat([said.flatten(1, 2)[batch, parent], word.unsqueeze(-1)], dim=-1)  # (B, S, 2K, t)

        ends = word == Vocabulary.END
        over = ends[:, -1].clone()  # (B, 2K): only the last bank has said all that it must
        over[:, k:] = False
        if t == rules.max_words:
            over[:] = True
        best.add(pictures, value[:, -1].masked_fill(~over, -torch.inf), said[:, -1], rules.length_penalty)

        living = ends.int().argsort(dim=-1, stable=True)[..., :k]  # (B, S, K): END leaves its place to others
        log_prob = value.masked_fill(ends, -torch.inf).gather(2, living)
        said, word = said.take_along_dim(living.unsqueeze(-1), dim=2), word.gather(2, living)
        spoken[pictures, t - 1] = word.masked_fill(log_prob.isneginf(), Vocabulary.PAD).flatten(1)
        if on_step is not None:
            on_step(said.flatten(1, 2), log_prob.flatten(1))

        longest = rules.max_words if rules.length_penalty > 0 else t  # the longer, the milder the division
        bound = log_prob.flatten(1).amax(1) / longest**rules.length_penalty  # (B,): what may still be reached
        undecided = (bound > best.score[pictures, -1]).nonzero().squeeze(-1)
        if len(undecided) == 0:
            break
        rows = (batch * banks * k + parent.gather(2, living))[undecided].flatten()
        words, state = word[undecided].flatten(), tuple(part[rows] for part in state)
        pictures, said, log_prob = pictures[undecided], said[undecided], log_prob[undecided]
    return best, spoken if before is None else torch.cat([before, spoken], dim=-1)


def word_log_probs(logits: torch.Tensor, ruled_out: list[int]) -> torch.Tensor:
    """Log-probabilities (B, V) of the next word; -inf for the words `ruled_out`, nothing renormalised."""
    log_probs = logits.float().log_softmax(-1)
    log_probs[:, ruled_out] = -torch.inf
    return log_probs


def _extend(log_prob: torch.Tensor, log_probs: torch.Tensor, rules: Rules, cost: torch.Tensor | None):
    """The 2K best next steps in every bank.

    log_prob (B, S, K) of the beginnings, log_probs (B, S, K, V) of their next words, cost (B, V) of these
    words to be ranked by, if any -> log_prob, parent (0 … S·K - 1) and word, each (B, S, 2K).
    """
    (batch, banks, k), device = log_prob.shape, log_prob.device
    must, source = rules.must_include, rules.source
    if cost is not None:
        log_probs = log_probs - cost.view(batch, 1, 1, -1)
    moves = (log_prob.unsqueeze(-1) + log_probs[..., must]).transpose(2, 3)  # (B, S, C, K)
    moves = moves[:, source, rules.words].masked_fill(~rules.has.unsqueeze(-1), -torch.inf)
    log_probs[:, rules.bank, :, must[rules.missing]] = -torch.inf  # such a word leads into another bank
    log_probs[:, :-1, :, Vocabulary.END] = -torch.inf

    best, words = log_probs.topk(min(2 * k, log_probs.size(-1)))  # (B, S, K, 2K): no beam gives more
    own = torch.arange(banks * k, device=device).view(banks, k, 1).expand_as(words)
    from_other = (source.unsqueeze(-1) * k + torch.arange(k, device=device)).expand_as(moves)
    candidates = torch.cat([(log_prob.unsqueeze(-1) + best).flatten(2), moves.flatten(2)], dim=2)
    parents = torch.cat([own.flatten(2), from_other.flatten(2)], dim=2)
    words = torch.cat([words.flatten(2), must.unsqueeze(-1).expand_as(moves).flatten(2)], dim=2)

    value, order = candidates.topk(2 * k)  # (B, S, 2K)
    parent, word = parents.gather(2, order), words.gather(2, order)
    if cost is not None:  # it has had its say; a caption is as likely as the model thinks it is
        value = value + cost.gather(1, word.flatten(1)).view_as(value)
    return value, parent, word


def _cost(spoken: torch.Tensor, vocabulary_size: int, diversity: float) -> torch.Tensor:
    """`diversity` for every time that a word was said: spoken (B, N) -> (B, V). PAD stands for no word."""
    cost = torch.zeros(len(spoken), vocabulary_size, device=spoken.device)
    return cost.scatter_add(1, spoken, torch.full(spoken.shape, diversity, device=spoken.device))
