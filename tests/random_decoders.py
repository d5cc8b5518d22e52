"""Decoders that no one has trained, and all that they could say."""

import itertools

import torch

from helpers.data.vocabulary import Vocabulary
from helpers.tell.decoder import Decoder

END = Vocabulary.END


def random_decoder(seed, words=7, sharpness=4.0):
    torch.manual_seed(seed)
    decoder = Decoder(words, embedding_dim=5, hidden_dim=8).eval()
    with torch.no_grad():
        decoder.fc.weight *= sharpness
        decoder.fc.bias.normal_()
    return decoder, torch.randn(3, 5)


def teacher_forced(decoder, context, hypothesis):
    """The log-probability of a hypothesis for context (1, E), computed in one pass."""
    said = [*hypothesis.words, END] if hypothesis.finished else hypothesis.words
    fed = torch.tensor([[Vocabulary.START, *said[:-1]]])
    log_probs = decoder(context, fed).log_softmax(-1)[0]
    return sum(log_probs[t, word].item() for t, word in enumerate(said))


def all_captions(decoder, context, max_words, length_penalty=0.0, allowed=lambda words: True):
    """Every caption the model can say, best first, for context (1, E): (ranking score, words)."""
    found = []
    for n in range(max_words + 1):
        every = itertools.product(range(END + 1, decoder.config["vocabulary_size"]), repeat=n)
        said = torch.tensor(
            [[*words, END] if n < max_words else list(words) for words in every]
        )  # (N, n [+ 1])
        fed = torch.cat([torch.full((len(said), 1), Vocabulary.START), said[:, :-1]], dim=1)
        log_probs = decoder(context.expand(len(said), -1), fed).log_softmax(-1)
        values = log_probs.gather(2, said.unsqueeze(-1)).sum((1, 2)) / said.shape[1] ** length_penalty
        found += zip(values.tolist(), said[:, :n].tolist(), strict=True)
    return sorted((pair for pair in found if allowed(pair[1])), reverse=True)


class Recorder:
    """A decoder that counts the rows it is asked for at each step."""

    def __init__(self, decoder):
        self.decoder, self.rows = decoder, []
        self.start = decoder.start

    def step(self, words, state):
        self.rows.append(len(words))
        return self.decoder.step(words, state)
