"""A step of training from cached features, beside the way of the tutorials: `python benchmarks/training.py`.

Embedding 256, hidden 512, 10,000 words, 12 words a caption on average. For *Show and Tell* the plain way is
an LSTM over packed captions in float32 with plain Adam; for attention it projects the whole grid of 196
places and 2,048 numbers each anew at every word.
"""

import argparse

import torch
from timing import compare
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from helpers.base.device import autocast, best_device, grad_scaler
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import ContextLayer
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.losses import teacher_forced_loss

E, H, V, F, PLACES = 256, 512, 10_000, 2_048, 196
DEVICE = best_device()


def captions(n: int) -> torch.Tensor:
    """Captions (n, 22) of 6 to 18 words, 12 on average, between START and END, the longest first."""
    chance = torch.Generator().manual_seed(0)
    lengths = torch.randint(6, 19, (n,), generator=chance).sort(descending=True).values
    words = torch.randint(4, V, (n, 20), generator=chance)
    places = torch.arange(20)
    words[places == lengths.unsqueeze(1)] = Vocabulary.END
    words[places > lengths.unsqueeze(1)] = Vocabulary.PAD
    return nn.functional.pad(words[:, : lengths.max() + 1], (1, 0), value=Vocabulary.START)


class NaiveAttention(nn.Module):
    """Soft attention as it is usually written: everything anew at every word (Xu et al., equations 4–9)."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.key, self.query, self.energy = nn.Linear(F, H), nn.Linear(H, H), nn.Linear(H, 1)
        self.init_h, self.init_c, self.gate = nn.Linear(F, H), nn.Linear(F, H), nn.Linear(H, F)
        self.lstm, self.fc = nn.LSTMCell(E + F, H), nn.Linear(H, V)

    def forward(self, grid, words, lengths):
        """Grid (B, P, F), words (B, T), lengths (B,) the longest first -> logits (B, T, V)."""
        h, c = self.init_h(grid.mean(1)), self.init_c(grid.mean(1))
        logits = torch.zeros(*words.shape, V, device=grid.device)
        for t in range(words.size(1)):
            n = int((lengths > t).sum())
            energies = self.energy(torch.relu(self.key(grid[:n]) + self.query(h[:n]).unsqueeze(1)))
            seen = (grid[:n] * energies.softmax(1)).sum(1) * self.gate(h[:n]).sigmoid()
            h, c = self.lstm(torch.cat([self.embedding(words[:n, t]), seen], 1), (h[:n], c[:n]))
            logits[:n, t] = self.fc(h)
        return logits


def our_step(decoder, features, said):
    """What `helpers.tell.training.train_epoch` does for a batch."""
    fc = ContextLayer(F, E)
    model = nn.ModuleList([fc, decoder]).to(DEVICE).train()
    optimizer, scaler = torch.optim.AdamW(model.parameters(), fused=True), grad_scaler(DEVICE)

    def step():
        with autocast(DEVICE):
            context = fc(features.to(DEVICE, torch.float32))
            loss = teacher_forced_loss(decoder, context, said)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        scaler.step(optimizer)
        scaler.update()

    return step


def plain_step(features, said):
    """The decoder of the tutorials: an LSTM over packed captions, float32, plain Adam."""
    fc, embedding, lstm, out = (
        nn.Linear(F, E),
        nn.Embedding(V, E),
        nn.LSTM(E, H, batch_first=True),
        nn.Linear(H, V),
    )
    model = nn.ModuleList([fc, embedding, lstm, out]).to(DEVICE)
    optimizer = torch.optim.Adam(model.parameters())
    said, lengths = said.to(DEVICE), (said != Vocabulary.PAD).sum(1)

    def step():
        words = torch.cat([fc(features.to(DEVICE).float()).unsqueeze(1), embedding(said[:, :-1])], 1)
        hidden, _ = lstm(pack_padded_sequence(words, lengths, batch_first=True))
        targets = pack_padded_sequence(said, lengths, batch_first=True).data
        loss = nn.functional.cross_entropy(out(hidden.data), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def naive_step(grid, said):
    """Training `NaiveAttention`."""
    model = NaiveAttention().to(DEVICE)
    optimizer = torch.optim.Adam(model.parameters())
    said, lengths = said.to(DEVICE), (said != Vocabulary.PAD).sum(1) - 1  # lengths stay on the CPU

    def step():
        logits = model(grid.to(DEVICE).float(), said[:, :-1], lengths)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), said[:, 1:].flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    torch.manual_seed(0)
    features, said = torch.rand(128, F).half(), captions(128)
    ours, plain = our_step(Decoder(V, E, H), features, said), plain_step(features, said)
    ways = {
        "ours": (lambda: [ours() for _ in range(5)], 640),
        "plain": (lambda: [plain() for _ in range(5)], 640),
    }
    compare("a step of Show and Tell, batch 128", "captions/s", ways, rounds)
    grid, said = torch.rand(32, PLACES, F).half(), captions(32)
    ours, naive = our_step(AttentionDecoder(V, E, H), grid, said), naive_step(grid, said)
    compare(
        "a step with attention, batch 32", "captions/s", {"ours": (ours, 32), "naive": (naive, 32)}, rounds
    )


if __name__ == "__main__":
    main()
