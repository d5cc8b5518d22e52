"""The decoder of *Show and Tell* (Vinyals et al., 2015): an LSTM that says the caption word by word."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from helpers.vocabulary import Vocabulary

State = tuple[torch.Tensor, ...]


class Speaker(nn.Module):
    """What all decoders share: `hidden`, `start` and `step` differ, the way from states to words does not."""

    def __init__(self, **config):
        """`config` are the arguments that make the decoder anew, kept with its weights."""
        super().__init__()
        self.config = config

    def forward(self, context: torch.Tensor, captions: torch.Tensor) -> torch.Tensor:
        """Teacher forcing: the scores of every next word, given the true words before it.

        context (B, …), captions (B, T) that begin with START -> logits (B, T, V);
        logits[:, t] are for the word that follows captions[:, t].
        """
        return self.logits(self.hidden(context, captions))  # (B, T, V)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Hidden states (…, H) -> the scores of every next word (…, V)."""
        return self.fc(self.dropout(hidden))


class Decoder(Speaker):
    """LSTM language model that reads the picture's context vector before the first word.

    Show and Tell, equations 10–12:  x_-1 = context,  x_t = W_e S_t,  p_t+1 = softmax(LSTM(x_t)).
    S_0 is START; the caption is over when END has been said.
    """

    def __init__(
        self, vocabulary_size: int, embedding_dim: int = 256, hidden_dim: int = 512, dropout: float = 0.5
    ):
        super().__init__(
            vocabulary_size=vocabulary_size,
            embedding_dim=embedding_dim,
            hidden_dim=hidden_dim,
            dropout=dropout,
        )
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim, padding_idx=Vocabulary.PAD)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden_dim, vocabulary_size)

    def hidden(self, context, captions, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """The LSTM's hidden states (B, T, H). Given `lengths` (B,), on the CPU, padding takes no work."""
        words = self.dropout(self.embedding(captions))  # (B, T, E)
        inputs = torch.cat([context.unsqueeze(1), words], dim=1)  # (B, 1 + T, E)
        if lengths is None:
            hidden, _ = self.lstm(inputs)  # (B, 1 + T, H)
        else:
            packed = pack_padded_sequence(inputs, 1 + lengths, batch_first=True, enforce_sorted=False)
            packed, _ = self.lstm(packed)
            hidden, _ = pad_packed_sequence(packed, batch_first=True, total_length=inputs.size(1))
        return hidden[:, 1:]  # nothing is said after the context alone

    def start(self, context: torch.Tensor) -> State:
        """Show the picture: context (B, E) -> state (h, c), each (B, H)."""
        _, (h, c) = self.lstm(context.unsqueeze(1))
        return h[0], c[0]

    def step(self, words: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Say one word: words (B,) said last (START at first) -> logits (B, V) of the next, new state."""
        h, c = (part.unsqueeze(0).contiguous() for part in state)  # (1, B, H), as nn.LSTM likes it
        hidden, (h, c) = self.lstm(self.embedding(words).unsqueeze(1), (h, c))
        return self.logits(hidden[:, 0]), (h[0], c[0])


class AttentionDecoder(Speaker):
    """An LSTM that looks at another part of the picture for every word (Xu et al., 2015: soft attention).

    The context is a grid of P places, (B, P, E). Before each word the hidden state asks every place how much
    it matters, equations 4–6, and the LSTM reads the last word together with the weighted mean of the places,
    let through by a gate (section 4.2.1). The places' keys are computed once a picture, not at every word.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 256,
        hidden_dim: int = 512,
        dropout: float = 0.5,
        attention_dim: int = 256,
    ):
        super().__init__(
            vocabulary_size=vocabulary_size,
            embedding_dim=embedding_dim,
            hidden_dim=hidden_dim,
            dropout=dropout,
            attention_dim=attention_dim,
        )
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim, padding_idx=Vocabulary.PAD)
        self.key = nn.Linear(embedding_dim, attention_dim)
        self.query = nn.Linear(hidden_dim, attention_dim, bias=False)
        self.energy = nn.Linear(attention_dim, 1, bias=False)
        self.gate = nn.Linear(hidden_dim, embedding_dim)
        self.init = nn.Linear(embedding_dim, 2 * hidden_dim)
        self.lstm = nn.LSTMCell(2 * embedding_dim, hidden_dim)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden_dim, vocabulary_size)

    def hidden(self, context, captions, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """The hidden states (B, T, H). Given `lengths` (B,), on the CPU, padding takes no work."""
        if lengths is None:
            lengths = torch.full((len(captions),), captions.size(1))
        lengths, order = lengths.sort(descending=True)  # the longest first: those that go on stay together
        back = order.argsort().to(context.device)
        order = order.to(context.device)
        words = self.dropout(self.embedding(captions[order]))  # (B, T, E)
        h, c, context, keys = self.start(context[order])
        states = []
        for t in range(captions.size(1)):
            n = int((lengths > t).sum())  # captions that have a word here
            h, c = self._read(words[:n, t], h[:n], c[:n], context[:n], keys[:n])
            states.append(nn.functional.pad(h, (0, 0, 0, len(words) - n)))
        return torch.stack(states, dim=1)[back]  # (B, T, H)

    def start(self, context: torch.Tensor) -> State:
        """Show the picture: context (B, P, E) -> state (h, c, context, keys)."""
        h, c = self.init(context.mean(1)).tanh().chunk(2, dim=-1)  # (B, H) each
        return h, c, context, self.key(context)

    def step(self, words: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Say one word: words (B,) said last (START at first) -> logits (B, V) of the next, new state."""
        h, c = self._read(self.embedding(words), *state)
        return self.logits(h), (h, c, *state[2:])

    def look(self, state: State) -> torch.Tensor:
        """Where the decoder looks in this state before it reads on: (B, P), which adds up to 1."""
        h, _, _, keys = state
        return self.energy(torch.tanh(keys + self.query(h).unsqueeze(1))).squeeze(-1).softmax(-1)

    def _read(self, embedded, h, c, context, keys) -> State:
        places = self.look((h, c, context, keys))  # (B, P)
        seen = (places.unsqueeze(1) @ context).squeeze(1) * self.gate(h).sigmoid()  # (B, E)
        return self.lstm(torch.cat([embedded, seen], dim=-1), (h, c))


class TransformerLayer(nn.Module):
    """What was said so far, then the picture, then a small network: each added to what was there."""

    def __init__(self, dim: int, hidden_dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(3))
        self.query, self.key_value, self.out = (
            nn.Linear(dim, dim),
            nn.Linear(dim, 2 * dim),
            nn.Linear(dim, dim),
        )
        self.look, self.places, self.seen = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.feed = nn.Sequential(nn.Linear(dim, hidden_dim), nn.GELU(), nn.Linear(hidden_dim, dim))
        self.dropout = nn.Dropout(dropout)

    def forward(self, words, places, said=None):
        """Words (B, T, D), places (B, P, 2D), `said` so far (B, t, 2D) -> words, said (B, t + T, 2D)."""
        normed = self.norms[0](words)
        now = self.key_value(normed)
        said = now if said is None else torch.cat([said, now], dim=1)
        causal = words.size(1) > 1  # many words at once: none may look ahead
        words = words + self.dropout(self.out(self._attend(self.query(normed), said, causal)))
        words = words + self.dropout(self.seen(self._attend(self.look(self.norms[1](words)), places, False)))
        return words + self.dropout(self.feed(self.norms[2](words))), said

    def _attend(self, query, key_value, causal: bool) -> torch.Tensor:
        def split(x):  # (B, T, D) -> (B, heads, T, D / heads)
            return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

        key, value = key_value.chunk(2, dim=-1)
        parts = split(query), split(key), split(value)
        return nn.functional.scaled_dot_product_attention(*parts, is_causal=causal).transpose(1, 2).flatten(2)


class TransformerDecoder(Speaker):
    """A small Transformer (Vaswani et al., 2017) in the LSTM's place, with the same `start` and `step`.

    It takes context vectors (B, E) or grids (B, P, E). Its state keeps the keys and values of the picture and
    of all words said, so that a step costs one word, not the whole sentence again.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 256,
        hidden_dim: int = 512,
        dropout: float = 0.1,
        layers: int = 2,
        heads: int = 4,
        longest: int = 100,
    ):
        super().__init__(
            vocabulary_size=vocabulary_size,
            embedding_dim=embedding_dim,
            hidden_dim=hidden_dim,
            dropout=dropout,
            layers=layers,
            heads=heads,
            longest=longest,
        )
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim, padding_idx=Vocabulary.PAD)
        self.position = nn.Embedding(longest, embedding_dim)
        sizes = embedding_dim, hidden_dim, heads, dropout
        self.layers = nn.ModuleList(TransformerLayer(*sizes) for _ in range(layers))
        self.norm = nn.LayerNorm(embedding_dim)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(embedding_dim, vocabulary_size)

    def hidden(self, context, captions, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """What `logits` takes: (B, T, E). All words at once: `lengths` (B,) save nothing here."""
        words = self._embedded(captions, 0)
        for layer, places in zip(self.layers, self.start(context), strict=False):
            words, _ = layer(words, places)
        return self.norm(words)

    def start(self, context: torch.Tensor) -> State:
        """Show the picture -> each layer's keys and values: of places (B, P, 2E), then of words: none."""
        context = context.unsqueeze(1) if context.dim() == 2 else context
        nothing = context.new_empty(len(context), 0, 2 * context.size(-1))  # (B, 0, 2E)
        return *(layer.places(context) for layer in self.layers), *(nothing for _ in self.layers)

    def step(self, words: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Say one word: words (B,) said last (START at first) -> logits (B, V) of the next, new state."""
        places, said = state[: len(self.layers)], state[len(self.layers) :]
        x, after = self._embedded(words.unsqueeze(1), said[0].size(1)), []  # (B, 1, E)
        for layer, seen, before in zip(self.layers, places, said, strict=True):
            x, now = layer(x, seen, before)
            after.append(now)
        return self.logits(self.norm(x[:, 0])), (*places, *after)

    def _embedded(self, words: torch.Tensor, begin: int) -> torch.Tensor:
        places = torch.arange(begin, begin + words.size(1), device=words.device)
        return self.dropout(self.embedding(words) + self.position(places))
