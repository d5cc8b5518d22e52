"""The decoders of *Show and Tell* and of *Show, Attend and Tell*: LSTMs that say a caption word by word."""

import torch
from torch import nn

from helpers.base.arguments import require_sizes
from helpers.base.device import upload
from helpers.data.vocabulary import Vocabulary

State = tuple[torch.Tensor, ...]


class Tied(nn.Module):
    """Scores from the very vectors with which the words go in (Press and Wolf, 2017): far fewer weights."""

    def __init__(self, embedding: nn.Embedding, hidden_dim: int):
        super().__init__()
        self.embedding = embedding
        self.project = nn.Linear(hidden_dim, embedding.embedding_dim)
        self.bias = nn.Parameter(torch.zeros(embedding.num_embeddings))
        self.scale = embedding.embedding_dim**-0.5

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Hidden states (…, H) -> logits (…, V)."""
        return nn.functional.linear(self.project(hidden), self.embedding.weight * self.scale, self.bias)


class Speaker(nn.Module):
    """What all decoders share: words go in as vectors, and hidden states come out as scores of words.

    `hidden`, `start` and `step` differ. `config` are the arguments that make a decoder anew.
    """

    def __init__(self, vocabulary_size, embedding_dim, hidden_dim, dropout, tied, **config):
        super().__init__()
        sizes = {"embedding_dim": embedding_dim, "hidden_dim": hidden_dim, "dropout": dropout, "tied": tied}
        self.config = {"vocabulary_size": vocabulary_size} | sizes | config
        require_sizes(**self.config)
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim, padding_idx=Vocabulary.PAD)
        self.dropout = nn.Dropout(dropout)
        if tied:
            self.fc = Tied(self.embedding, self.output_dim)
        else:
            self.fc = nn.Linear(self.output_dim, vocabulary_size)

    @property
    def output_dim(self) -> int:
        """Numbers in a hidden state."""
        return self.config["hidden_dim"]

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
        self,
        vocabulary_size: int,
        embedding_dim: int = 256,
        hidden_dim: int = 512,
        dropout: float = 0.5,
        tied: bool = False,
    ):
        super().__init__(vocabulary_size, embedding_dim, hidden_dim, dropout, tied)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, batch_first=True)

    def hidden(self, context, captions, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """The LSTM's hidden states (B, T, H). Given `lengths` (B,), on the CPU, padding takes little work."""
        words = self.dropout(self.embedding(captions))  # (B, T, E)
        inputs = torch.cat([context.unsqueeze(1), words], dim=1)  # (B, 1 + T, E)
        if lengths is None:
            hidden, _ = self.lstm(inputs)  # (B, 1 + T, H)
        else:
            hidden = by_length(self.lstm, inputs, 1 + lengths)  # (B, 1 + T, H)
        return hidden[:, 1:]  # (B, T, H): nothing is said after the context alone

    def start(self, context: torch.Tensor) -> State:
        """Show the picture: context (B, E) -> state (h, c), each (B, H)."""
        _, (h, c) = self.lstm(context.unsqueeze(1))  # (1, B, H) each
        return h[0], c[0]  # (B, H) each

    def step(self, words: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Say one word: words (B,) said last (START at first) -> logits (B, V) of the next, new state."""
        h, c = (part.unsqueeze(0).contiguous() for part in state)  # (1, B, H) each, as nn.LSTM likes it
        inputs = self.embedding(words).unsqueeze(1)  # (B, 1, E)
        hidden, (h, c) = self.lstm(inputs, (h, c))  # (B, 1, H), (1, B, H), (1, B, H)
        return self.logits(hidden[:, 0]), (h[0], c[0])  # (B, V), (B, H), (B, H)


def by_length(lstm: nn.LSTM, inputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """What `lstm` answers to inputs (B, T, E) up to lengths (B,), on the CPU: (B, T, H), zeros after that.

    Three parts of like length, the longest first: packed sequences take twice the time on a CPU.
    """
    order, parts = lengths.argsort(descending=True), []
    for rows in order.chunk(3):
        longest = int(lengths[rows[0]])
        hidden, _ = lstm(inputs[upload(rows, inputs.device), :longest])  # (b, longest, H)
        parts.append(nn.functional.pad(hidden, (0, 0, 0, inputs.size(1) - longest)))
    return torch.cat(parts)[upload(order.argsort(), inputs.device)]  # (B, T, H)


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
        tied: bool = False,
        attention_dim: int = 256,
    ):
        super().__init__(
            vocabulary_size, embedding_dim, hidden_dim, dropout, tied, attention_dim=attention_dim
        )
        self.key = nn.Linear(embedding_dim, attention_dim)
        self.query = nn.Linear(hidden_dim, attention_dim, bias=False)
        self.energy = nn.Linear(attention_dim, 1, bias=False)
        self.gate = nn.Linear(hidden_dim, embedding_dim)
        self.init = nn.Linear(embedding_dim, 2 * hidden_dim)
        self.lstm = nn.LSTMCell(2 * embedding_dim, hidden_dim)

    def hidden(self, context, captions, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """The hidden states (B, T, H). Given `lengths` (B,), on the CPU, padding takes no work."""
        if lengths is None:
            lengths = torch.full((len(captions),), captions.size(1))
        lengths, order = lengths.sort(descending=True)  # the longest first: those that go on stay together
        back, order = upload(order.argsort(), context.device), upload(order, context.device)
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
