"""Where a GPU's memory is short: every loop goes on with smaller batches, says so, and finds the same."""

import pretend_gpu
import pytest
import torch
from PIL import Image

from helpers.base.errors import UserError
from helpers.data import datasets
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary
from helpers.show.caption_words import learn_words
from helpers.show.classifier import class_probabilities, train_classifier
from helpers.show.encoder import Encoder
from helpers.show.features import load_features
from helpers.tell.captioner import Captioner
from helpers.tell.decoder import Decoder
from helpers.tell.decoding import say
from helpers.tell.self_critical import practise
from helpers.tell.training import Settings, train, validate

pytestmark = pytest.mark.skipif(not pretend_gpu.card, reason="only a pretended GPU can be made small")
WORDS = [f"word{i}" for i in range(2000)]
VOCABULARY = Vocabulary.build([" ".join(WORDS)])  # large: the logits take the most memory
CAPTIONS = [[" ".join(WORDS[12 * i : 12 * i + 12])] for i in range(16)]
SPLITS = "batches in 2 pieces"


@pytest.fixture
def short(monkeypatch, capsys):
    """Call it with how many bytes a tensor may have, and what to do: what is done, having been told of it."""

    def limited(nbytes, work):
        with monkeypatch.context() as patch:
            patch.setattr(pretend_gpu, "out_of_memory_above", nbytes)
            done = work()
        assert SPLITS in capsys.readouterr().out
        return done

    return limited


def learners():
    torch.manual_seed(0)
    encoder, decoder = Encoder("small", 16, weights=None), Decoder(len(VOCABULARY), 16, 32, dropout=0.0)
    return encoder, decoder, (torch.randn(16, encoder.feature_dim).half(), CAPTIONS)


LOGITS = 4 * 16 * 13 * len(VOCABULARY)  # bytes of those of a batch: twelve words and END of every caption


def test_features(short, tiny_set):
    encoder, dataset, transform = (
        Encoder("small", 8, weights=None),
        datasets.load(tiny_set, "train"),
        Transform(96),
    )
    expected = encoder.features(transform.batch(dataset.prepared))
    features = short(4 * 3 * 96 * 96 * 10, lambda: load_features(encoder, dataset, transform, batch_size=16))
    torch.testing.assert_close(features.float(), expected, atol=0.02, rtol=0.02)


def test_captions(short, tiny_captioner, tiny_set):
    captioner = Captioner(
        tiny_captioner.encoder, tiny_captioner.decoder, tiny_captioner.vocabulary, Transform(96)
    )
    pictures = datasets.load(tiny_set, "train").paths
    expected = captioner.caption(pictures)
    assert short(4 * 3 * 96 * 96 * 10, lambda: captioner.caption(pictures)) == expected


def test_training_and_its_scores(short, tmp_path):
    settings = Settings(epochs=2, batch_size=16, patience=9)
    histories = []
    for name in ("plenty", "short"):
        encoder, decoder, data = learners()

        def work(model=(encoder, decoder, VOCABULARY, data, data, settings), folder=tmp_path / name):
            return train(*model, folder=folder)

        histories.append(work() if name == "plenty" else short(LOGITS - 1, work))
    for one, other in zip(*histories, strict=True):
        assert other["train_loss"] == pytest.approx(one["train_loss"], abs=0.02)
        assert other["val_loss"] == pytest.approx(one["val_loss"], abs=0.02)


def test_scores_alone(short, gpu):
    encoder, decoder, data = learners()
    model = encoder.to(gpu), decoder.to(gpu), VOCABULARY
    expected = validate(*model, data)
    assert short(LOGITS - 1, lambda: validate(*model, data)) == pytest.approx(expected, abs=1e-3)


def test_captions_of_features(short, gpu):
    encoder, decoder, (features, _) = learners()
    model = encoder.to(gpu), decoder.to(gpu), VOCABULARY
    features = features.repeat(16, 1)
    expected = say(*model, features)
    assert short(4 * 256 * len(VOCABULARY) - 1, lambda: say(*model, features)) == expected


def test_practice(short, tmp_path):
    encoder, decoder, data = learners()
    options = {"folder": tmp_path, "epochs": 1, "samples": 2, "batch_size": 16}
    history = short(LOGITS - 1, lambda: practise(encoder, decoder, VOCABULARY, data, data, **options))
    assert len(history) == 1


def test_stage_one(short):
    cnn, transform = Encoder("small", 8, weights=None).cnn.requires_grad_(True), Transform(96)
    pixels, targets = torch.randint(0, 256, (16, 3, 96, 96), dtype=torch.uint8), torch.rand(16, 3).round()
    limit = 4 * 3 * 96 * 96 * 16  # the pictures fit, what the CNN makes of them does not
    classifier = short(
        limit, lambda: train_classifier(cnn, transform, (pixels, targets), epochs=1, batch_size=16)
    )
    expected = class_probabilities(classifier, transform, pixels)
    again = short(limit, lambda: class_probabilities(classifier, transform, pixels))
    torch.testing.assert_close(again, expected, atol=1e-3, rtol=1e-3)


def test_words_of_captions(short, tiny_set):
    encoder, dataset = Encoder("small", 8, weights=None), datasets.load(tiny_set, "train")
    options = {"epochs": 1, "blocks": 1, "batch_size": 16, "at_least": 1}
    assert short(4 * 3 * 96 * 96 * 16, lambda: learn_words(encoder, dataset, Transform(96), **options))


def test_what_never_fits_is_answered(monkeypatch, tiny_captioner):
    captioner = Captioner(
        tiny_captioner.encoder, tiny_captioner.decoder, tiny_captioner.vocabulary, Transform(96)
    )
    monkeypatch.setattr(pretend_gpu, "out_of_memory_above", 1000)
    with pytest.raises(UserError, match="Not even a single caption or picture fits"):
        captioner.caption([Image.new("RGB", (9, 9))] * 2, max_words=3)
