"""A picture in words with weights, of which a caption is only one reading.

    picture ─ CNN ─► features ─┬─ context ─ beams ─► caption ─► what else the decoder held possible ─┬─► words
                               └─ pooled ─► classes that the CNN sees, familiarity ──────────────────┘

At every step of its caption the decoder holds many words possible: each counts with the probability that it
is said at least once. So do the names that people give to the classes. Nothing is drawn by chance.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from helpers.base.device import upload
from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary, tokenize
from helpers.show.sight import Sight, pooled
from helpers.tell.captioner import Captioner
from helpers.tell.class_words import class_words
from helpers.tell.decoding import NEVER_SAID

SEEN_AT_ONCE = 8  # pictures that the CNN sees at a time: with more, its maps fill the caches and the memory
LIKELIEST = 10  # classes that are looked at
SLIGHT = 0.05  # words and classes of less weight are left out


@dataclass
class Description:
    """One picture, described."""

    caption: str
    words: dict[str, float]  # how sure it is that the picture shows them, 0 … 1
    classes: dict[str, float] = field(default_factory=dict)  # those that the CNN sees, the likeliest first
    familiarity: float | None = None  # the share of pictures like the known ones that look stranger, 0 … 1
    features: np.ndarray | None = None  # (F,) uint8: the pooled ones, in 255 steps up to their greatest


def describe_pictures(captioner, pictures, beam_width: int = 3, batch_size: int = 64) -> list[Description]:
    """Describe pictures (PIL, or paths): of each the caption that `captioner.caption` gives, and the rest.

    A captioner may be anything with `.caption(pictures, beam_width=…) -> list[str]`. Of one that is no
    `Captioner` the words are those of its captions; one without `sight` sees no classes. A picture is
    described in the same way whatever others are beside it. UserError if it gives anything but a sentence
    for each.
    """
    if not isinstance(captioner, Captioner):
        captions = captioner.caption(pictures, beam_width=beam_width)
        _require_captions(captions, len(pictures), type(captioner).__name__)
        return [Description(caption, said(caption)) for caption in captions]
    batches = (list(pictures[i : i + batch_size]) for i in range(0, len(pictures), batch_size))
    found = captioner.pieces.through(lambda some: _look(captioner, some, beam_width), batches)
    return [description for some in found for description in some]


def at_a_time(captioner) -> int:
    """How many batches may be described at the same time: on a CPU with several cores a few, others one."""
    on_cpu = isinstance(captioner, Captioner) and captioner.device.type == "cpu"
    return min(4, torch.get_num_threads()) if on_cpu else 1


def _require_captions(captions, n: int, whose: str) -> None:
    whole = isinstance(captions, list | tuple) and len(captions) == n
    if not whole or not all(isinstance(caption, str) for caption in captions):
        raise UserError(f"{whose}.caption must give a list with one sentence for each of {n} pictures.")


def said(caption: str) -> dict[str, float]:
    """The words of a caption, all of them sure."""
    return dict.fromkeys(tokenize(caption), 1.0)


@torch.inference_mode()
def _look(captioner: Captioner, pictures: list, beam_width: int) -> list[Description]:
    """All that is to be known of a batch, in one pass through the CNN."""
    encoder, sight = captioner.encoder, captioner.sight
    images = captioner.transform.batch(pictures).to(captioner.device)  # (B, 3, H, W)
    features = torch.cat([encoder.features(some) for some in images.split(SEEN_AT_ONCE)])  # (B, F), (B, P, F)
    context = encoder.fc(features)
    best = [found[0].words for found in captioner.search(context, beam_width)]
    captions = [captioner.vocabulary.decode(words) for words in best]
    thought = _thoughts(captioner, context, best)
    described = [Description(text, words) for text, words in zip(captions, thought, strict=True)]
    if sight is not None:
        _see(sight, pooled(features), described)
    return described


def _thoughts(captioner: Captioner, context: torch.Tensor, best: list[list[int]]) -> list[dict[str, float]]:
    """For every picture, context (B, …), the words that may be said on the way along its caption."""
    read = [torch.tensor([Vocabulary.START, *words]) for words in best]
    lengths = torch.tensor([*map(len, read)])  # (B,)
    ids = upload(pad_sequence(read, batch_first=True, padding_value=Vocabulary.PAD), context.device)  # (B, T)
    logits = captioner.decoder.logits(captioner.decoder.hidden(context, ids, lengths))
    chances = logits.float().softmax(-1)  # (B, T, V)
    chances[:, 1:].masked_fill_((ids[:, 1:] == Vocabulary.PAD).unsqueeze(-1), 0.0)  # nothing follows END
    chances[..., [*NEVER_SAID, Vocabulary.END]] = 0.0
    once = 1 - (1 - chances).prod(1)  # (B, V): said at one step or another
    rows, ids = (once >= SLIGHT).nonzero(as_tuple=True)  # (N,) each
    found, known = [{} for _ in best], captioner.vocabulary.words
    for row, i, chance in zip(rows.tolist(), ids.tolist(), once[rows, ids].tolist(), strict=True):
        found[row][known[i]] = round(chance, 2)
    return found


def _see(sight: Sight, features: torch.Tensor, described: list[Description]) -> None:
    """Add what `sight` makes of pooled features (B, F), and the words for it."""
    for one, share in zip(described, sight.familiarity(features).tolist(), strict=True):
        one.familiarity = round(share, 2)
    if not sight.classes:
        return
    steps = 255 * features.clamp(min=0) / features.amax(1, keepdim=True).clamp(min=1e-9)  # (B, F)
    rows, called = steps.round().byte().cpu().numpy(), class_words(tuple(sight.classes))
    for one, row, best in zip(described, rows, sight.likeliest(features, LIKELIEST), strict=True):
        one.features, seen = row, Counter()
        for i, chance in best:
            seen.update(dict.fromkeys(called[i], chance))
            if chance >= SLIGHT:
                one.classes[sight.classes[i]] = round(chance, 2)
        for word, chance in seen.items():
            if chance >= SLIGHT:
                one.words[word] = round(max(chance, one.words.get(word, 0.0)), 2)
