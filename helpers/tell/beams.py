"""Beam search, for all pictures and beams at once.

At every step each beam is followed by every word; the best of these next steps become the beams. A caption
that says END is set aside, and its place goes to another. Which steps are the best is a function of its own,
`best_steps`: `helpers.tell.constraints` has others, for words that must be said and beams that must differ.

Letters in the shapes: B pictures, K beams, M candidates for the next step, t words said, V vocabulary.
"""

import torch

from helpers.data.vocabulary import Vocabulary


def search(
    decoder, context: torch.Tensor, beam_width: int, max_words: int, length_penalty: float,
    ruled_out: torch.Tensor, choose=None, banks: int = 1, on_step=None,
) -> "Best":  # fmt: skip
    """The `beam_width` best captions for context (B, …), ranked by log_prob / n**length_penalty.

    It stops when no beam of a picture can still overtake its `beam_width` best. Words `ruled_out`
    (n,) are never said. `choose` is called as `best_steps` is, with the step and the pictures' numbers
    besides; `banks` are how many times `beam_width` beams it takes. `on_step(said (B, K, t), log_prob
    (B, K))` sees the beams.
    """
    device, beams, choose = context.device, beam_width * banks, choose or best_steps
    best = Best(len(context), beam_width, max_words, length_penalty, device)
    pictures = torch.arange(len(context), device=device)  # (B,): the undecided ones
    said = torch.empty(len(context), beams, 0, dtype=torch.long, device=device)  # (B, K, t)
    log_prob = torch.full((len(context), beams), -torch.inf, device=device)  # (B, K)
    log_prob[:, 0] = 0.0  # at first all beams are the same: only one may grow
    words = torch.full((log_prob.numel(),), Vocabulary.START, device=device)  # (B·K,)
    state = tuple(part.repeat_interleave(beams, dim=0) for part in decoder.start(context))  # (B·K, …)

    for t in range(1, max_words + 1):
        logits, state = decoder.step(words, state)  # (B·K, V)
        log_probs = word_log_probs(logits, ruled_out).view(*log_prob.shape, logits.size(-1))  # (B, K, V)
        log_prob, parent, word, over, living = choose(log_prob, log_probs, t, pictures)  # (B, M) each
        said = torch.cat([said.take_along_dim(parent.unsqueeze(-1), 1), word.unsqueeze(-1)], -1)  # (B, M, t)
        best.add(pictures, log_prob if t == max_words else log_prob.masked_fill(~over, -torch.inf), said)

        log_prob = log_prob.masked_fill(word == Vocabulary.END, -torch.inf).gather(1, living)  # (B, K)
        said, word = said.take_along_dim(living.unsqueeze(-1), 1), word.gather(1, living)
        if on_step is not None:
            on_step(said, log_prob)
        if t == max_words:
            break
        longest = max_words if length_penalty > 0 else t  # the longer, the milder the division
        bound = log_prob.amax(1) / longest**length_penalty  # (B,): what may still be reached
        undecided = bound > best.score[pictures, -1]  # (B,)
        log_prob = log_prob.masked_fill(~undecided.unsqueeze(-1), -torch.inf)
        first = torch.arange(len(pictures), device=device).unsqueeze(1) * beams  # (B, 1): each picture's rows
        rows = first + parent.gather(1, living)  # (B, K)
        if on_step is not None or time_to_look(t, device):
            left = undecided.nonzero().squeeze(-1)
            if len(left) == 0:
                break
            pictures, said, log_prob, word, rows = (x[left] for x in (pictures, said, log_prob, word, rows))
        words, state = word.flatten(), tuple(part[rows.flatten()] for part in state)
    return best


def time_to_look(t: int, device: torch.device) -> bool:
    """After `t` words: look which pictures are decided, and drop them? Every look makes a GPU wait."""
    return device.type == "cpu" or t % 8 == 0


def best_steps(log_prob: torch.Tensor, log_probs: torch.Tensor, *_):
    """The best next steps of beams with log_prob (B, K), whose next words have log_probs (B, K, V).

    Returns log_prob, parent (0 … K - 1) and word of 2K steps, (B, 2K) each, and what `sort_out` says of them:
    2K, since that leaves K to go on with if K say END.
    """
    total = log_prob.unsqueeze(-1) + log_probs  # (B, K, V)
    k, v = total.shape[1:]
    value, place = total.flatten(1).topk(2 * k)  # (B, 2K)
    parent, word = place // v, place % v
    return value, parent, word, *sort_out(word, k)


def sort_out(word: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Of steps that say `word` (…, 2K), best first: which are over (…, 2K), which K go on (…, K).

    END counts among the K best only: who says it there is set aside.
    """
    ends = word == Vocabulary.END
    over = ends.clone()
    over[..., k:] = False
    return over, ends.int().argsort(dim=-1, stable=True)[..., :k]


def word_log_probs(logits: torch.Tensor, ruled_out: torch.Tensor) -> torch.Tensor:
    """Log-probabilities (B, V) of the next word; -inf for those `ruled_out` (n,), nothing renormalised."""
    return logits.float().log_softmax(-1).index_fill_(1, ruled_out, -torch.inf)


class Best:
    """The K best captions of every picture that are over, by the ranking score."""

    def __init__(self, pictures: int, k: int, max_words: int, length_penalty: float, device):
        self.length_penalty = length_penalty
        self.score = torch.full((pictures, k), -torch.inf, device=device)
        self.log_prob = torch.full((pictures, k), -torch.inf, device=device)
        self.said = torch.zeros(pictures, k, max_words, dtype=torch.long, device=device)  # PAD after END

    def add(self, pictures, log_prob: torch.Tensor, said: torch.Tensor) -> None:
        """Let captions said (B, M, t) of `pictures` (B,) compete; where log_prob (B, M) is -inf is none."""
        t, k, longest = said.size(-1), self.score.size(1), self.said.size(-1)
        score = torch.cat([self.score[pictures], log_prob / t**self.length_penalty], dim=1)
        log_prob = torch.cat([self.log_prob[pictures], log_prob], dim=1)
        said = torch.cat([self.said[pictures], torch.nn.functional.pad(said, (0, longest - t))], dim=1)
        self.score[pictures], order = score.topk(k)
        self.log_prob[pictures] = log_prob.gather(1, order)
        self.said[pictures] = said.take_along_dim(order.unsqueeze(-1), dim=1)
