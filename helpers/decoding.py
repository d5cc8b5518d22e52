"""Three ways to read a caption out of a decoder: greedy, beam search, sampling.

All work on a whole batch of pictures at once, and on any decoder with `start(context) -> state` and
`step(words, state) -> logits, state` whose state is a tuple of tensors with the batch first.

PAD, START and UNK are never said; the other words keep their probabilities (nothing is renormalised).
A caption of `max_words` words stops there, without END's probability.
"""

from dataclasses import dataclass

import torch

from helpers.common import UserError
from helpers.vocabulary import Vocabulary

NEVER_SAID = [Vocabulary.PAD, Vocabulary.UNK, Vocabulary.START]


@dataclass
class Hypothesis:
    """One caption: its words without START and END, the natural log of its probability, whether END came."""

    words: list[int]
    log_prob: float
    finished: bool

    def score(self, length_penalty: float = 0.0) -> float:
        """log_prob / n**a: n counts the words, and END where reached; a is the length penalty."""
        length = max(1, len(self.words) + self.finished)
        return self.log_prob / length**length_penalty


@torch.inference_mode()
def greedy(decoder, context: torch.Tensor, max_words: int = 20) -> list[list[Hypothesis]]:
    """Say the likeliest word at every step. context (B, …) -> for each picture a list with one hypothesis."""
    return _roll_out(decoder, context, max_words, lambda log_probs: log_probs.argmax(-1))


@torch.inference_mode()
def sample(
    decoder,
    context: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    max_words: int = 20,
) -> list[list[Hypothesis]]:
    """Draw every word by chance: context (B, …) -> for each picture a list with one hypothesis.

    temperature < 1 sharpens the distribution, > 1 flattens it. `top_k` keeps the k likeliest words,
    `top_p` the fewest that together reach probability p (nucleus sampling, Holtzman et al., 2020).
    `.log_prob` is the model's own, whatever the temperature. UserError for settings that make no sense.
    """
    if temperature <= 0 or (top_k is not None and top_k < 1) or (top_p is not None and not 0 < top_p <= 1):
        raise UserError("sample() needs temperature > 0, top_k >= 1 and 0 < top_p <= 1.")

    def draw(log_probs: torch.Tensor) -> torch.Tensor:  # (B, V) -> (B,)
        scaled = log_probs / temperature
        if top_k is not None:
            smallest_kept = scaled.topk(min(top_k, scaled.size(-1))).values[:, -1:]
            scaled = scaled.masked_fill(scaled < smallest_kept, -torch.inf)
        if top_p is not None:
            probs, order = scaled.softmax(-1).sort(descending=True)
            beyond = probs.cumsum(-1) - probs >= top_p  # the nucleus is full before this word
            scaled = scaled.masked_fill(torch.zeros_like(beyond).scatter(-1, order, beyond), -torch.inf)
        return torch.multinomial(scaled.softmax(-1), 1, generator=generator).squeeze(-1)

    return _roll_out(decoder, context, max_words, draw)


@torch.inference_mode()
def beam_search(
    decoder,
    context: torch.Tensor,
    beam_width: int = 5,
    max_words: int = 20,
    length_penalty: float = 0.0,
    on_step=None,
) -> list[list[Hypothesis]]:
    """Keep the `beam_width` best beginnings at every step. context (B, …) -> hypotheses, best first.

    A beam whose END is among the `beam_width` best next steps is set aside, and its place goes to others.
    The search stops when no unfinished beam can still overtake any picture's `beam_width` best. With
    `length_penalty` 0 captions are ranked by log_prob, with a > 0 by log_prob / n**a.
    `on_step(said (B, K, t), log_prob (B, K))` sees the living beams of every step, to draw the tree with.
    """
    if beam_width < 1 or max_words < 1:
        raise UserError("beam_search() needs a beam_width and max_words of at least 1.")
    batch, k, device = len(context), beam_width, context.device
    state = tuple(part.repeat_interleave(k, dim=0) for part in _start(decoder, context))  # (B * K, …)
    words = torch.full((batch * k,), Vocabulary.START, device=device)
    said = torch.empty(batch, k, 0, dtype=torch.long, device=device)  # (B, K, t)
    log_prob = torch.full((batch, k), -torch.inf, device=device)
    log_prob[:, 0] = 0.0  # at first all beams are the same: only one may grow
    done: list[list[Hypothesis]] = [[] for _ in range(batch)]
    first = torch.arange(batch, device=device).unsqueeze(1) * k  # (B, 1): where each picture's beams begin

    for t in range(1, max_words + 1):
        logits, state = decoder.step(words, state)
        candidates = log_prob.unsqueeze(-1) + _log_probs(logits).view(batch, k, -1)  # (B, K, V)
        best, index = candidates.flatten(1).topk(2 * k)  # leaves k if END takes k
        parent, word = index // logits.size(-1), index % logits.size(-1)  # (B, 2K)
        ends = word == Vocabulary.END
        said = said.gather(1, parent.unsqueeze(-1).expand(-1, -1, t - 1))  # (B, 2K, t - 1)
        _set_aside(done, said[:, :k], best[:, :k].masked_fill(~ends[:, :k], -torch.inf), finished=True)
        log_prob, grow = best.masked_fill(ends, -torch.inf).topk(k)  # (B, K): END leaves its place to others
        parent, word = parent.gather(1, grow), word.gather(1, grow)
        said = said.gather(1, grow.unsqueeze(-1).expand(-1, -1, t - 1))
        said = torch.cat([said, word.unsqueeze(-1)], dim=-1)  # (B, K, t)
        words, rows = word.flatten(), (first + parent).flatten()
        state = tuple(part[rows] for part in state)
        if on_step is not None:
            on_step(said, log_prob)
        if t == max_words:
            _set_aside(done, said, log_prob, finished=False)
        done = [_best(hypotheses, k, length_penalty) for hypotheses in done]
        if _decided(done, log_prob, k, t, max_words, length_penalty):
            break
    return done


def _start(decoder, context: torch.Tensor) -> tuple[torch.Tensor, ...]:
    if isinstance(decoder, torch.nn.Module):
        decoder.eval()  # dropout would make it stammer
    return decoder.start(context)


def _log_probs(logits: torch.Tensor) -> torch.Tensor:
    """Log-probabilities (B, V), with those words ruled out that are never said."""
    log_probs = logits.float().log_softmax(-1)
    log_probs[:, NEVER_SAID] = -torch.inf
    return log_probs


def _roll_out(decoder, context: torch.Tensor, max_words: int, choose) -> list[list[Hypothesis]]:
    """Say words chosen by `choose(log_probs (B, V)) -> (B,)` until every picture has its END."""
    state = _start(decoder, context)
    words = torch.full((len(context),), Vocabulary.START, device=context.device)
    log_prob = torch.zeros(len(context), device=context.device)
    running = torch.ones(len(context), dtype=torch.bool, device=context.device)
    said = []
    for _ in range(max_words):
        logits, state = decoder.step(words, state)
        log_probs = _log_probs(logits)
        words = torch.where(running, choose(log_probs), Vocabulary.END)  # (B,)
        log_prob += torch.where(running, log_probs.gather(-1, words.unsqueeze(-1)).squeeze(-1), 0.0)
        said.append(words)
        running = running & (words != Vocabulary.END)
        if not running.any():
            break
    rows = torch.stack(said, dim=1).tolist()  # (B, t)
    hypotheses = []
    for row, value, unfinished in zip(rows, log_prob.tolist(), running.tolist(), strict=True):
        words = row if unfinished else row[: row.index(Vocabulary.END)]
        hypotheses.append([Hypothesis(words, value, not unfinished)])
    return hypotheses


def _set_aside(done, said: torch.Tensor, log_prob: torch.Tensor, finished: bool) -> None:
    """Add the beams said (B, K, t) with log_prob (B, K) to each picture's finished hypotheses."""
    for hypotheses, rows, values in zip(done, said.tolist(), log_prob.tolist(), strict=True):
        hypotheses.extend(
            Hypothesis(row, value, finished)
            for row, value in zip(rows, values, strict=True)
            if value > float("-inf")
        )


def _best(hypotheses: list[Hypothesis], k: int, length_penalty: float) -> list[Hypothesis]:
    return sorted(hypotheses, key=lambda h: h.score(length_penalty), reverse=True)[:k]


def _decided(done, log_prob: torch.Tensor, k: int, t: int, max_words: int, length_penalty: float) -> bool:
    """True when no beam (log_prob (B, K), t words long) can still enter any picture's k best."""
    longest = max_words if length_penalty > 0 else t  # the longer the caption, the milder the division
    for hypotheses, value in zip(done, log_prob[:, 0].tolist(), strict=True):
        bound = value / max(1, longest) ** length_penalty
        if value > float("-inf") and (len(hypotheses) < k or bound > hypotheses[-1].score(length_penalty)):
            return False
    return True
