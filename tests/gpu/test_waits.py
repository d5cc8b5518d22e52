"""How often a loop makes a GPU wait, which goes on by itself only as long as nobody asks it for a number."""

from itertools import pairwise

import pretend_gpu
import pytest
import torch
from training_runs import VOCABULARY, parts

from helpers.data import datasets
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary
from helpers.show.backbones import SmallCNN
from helpers.show.caption_words import learn_words
from helpers.show.classifier import train_classifier
from helpers.show.encoder import Encoder
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.decoding import beam_search, greedy, sample
from helpers.tell.self_critical import practise
from helpers.tell.training import Settings, train
from helpers.tell.transformer import TransformerDecoder

pytestmark = pytest.mark.skipif(not pretend_gpu.card, reason="only a pretended GPU counts waits")
KINDS = [Decoder, AttentionDecoder, TransformerDecoder]


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("own_words", [0.0, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_training_waits_once_a_step_at_the_most(tmp_path, monkeypatch, kind, own_words, on_disk):
    if on_disk:  # as where the GPU's memory is too small for all features
        monkeypatch.setattr("helpers.tell.batches._near", lambda features, _: features)
    encoder, decoder, data = parts(kind, 16)
    settings = Settings(epochs=1, batch_size=4, scheduled_sampling=own_words)
    totals = []
    with pretend_gpu.waits() as seen:
        model = encoder, decoder, VOCABULARY, data, data, settings
        train(*model, folder=tmp_path, on_batch=lambda: totals.append(seen.total()))
    assert len(totals) == 5 and max(after - before for before, after in pairwise(totals[:-1])) <= 1, seen


@pytest.mark.parametrize("search", [greedy, sample, beam_search])
@pytest.mark.parametrize("kind", KINDS)
def test_searching_waits_once_in_four_words_at_the_most(gpu, monkeypatch, search, kind):
    encoder, decoder, (features, _) = parts(kind, 16)
    encoder, decoder = encoder.to(gpu), decoder.to(gpu)
    context, steps = encoder.fc(features.to(gpu).float()).detach(), []
    step = decoder.step
    monkeypatch.setattr(decoder, "step", lambda *args: steps.append(1) or step(*args))
    options = {"generator": torch.Generator().manual_seed(0)} if search is sample else {}
    with pretend_gpu.waits() as seen:
        search(decoder, context, max_words=20, forbid=[Vocabulary.END], **options)
    assert len(steps) == 20 and seen.total() <= 5, seen


@pytest.mark.parametrize("kind", KINDS)
def test_practice_waits_four_times_a_batch_at_the_most(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("helpers.tell.self_critical.validate", lambda *_: {"CIDEr": 0.0})
    totals = []
    for pictures in (8, 16):
        encoder, decoder, data = parts(kind, pictures)
        with pretend_gpu.waits() as seen:
            model = encoder, decoder, VOCABULARY, data, data
            practise(*model, folder=tmp_path / str(pictures), epochs=1, batch_size=4)
        totals.append(seen)
    assert totals[1].total() - totals[0].total() <= 2 * 4, totals[1] - totals[0]


def test_learning_words_waits_once_a_step_at_the_most(tiny_set):
    totals = []
    for pictures in (8, 16):
        few = datasets.load(tiny_set, "train", limit=pictures)
        torch.manual_seed(0)
        encoder = Encoder("mobilenet_v2", 16, weights=None)
        with pretend_gpu.waits() as seen:
            learn_words(encoder, few, Transform(size=32), epochs=1, batch_size=4, at_least=1)
        totals.append(seen)
    assert totals[1].total() - totals[0].total() <= 2, totals[1] - totals[0]


def test_stage_one_waits_once_a_step_at_the_most():
    totals = []
    for pictures in (8, 16):
        pixels = torch.randint(0, 256, (pictures, 3, 48, 48), dtype=torch.uint8)
        targets = torch.rand(pictures, 5).round()
        torch.manual_seed(0)
        with pretend_gpu.waits() as seen:
            train_classifier(SmallCNN(), Transform(size=48), (pixels, targets), epochs=1, batch_size=4)
        totals.append(seen)
    assert totals[1].total() - totals[0].total() <= 2, totals[1] - totals[0]
