"""The recipes of benchmarks/: the same seed begins the same, whatever was there already."""

from contextlib import suppress
from types import SimpleNamespace

import recipes
import torch

from helpers.show.encoder import Encoder
from helpers.tell import course


def test_a_captioner_starts_alike_whether_words_are_learnt_now_or_were_before(tmp_path, monkeypatch):
    taught, started = [], []

    def teach(_, backbone, folder, epochs, seed):
        taught.append(torch.rand(10))  # learning draws numbers
        folder.mkdir(parents=True)
        torch.save(Encoder(backbone, 8, weights=None).cnn.state_dict(), folder / "cnn.pt")

    def begin(encoder, *_, **__):
        started.append(encoder.fc.weight.clone())
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "teach_words", teach)
    monkeypatch.setattr(course, "train_captioner", begin)
    monkeypatch.setattr(recipes.datasets, "load", lambda *_, **__: None)
    no = dict.fromkeys(["attention", "tied", "views", "label_smoothing", "scheduled_sampling"], 0)
    options = SimpleNamespace(
        backbone="resnet18", words=1, out=tmp_path, dataset="x", data=None, sizes=[], **no
    )
    for _ in range(2):
        with suppress(KeyboardInterrupt):
            recipes.trained(options, 0, tmp_path)
    assert len(taught) == 1 and torch.equal(*started)
