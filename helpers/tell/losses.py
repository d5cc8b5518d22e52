"""How wrong the decoder is: -log p of every word that it should have said."""

import torch
from torch import nn

from helpers.base.device import upload
from helpers.data.vocabulary import Vocabulary


def caption_loss(logits: torch.Tensor, targets: torch.Tensor, label_smoothing: float = 0.0) -> torch.Tensor:
    """Mean of -log p(S_t | I, S_0 … S_t-1) over all words but PAD: logits (B, T, V), targets (B, T).

    Show and Tell, equation 13, divided by the number of words. Without PAD both may come as one row of words.
    With `label_smoothing` that share of the probability is wanted for all words alike (Szegedy et al., 2016).
    """
    flat = logits.flatten(0, -2).float()  # (B * T, V)
    options = {"ignore_index": Vocabulary.PAD, "label_smoothing": label_smoothing}
    return nn.functional.cross_entropy(flat, upload(targets, flat.device).flatten(), **options)


def count_targets(captions: torch.Tensor) -> torch.Tensor:
    """How many words captions (B, T) have that are to be said: all but START and PAD."""
    return (captions[:, 1:] != Vocabulary.PAD).sum()


def teacher_forced_loss(
    decoder, context, captions, label_smoothing: float = 0.0, own_words: float = 0.0
) -> torch.Tensor:
    """`caption_loss` with no work on padding: context (B, …, E), captions (B, T) on the CPU."""
    return caption_loss(*true_words(decoder, context, captions, own_words), label_smoothing)


def true_words(decoder, context, captions, own_words: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (words, V) and targets (words,) of all words of captions (B, T), one caption after another.

    Half of a batch of people's captions is padding. Only true words go through the LSTM and through the
    large matrix of the vocabulary. `own_words`: the share of words that is read as `with_own_words` has it.
    """
    inputs, targets, device = captions[:, :-1], captions[:, 1:], context.device  # (B, T - 1)
    said = targets != Vocabulary.PAD
    places = said.nonzero(as_tuple=True)  # counted on the CPU, since a GPU would have to be waited for
    inputs = upload(inputs, device)
    if own_words:
        inputs = with_own_words(decoder, context, inputs, own_words)
    hidden = decoder.hidden(context, inputs, lengths=said.sum(1))  # (B, T - 1, H)
    logits = decoder.logits(hidden[tuple(upload(indices, device) for indices in places)])  # (words, V)
    return logits, upload(targets[places], device)


@torch.no_grad()
def with_own_words(decoder, context, inputs: torch.Tensor, share: float) -> torch.Tensor:
    """Inputs (B, T), with a share of the words replaced by what the decoder itself would have said there.

    Scheduled sampling (Bengio et al., 2015), all words at once (Mihaylova and Martins, 2019): the decoder
    learns to go on after its own mistakes, which it never sees when only true words are read.
    """
    probabilities = decoder(context, inputs).float().softmax(-1)  # (B, T, V)
    torch.clear_autocast_cache()  # else, before torch 2.11, weights that were used here get no gradient
    chance = torch.empty_like(probabilities).exponential_()
    own = (probabilities / chance).argmax(-1)  # (B, T): drawn by probability, for the word that follows
    chosen = torch.rand(inputs[:, 1:].shape, device=inputs.device) < share
    chosen &= inputs[:, 1:] != Vocabulary.PAD
    return torch.cat([inputs[:, :1], torch.where(chosen, own[:, :-1], inputs[:, 1:])], dim=1)
