"""Training as a whole."""

import pytest
from training_runs import CAPTIONS, VOCABULARY, parts, run

from helpers.data.vocabulary import Vocabulary
from helpers.tell import batches
from helpers.tell.decoding import say
from helpers.tell.metrics import score
from helpers.tell.training import validate


def test_losses_are_means_over_words_whatever_the_batches():
    encoder, decoder, train_set = parts()
    values = [
        validate(encoder, decoder, VOCABULARY, train_set, batch_size=n)["val_loss"] for n in (1, 3, 100)
    ]
    assert values == pytest.approx([values[0]] * 3, rel=1e-5)


def test_it_learns_four_pictures_by_heart(tmp_path):
    encoder, decoder, history = run(tmp_path, epochs=60)
    captions = say(encoder, decoder, VOCABULARY, parts()[2][0])
    assert all(caption in group for caption, group in zip(captions, CAPTIONS, strict=True))
    assert len(set(captions)) == 4  # not the same caption for every picture
    assert history[-1]["train_loss"] < history[0]["train_loss"] / 3


def test_after_every_batch_somebody_may_stop_it(tmp_path):
    batches = []

    def stop_in_the_second_epoch():
        batches.append(None)
        if len(batches) == 5:  # an epoch has three
            raise KeyboardInterrupt

    _, _, history = run(tmp_path, epochs=5, on_batch=stop_in_the_second_epoch)
    assert len(history) == 1 and len(batches) == 5


def test_validation_scores_are_of_free_captions_one_a_picture():
    encoder, decoder, (features, captions) = parts()
    result = validate(encoder, decoder, VOCABULARY, (features, captions))
    said = say(encoder, decoder, VOCABULARY, features)
    assert len(said) == len(captions)
    assert all(marker not in caption for caption in said for marker in Vocabulary.SPECIALS)
    for name, value in score(captions, said).items():
        assert result[name] == pytest.approx(value)


def test_the_cnn_is_never_touched(tmp_path):
    before = parts()[0].fingerprint()
    encoder, _, _ = run(tmp_path, epochs=2)
    assert encoder.fingerprint() == before


def test_a_process_without_a_share_validates_nothing(monkeypatch):
    monkeypatch.setattr(batches, "share", lambda rows: rows[:0])
    encoder, decoder, data = parts()
    assert validate(encoder, decoder, VOCABULARY, data)["val_loss"] == 0
