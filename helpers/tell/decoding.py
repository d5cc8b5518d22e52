"""Three ways to read a caption out of a decoder: greedy, beam search, sampling.

All work on a whole batch of pictures at once, and on any decoder with `start(context) -> state` and
`step(words, state) -> logits, state` whose state is a tuple of tensors with the batch first. Pictures leave
the batch as soon as their captions are decided.

PAD, START and UNK are never said, nor the words in `forbid`; the others keep their probabilities (nothing is
renormalised). A caption of `max_words` words stops there, without END's probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from helpers.base.arguments import require_number, require_whole
from helpers.base.device import beside, upload
from helpers.base.errors import UserError
from helpers.base.pieces import Pieces
from helpers.data.vocabulary import Vocabulary
from helpers.tell.beams import best_steps, search, time_to_look, word_log_probs
from helpers.tell.constraints import Constraints, Diversity
from helpers.tell.fitting import require_chances, word_numbers

NEVER_SAID = [Vocabulary.PAD, Vocabulary.UNK, Vocabulary.START]
ROWS = 1280  # captions in the making at a time: enough to keep a processor busy, few enough for its memory


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


def greedy(
    decoder, context: torch.Tensor, max_words: int = 20, forbid: Sequence[int] = ()
) -> list[list[Hypothesis]]:
    """Say the likeliest word at every step. context (B, …) -> for each picture a list with one hypothesis."""
    return _roll_out(decoder, context, max_words, forbid, lambda log_probs, *_: log_probs.argmax(-1))


def sample(
    decoder,
    context: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    max_words: int = 20,
    forbid: Sequence[int] = (),
) -> list[list[Hypothesis]]:
    """Draw every word by chance: context (B, …) -> for each picture a list with one hypothesis.

    temperature < 1 sharpens the distribution, > 1 flattens it. `top_k` keeps the k likeliest words,
    `top_p` the fewest that together reach probability p (nucleus sampling, Holtzman et al., 2020).
    `.log_prob` is the model's own, whatever the temperature. `generator` may live on any device: one on the
    CPU gives the same numbers whatever the decoder runs on. UserError for settings that make no sense.
    """
    require_chances(temperature, top_k, top_p, max_words)
    context = beside(decoder, context)
    source = generator.device if generator else context.device
    exact = torch.float32 if "mps" in (source.type, context.device.type) else torch.float64  # Apple has no 64
    chance = torch.rand(len(context), max_words, generator=generator, device=source, dtype=exact)
    chance = upload(chance, context.device)  # (B, T): for every picture and word a number from 0 to 1

    def draw(log_probs: torch.Tensor, t: int, pictures: torch.Tensor) -> torch.Tensor:  # (B, V) -> (B,)
        probs = _tail_cut(log_probs / temperature, top_k, top_p).softmax(-1)
        mass = probs.to(exact).cumsum(-1)  # (B, V): rises to 1, and stands still at words that are ruled out
        return (mass <= chance[pictures, t].unsqueeze(-1) * mass[:, -1:]).sum(-1)

    return _roll_out(decoder, context, max_words, forbid, draw)


@torch.inference_mode()
def beam_search(
    decoder,
    context: torch.Tensor,
    beam_width: int = 5,
    max_words: int = 20,
    length_penalty: float = 0.0,
    *,
    must_include: Sequence[int] = (),
    forbid: Sequence[int] = (),
    groups: int = 1,
    diversity: float = 0.5,
    on_step=None,
) -> list[list[Hypothesis]]:
    """Keep the `beam_width` best beginnings at every step. context (B, …) -> hypotheses, best first.

    A beam whose END is among the `beam_width` best next steps is set aside, and its place goes to others.
    The search stops when no unfinished beam can still overtake a picture's `beam_width` best. With
    `length_penalty` 0 captions are ranked by log_prob, with a > 0 by log_prob / n**a.

    `must_include` are words that every caption must contain, in any order (constrained beam search, Anderson
    et al., 2017: the work doubles with every such word); `forbid` are words that are not to be said.
    `groups` > 1 divides the beams into so many groups, and at each step a word costs every group `diversity`
    (a log-probability) for each beam of an earlier group that has just said it, so that the captions differ
    more (diverse beam search, Vijayakumar et al., 2016). `.log_prob` stays the model's own.

    `on_step(said (B, K, t), log_prob (B, K))` sees the living beams of every step, to draw the tree with.
    Raises UserError for settings that make no sense.
    """
    require_whole(beam_width=beam_width, max_words=max_words, groups=groups)
    require_number(at_least=0, length_penalty=length_penalty, diversity=diversity)
    must_include, context = word_numbers(must_include, decoder, "must_include"), beside(decoder, context)
    device, width, ruled_out = context.device, beam_width // groups, _ruled_out(forbid, decoder, context)
    if beam_width % groups:
        raise UserError(f"{beam_width} beams can't be shared out evenly among {groups} groups.")
    if len(must_include) > min(max_words, 5):
        raise UserError(f"must_include: {len(must_include)} words are too many; at most 5, and max_words.")
    if set(must_include) & {*NEVER_SAID, *forbid, Vocabulary.END}:
        raise UserError("must_include has a word that may not be said: forbidden, or PAD, UNK, START, END.")
    banks, found = 2 ** len(must_include), []
    for part in context.split(max(1, ROWS // int(beam_width * banks))):
        choose = Constraints(must_include, max_words, device) if must_include else best_steps
        if groups > 1:
            choose = Diversity(choose, diversity)
        over = []  # what each group has found
        for _ in range(groups):
            if groups > 1:
                choose.next_group(len(part), max_words, width * banks, device)
            options = length_penalty, ruled_out, choose, banks, on_step
            over.append(search(_ready(decoder), part, width, max_words, *options))
        said = torch.cat([best.said for best in over], dim=1)  # (B, K, t)
        log_prob = torch.cat([best.log_prob for best in over], dim=1)  # (B, K)
        found += _hypotheses(said, log_prob, length_penalty)
    return found


@torch.inference_mode()
def say(encoder, decoder, vocabulary, features, batch_size: int = 256, search=greedy, **options) -> list[str]:
    """Captions for features (N, F), by `search` with its `options`."""
    require_whole(batch_size=batch_size)
    device = encoder.eval().fc.weight.device

    def speak(batch: torch.Tensor) -> list[str]:
        context = encoder.fc(upload(batch, device).float())  # (B, E)
        return [vocabulary.decode(h[0].words) for h in search(decoder, context, **options)]

    return [text for said in Pieces().through(speak, features.split(int(batch_size))) for text in said]


def _ruled_out(forbid: Sequence[int], decoder, context: torch.Tensor) -> torch.Tensor:
    return upload(torch.tensor([*NEVER_SAID, *word_numbers(forbid, decoder, "forbid")]), context.device)


def _ready(decoder):  # dropout would make it stammer
    return decoder.eval() if isinstance(decoder, torch.nn.Module) else decoder


def _tail_cut(scores: torch.Tensor, top_k: int | None, top_p: float | None) -> torch.Tensor:
    """Scores (B, V) with the unlikely words ruled out: all but the `top_k` best, all outside the nucleus."""
    if top_k is not None:
        smallest_kept = scores.topk(min(top_k, scores.size(-1))).values[:, -1:]
        scores = scores.masked_fill(scores < smallest_kept, -torch.inf)
    if top_p is not None:
        probs, order = scores.softmax(-1).sort(descending=True)
        beyond = probs.cumsum(-1) - probs >= top_p  # the nucleus is full before this word
        scores = scores.masked_fill(torch.zeros_like(beyond).scatter(-1, order, beyond), -torch.inf)
    return scores


@torch.inference_mode()
def _roll_out(decoder, context, max_words: int, forbid, choose) -> list[list[Hypothesis]]:
    """Say words that `choose(log_probs (B, V), t, pictures (B,)) -> (B,)` names until each picture has END.

    `pictures` are the numbers of those that have none yet: the others cost nothing more.
    """
    require_whole(max_words=max_words)
    context = beside(decoder, context)
    device, ruled_out = context.device, _ruled_out(forbid, decoder, context)
    said = torch.full((len(context), max_words), Vocabulary.PAD, device=device)
    log_prob = torch.zeros(len(context), device=device)
    for pictures in torch.arange(len(context), device=device).split(ROWS):
        state = _ready(decoder).start(context[pictures])
        words, going_on = torch.full_like(pictures, Vocabulary.START), pictures >= 0  # (B,) each
        for t in range(max_words):
            logits, state = decoder.step(words, state)
            log_probs = word_log_probs(logits, ruled_out)  # (B, V)
            words = choose(log_probs, t, pictures)
            said[pictures, t] = words.where(going_on, Vocabulary.PAD)
            log_prob[pictures] += log_probs.gather(1, words.unsqueeze(1)).squeeze(1).where(going_on, 0.0)
            going_on = going_on & (words != Vocabulary.END)
            if time_to_look(t + 1, device) and t + 1 < max_words:
                left = going_on.nonzero().squeeze(1)
                if len(left) == 0:
                    break
                if len(left) < len(words):
                    pictures, words, going_on = pictures[left], words[left], going_on[left]
                    state = tuple(part[left] for part in state)
    return _hypotheses(said.unsqueeze(1), log_prob.unsqueeze(1))


def _hypotheses(
    said: torch.Tensor, log_prob: torch.Tensor, length_penalty: float = 0.0
) -> list[list[Hypothesis]]:
    """Lists of tensors: said (B, K, t), filled up with PAD after END, and log_prob (B, K)."""
    found = []
    for rows, values in zip(said.tolist(), log_prob.tolist(), strict=True):
        different = {}
        for row, value in zip(rows, values, strict=True):
            if value > float("-inf"):
                words = row[: row.index(Vocabulary.END)] if Vocabulary.END in row else row
                different[tuple(row)] = Hypothesis(words, value, len(words) < len(row))
        if not different:
            raise UserError("Nothing can be said: every word is forbidden, or the weights are no numbers.")
        found.append(sorted(different.values(), key=lambda h: h.score(length_penalty), reverse=True))
    return found
