import subprocess
import sys
from pathlib import Path

import pytest
import torch
from training_runs import CAPTIONS, VOCABULARY, parts, run, weights, without_seconds

from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import Encoder
from helpers.tell import training
from helpers.tell.decoder import Decoder
from helpers.tell.metrics import score
from helpers.tell.training import (
    CaptionBatches,
    caption_loss,
    say,
    teacher_forced_loss,
    train,
    validate,
    with_own_words,
)

CPU = torch.device("cpu")


def test_batches_hold_every_caption_once_with_its_picture():
    features = torch.arange(4.0).unsqueeze(1)
    batches = CaptionBatches(features, CAPTIONS, VOCABULARY, batch_size=2)
    seen = []
    for pictures, captions in batches.epoch(torch.Generator().manual_seed(0)):
        assert (captions[:, 0] == VOCABULARY.START).all()
        assert (captions != VOCABULARY.PAD).any(0).all()  # no column of nothing but padding
        seen += [(int(p), VOCABULARY.decode(c)) for p, c in zip(pictures, captions, strict=True)]
    assert sorted(seen) == sorted((i, c) for i, group in enumerate(CAPTIONS) for c in group)
    assert len(batches) == 3


def test_chance_decides_which_version_of_a_picture_is_seen():
    n = len(CAPTIONS)
    features = torch.arange(2.0 * n).unsqueeze(1)  # the pictures, and once more, mirrored say
    batches = CaptionBatches(features, CAPTIONS, VOCABULARY, batch_size=2)
    seen, generator = set(), torch.Generator().manual_seed(0)
    for _ in range(20):
        one = [
            (int(p), VOCABULARY.decode(c))
            for f, words in batches.epoch(generator)
            for p, c in zip(f, words, strict=True)
        ]
        assert sorted((p % n, c) for p, c in one) == sorted((i, c) for i, g in enumerate(CAPTIONS) for c in g)
        seen |= {p for p, _ in one}
    assert seen == set(range(2 * n))
    with pytest.raises(UserError, match="features of 3 pictures, but captions of"):
        CaptionBatches(torch.zeros(3, 1), CAPTIONS, VOCABULARY)


def test_padding_weighs_nothing():
    logits, targets = torch.randn(2, 4, 9), torch.randint(4, 9, (2, 4))
    padded = torch.nn.functional.pad(targets, (0, 3), value=Vocabulary.PAD)
    longer = torch.cat([logits, torch.randn(2, 3, 9)], dim=1)
    torch.testing.assert_close(caption_loss(longer, padded), caption_loss(logits, targets))


def test_padding_costs_nothing_and_changes_nothing():
    decoder, context = Decoder(9, 5, 8).eval(), torch.randn(3, 5)
    captions = torch.tensor([[2, 4, 5, 3, 0, 0], [2, 6, 3, 0, 0, 0], [2, 4, 5, 6, 7, 3]])
    logits, targets = decoder(context, captions[:, :-1]), captions[:, 1:]
    plain = caption_loss(logits, targets)
    torch.testing.assert_close(teacher_forced_loss(decoder, context, captions), plain)
    seen = []
    decoder.fc.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape))
    teacher_forced_loss(decoder, context, torch.nn.functional.pad(captions, (0, 4)))
    assert seen == [(10, 8)]  # the words to be said, and not one PAD


def test_label_smoothing_and_own_words_change_what_they_should():
    torch.manual_seed(0)
    decoder, context = Decoder(9, 5, 8).eval(), torch.randn(300, 5)
    captions = torch.tensor([[2, 4, 5, 6, 3, 0]]).expand(300, -1)
    plain = teacher_forced_loss(decoder, context, captions)
    log_probs = decoder(context, captions[:, :-2]).log_softmax(-1)  # (B, 4, 9)
    expected = 0.8 * plain - 0.2 * log_probs.mean()
    torch.testing.assert_close(teacher_forced_loss(decoder, context, captions, 0.2), expected)

    inputs = captions[:, :-1]
    assert torch.equal(with_own_words(decoder, context, inputs, 0.0), inputs)
    mixed = with_own_words(decoder, context, inputs, 0.5)
    assert (mixed[:, 0] == Vocabulary.START).all() and (mixed[:, 5:] == inputs[:, 5:]).all()
    changed = (mixed != inputs)[:, 1:4].float().mean()
    assert 0.35 < changed < 0.5  # half of them, less those that were right
    with torch.no_grad():
        decoder.fc.bias[7] = 1e4  # it would always say 7
    assert (with_own_words(decoder, context, inputs, 1.0)[:, 1:5] == 7).all()
    assert teacher_forced_loss(decoder, context, captions, own_words=1.0).isfinite()


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


def test_resuming_gives_the_very_weights_of_an_uninterrupted_run(tmp_path):
    whole = run(tmp_path / "whole", epochs=4)

    def stop_after_two(history):
        if len(history) == 2:
            raise KeyboardInterrupt

    run(tmp_path / "halves", epochs=4, on_epoch=stop_after_two)
    resumed = run(tmp_path / "halves", epochs=4)
    assert without_seconds(resumed[2]) == without_seconds(whole[2])
    assert all(torch.equal(a, b) for a, b in zip(weights(*whole[:2]), weights(*resumed[:2]), strict=True))


KILLED = """
import sys, torch
sys.path.insert(0, {tests!r})
from training_runs import run, weights
encoder, decoder, _ = run({folder!r}, epochs=6, on_epoch=lambda history: print(len(history), flush=True))
torch.save(weights(encoder, decoder), {out!r})
"""


def test_after_kill_9_the_weights_are_those_of_an_uninterrupted_run(tmp_path):
    expected, out = weights(*run(tmp_path / "whole", epochs=6)[:2]), tmp_path / "out.pt"
    script = KILLED.format(
        tests=str(Path(__file__).parents[1]), folder=str(tmp_path / "killed"), out=str(out)
    )
    for epochs_before in (1, 2, 99):  # finished before the kill, which falls somewhere into the next one
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        for _ in zip(range(epochs_before), process.stdout, strict=False):
            pass
        process.kill() if epochs_before < 99 else None
        process.wait()
    assert process.returncode == 0
    for a, b in zip(expected, torch.load(out, weights_only=True), strict=True):
        assert torch.equal(a, b)


def test_a_batch_that_does_not_fit_is_halved_and_the_result_is_the_same(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_PRECISION", "float32")  # sums of rounded parts are other sums

    def made():
        encoder, decoder, data = parts()
        decoder.dropout.p = 0.0
        return encoder, decoder, data

    whole = weights(*run(tmp_path / "whole", 2, made(), batch_size=4)[:2])

    def small_memory(decoder, context, captions, fits=teacher_forced_loss, **options):
        if len(captions) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return fits(decoder, context, captions, **options)

    encoder, decoder, data = made()
    monkeypatch.setattr(training, "validate", lambda *_: {"CIDEr": 0.0})
    monkeypatch.setattr(training, "teacher_forced_loss", small_memory)
    run(tmp_path / "pieces", 2, (encoder, decoder, data), batch_size=4)
    for one, other in zip(whole, weights(encoder, decoder), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)
    assert "batches in 2 pieces" in capsys.readouterr().out

    def no_memory(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(training, "teacher_forced_loss", no_memory)
    with pytest.raises(UserError, match="Not even a single caption"):
        run(tmp_path / "nothing", 1, made())


def test_a_loss_that_is_no_number_stops_with_the_batch_and_advice(tmp_path):
    encoder, decoder, (features, captions) = parts()
    features[1] = torch.nan
    with pytest.raises(UserError, match=r"since batch \d of epoch 1 .*Lower the learning rate"):
        run(tmp_path, 1, (encoder, decoder, (features, captions)))


def test_ctrl_c_keeps_the_best_epoch_so_far(tmp_path, capsys):
    def stop(history):
        raise KeyboardInterrupt

    encoder, decoder, history = run(tmp_path, epochs=5, on_epoch=stop)
    assert len(history) == 1 and "best epoch so far" in capsys.readouterr().out
    saved = torch.load(tmp_path / "last.pt", weights_only=True)["best"]
    assert torch.equal(saved["fc.weight"], encoder.fc.weight) and not decoder.training


def test_after_every_batch_somebody_may_stop_it(tmp_path):
    batches = []

    def stop_in_the_second_epoch():
        batches.append(None)
        if len(batches) == 5:  # an epoch has three
            raise KeyboardInterrupt

    _, _, history = run(tmp_path, epochs=5, on_batch=stop_in_the_second_epoch)
    assert len(history) == 1 and len(batches) == 5


def test_the_best_epoch_wins_and_training_stops_early(tmp_path, monkeypatch):
    values = iter([0.1, 0.9, 0.5, 0.4, 0.3, 0.2])
    states = []

    def fake(encoder, decoder, vocabulary, val_set):
        states.append([w.clone() for w in weights(encoder, decoder)])
        return {"val_loss": 1.0, "CIDEr": next(values)}

    monkeypatch.setattr(training, "validate", fake)
    encoder, decoder, history = run(tmp_path, epochs=6, patience=2)
    assert len(history) == 4
    assert all(torch.equal(a, b) for a, b in zip(states[1], weights(encoder, decoder), strict=True))


@pytest.mark.parametrize("change", ["words", "captions", "settings", "cnn", "damage"])
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change):
    run(tmp_path, epochs=1)
    encoder, decoder, (features, captions) = parts()
    vocabulary, options = VOCABULARY, {"epochs": 1, "batch_size": 2, "learning_rate": 1e-2}
    if change == "words":
        vocabulary = Vocabulary([*Vocabulary.SPECIALS, *VOCABULARY.words[:3:-1]])
    elif change == "captions":
        captions = [["a red dog"], *captions[1:]]
    elif change == "settings":
        options["epochs"] = 2
    elif change == "cnn":
        encoder = Encoder("small", 16, weights=None)
    else:
        (tmp_path / "last.pt").write_bytes(b"half a file")
    data = (features, captions)
    with pytest.raises(UserError, match=r"last\.pt"):
        train(encoder, decoder, vocabulary, data, data, folder=tmp_path, **options)


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


def test_no_captions_is_said_in_a_sentence():
    with pytest.raises(UserError, match="no captions"):
        CaptionBatches(torch.zeros(2, 3), [[], []], VOCABULARY)
