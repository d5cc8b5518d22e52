"""A small Transformer in the LSTM's place, with the same `start` and `step`."""

import torch
from torch import nn

from helpers.base.arguments import require_whole
from helpers.base.errors import UserError
from helpers.tell.decoder import Speaker, State


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
    """Every word looks at all words before it and at the picture (Vaswani et al., 2017).

    It takes context vectors (B, E) or grids (B, P, E). Its state keeps the keys and values of the picture and
    of all words said, so that a step costs one word, not the whole sentence again.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 256,
        hidden_dim: int = 512,
        dropout: float = 0.1,
        tied: bool = False,
        layers: int = 2,
        heads: int = 4,
        longest: int = 100,
    ):
        shape = {"layers": layers, "heads": heads, "longest": longest}
        require_whole(**shape)
        if embedding_dim % heads:
            raise UserError(f"embedding_dim is {embedding_dim}: {heads} heads can't share that evenly.")
        super().__init__(vocabulary_size, embedding_dim, hidden_dim, dropout, tied, **shape)
        self.position = nn.Embedding(longest, embedding_dim)
        sizes = embedding_dim, hidden_dim, heads, dropout
        self.layers = nn.ModuleList(TransformerLayer(*sizes) for _ in range(layers))
        self.norm = nn.LayerNorm(embedding_dim)

    @property
    def output_dim(self) -> int:
        """Numbers in a hidden state: here those of a word's vector."""
        return self.config["embedding_dim"]

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
