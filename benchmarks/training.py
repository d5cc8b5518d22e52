"""Training from cached features, beside the way of the tutorials: `python benchmarks/training.py`.

Embedding 256, hidden 512, 10,000 words, 12 words a caption on average. For *Show and Tell* the plain way is
an LSTM over packed captions in float32 with plain Adam; for attention it projects the whole grid of 196
places and 2,048 numbers each anew at every word.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import sys
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from timing import compare
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from helpers.base.commands import command_parser
from helpers.base.device import best_device, grad_scaler
from helpers.base.errors import run_command
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import ContextLayer
from helpers.tell.batches import CaptionBatches
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.runs import Run
from helpers.tell.training import Settings, train_epoch


class Dims(NamedTuple):
    """How large everything is: `features` are the numbers of a picture, or of each of its places."""

    embedding: int = 256
    hidden: int = 512
    words: int = 10_000
    features: int = 2_048
    places: int = 196


Data = tuple[torch.Tensor, list[list[str]], Vocabulary]  # features, the captions of each picture, words


def make_data(dims: Dims, pictures: int, each: int = 1, grid: bool = False) -> Data:
    """Features of so many pictures, and `each` captions: 6 to 18 words by chance, 12 on average."""
    words = [f"word{i}" for i in range(dims.words - len(Vocabulary.SPECIALS))]
    chance = np.random.default_rng(0)
    lengths = chance.integers(6, 19, pictures * each)
    said = chance.integers(len(words), size=lengths.sum())
    captions = [" ".join([words[i] for i in ids]) for ids in np.split(said, lengths.cumsum()[:-1])]
    captions = [captions[i : i + each] for i in range(0, len(captions), each)]
    features = torch.rand(pictures, *[dims.places] * grid, dims.features).half()
    return features, captions, Vocabulary([*Vocabulary.SPECIALS, *words])


class NaiveAttention(nn.Module):
    """Soft attention as it is usually written: everything anew at every word (Xu et al., equations 4–9)."""

    def __init__(self, dims: Dims):
        super().__init__()
        e, h, v, f, _ = dims
        self.embedding = nn.Embedding(v, e)
        self.key, self.query, self.energy = nn.Linear(f, h), nn.Linear(h, h), nn.Linear(h, 1)
        self.init_h, self.init_c, self.gate = nn.Linear(f, h), nn.Linear(f, h), nn.Linear(h, f)
        self.lstm, self.fc = nn.LSTMCell(e + f, h), nn.Linear(h, v)

    def forward(self, grid, words, lengths):
        """Grid (B, P, F), words (B, T), lengths (B,) the longest first -> logits (B, T, V)."""
        h, c = self.init_h(grid.mean(1)), self.init_c(grid.mean(1))
        logits = torch.zeros(*words.shape, self.fc.out_features, device=grid.device)
        for t in range(words.size(1)):
            n = int((lengths > t).sum())
            energies = self.energy(torch.relu(self.key(grid[:n]) + self.query(h[:n]).unsqueeze(1)))
            seen = (grid[:n] * energies.softmax(1)).sum(1) * self.gate(h[:n]).sigmoid()
            h, c = self.lstm(torch.cat([self.embedding(words[:n, t]), seen], 1), (h[:n], c[:n]))
            logits[:n, t] = self.fc(h)
        return logits

    def loss(self, grid, said, lengths):
        """Grid (B, P, F), said (B, T), lengths (B,) the longest first, on the CPU."""
        logits = self(grid, said[:, :-1], lengths - 1)
        return nn.functional.cross_entropy(logits.flatten(0, 1), said[:, 1:].flatten(), ignore_index=0)


def new_decoder(kind, dims: Dims):
    """Untrained."""
    return kind(dims.words, dims.embedding, dims.hidden)


def our_epoch(decoder, data: Data, batch_size: int, device):
    """`train_epoch` itself; the features wait in a GPU's memory if they fit there."""
    features, captions, vocabulary = data
    fc = ContextLayer(features.size(-1), decoder.config["embedding_dim"])
    model = nn.ModuleDict({"fc": fc, "decoder": decoder}).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)
    run = Run("nowhere", model, optimizer, schedule, grad_scaler(device))
    batches = CaptionBatches(features, captions, vocabulary, batch_size, device)
    return lambda on_batch=None: train_epoch(run, batches, Settings(batch_size=batch_size), on_batch)


class PlainDecoder(nn.Module):
    """The decoder of the tutorials: an LSTM over packed captions."""

    def __init__(self, dims: Dims):
        super().__init__()
        e, h, v, f, _ = dims
        self.fc, self.embedding = nn.Linear(f, e), nn.Embedding(v, e)
        self.lstm, self.out = nn.LSTM(e, h, batch_first=True), nn.Linear(h, v)

    def loss(self, features, said, lengths):
        """Features (B, F), said (B, T), lengths (B,) the longest first, on the CPU."""
        words = torch.cat([self.fc(features).unsqueeze(1), self.embedding(said[:, :-1])], 1)
        hidden, _ = self.lstm(pack_padded_sequence(words, lengths, batch_first=True))
        targets = pack_padded_sequence(said, lengths, batch_first=True).data
        return nn.functional.cross_entropy(self.out(hidden.data), targets)


def plain_epoch(model, data: Data, batch_size: int, device, steps: int | None = None):
    """Float32, plain Adam, every batch from the CPU's memory; no more than `steps` of them."""
    model = model.to(device)
    optimizer = torch.optim.Adam(model.parameters())
    batches = CaptionBatches(*data, batch_size)

    def epoch():
        for features, said in islice(batches.epoch(torch.Generator().manual_seed(0)), steps):
            lengths, order = (said != Vocabulary.PAD).sum(1).sort(descending=True)
            features, said = features[order].to(device), said[order].to(device)
            loss = model.loss(features.float(), said, lengths)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def main() -> None:
    """Measure and print."""
    parser = command_parser("python benchmarks/training.py", __doc__, "--rounds 1")
    parser.add_argument("--rounds", type=int, default=3)
    rounds, device = parser.parse_args().rounds, best_device()
    dims = Dims()
    torch.manual_seed(0)
    data = make_data(dims, 640)
    ways = {
        "ours": (our_epoch(new_decoder(Decoder, dims), data, 128, device), 640),
        "plain": (plain_epoch(PlainDecoder(dims), data, 128, device), 640),
    }
    compare("training Show and Tell, batch 128", "captions/s", ways, rounds)
    data = make_data(dims, 32, grid=True)
    ways = {
        "ours": (our_epoch(new_decoder(AttentionDecoder, dims), data, 32, device), 32),
        "naive": (plain_epoch(NaiveAttention(dims), data, 32, device), 32),
    }
    compare("training with attention, batch 32", "captions/s", ways, rounds)


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
