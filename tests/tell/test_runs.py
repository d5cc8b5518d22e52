"""Runs that lose nothing."""

import multiprocessing
import sys
from dataclasses import replace
from unittest.mock import Mock

import pytest
import torch
from training_runs import VOCABULARY, parts, run, weights, without_seconds

from helpers.base.disks import DiskError
from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import Encoder
from helpers.tell import runs, training
from helpers.tell.losses import teacher_forced_loss
from helpers.tell.runs import Run
from helpers.tell.training import Settings, train


def test_resuming_gives_the_very_weights_of_an_uninterrupted_run(tmp_path):
    whole = run(tmp_path / "whole", epochs=4)

    def stop_after_two(history):
        if len(history) == 2:
            raise KeyboardInterrupt

    run(tmp_path / "halves", epochs=4, on_epoch=stop_after_two)
    resumed = run(tmp_path / "halves", epochs=4)
    assert without_seconds(resumed[2]) == without_seconds(whole[2])
    assert all(torch.equal(a, b) for a, b in zip(weights(*whole[:2]), weights(*resumed[:2]), strict=True))


def test_ctrl_c_in_another_process_than_the_first_ends_that_one(tmp_path, monkeypatch):
    """If it went on as if all were well, the others would wait for its share of the next batch."""
    monkeypatch.setattr(runs, "rank", lambda: 1)
    optimizer = Mock(param_groups=[{"lr": 0.1}])
    run = Run(tmp_path, torch.nn.Linear(1, 1), optimizer, None, None)

    def one_epoch():
        if run.epoch == 1:
            raise KeyboardInterrupt
        return {"CIDEr": 1.0}

    with pytest.raises(KeyboardInterrupt):
        run.go_on(one_epoch, epochs=3, patience=3)
    assert run.epoch == 1


def run_and_tell(folder, pipe):
    run(folder, epochs=6, on_epoch=lambda history: pipe.send(len(history)))


def test_after_kill_9_the_weights_are_those_of_an_uninterrupted_run(tmp_path):
    expected = weights(*run(tmp_path / "whole", epochs=6)[:2])
    start = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    start.set_forkserver_preload(["helpers.tell.training", "nltk", "torch._dynamo"])  # seconds, once
    for epochs_before in (1, 2):  # finished before the kill, which falls somewhere into the next one
        heard, pipe = start.Pipe(duplex=False)
        process = start.Process(target=run_and_tell, args=(tmp_path / "killed", pipe))
        process.start()
        for _ in range(epochs_before):
            heard.recv()
        process.kill()
        process.join()
    resumed = run(tmp_path / "killed", epochs=6)
    for a, b in zip(expected, weights(*resumed[:2]), strict=True):
        assert torch.equal(a, b)


def test_a_batch_that_does_not_fit_is_halved_and_the_result_is_the_same(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_PRECISION", "float32")  # sums of rounded parts are other sums

    def made():
        encoder, decoder, data = parts()
        decoder.dropout.p = 0.0
        return encoder, decoder, data

    whole = weights(*run(tmp_path / "whole", 2, made(), batch_size=4)[:2])

    def small_memory(decoder, context, captions, *options, fits=teacher_forced_loss):
        if len(captions) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return fits(decoder, context, captions, *options)

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


def test_ctrl_c_in_the_first_epoch_leaves_nothing_that_could_be_taken_for_a_captioner(tmp_path):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, epochs=2, on_batch=stop)
    assert list(tmp_path.iterdir()) == []


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
    vocabulary, settings = VOCABULARY, Settings(epochs=1, batch_size=2, learning_rate=1e-2)
    if change == "words":
        vocabulary = Vocabulary([*Vocabulary.SPECIALS, *VOCABULARY.words[:3:-1]])
    elif change == "captions":
        captions = [["a red dog"], *captions[1:]]
    elif change == "settings":
        settings = replace(settings, epochs=2)
    elif change == "cnn":
        encoder = Encoder("small", 16, weights=None)
    else:
        (tmp_path / "last.pt").write_bytes(b"half a file")
    data = (features, captions)
    with pytest.raises(UserError, match=r"last\.pt"):
        train(encoder, decoder, vocabulary, data, data, settings, folder=tmp_path)


def test_a_run_goes_on_in_another_precision_with_features_computed_anew(tmp_path):
    """As on Colab: a T4 today, another GPU or none tomorrow, and features of other rounding."""
    encoder, decoder, (features, captions) = parts()
    begun = run(tmp_path, 1, (encoder, decoder, (features, captions)))[2]
    saved = torch.load(tmp_path / "last.pt", weights_only=True)
    assert saved["scaler"] == {}
    scaler = torch.amp.GradScaler("cpu").state_dict()  # what a T4 writes
    torch.save(saved | {"scaler": scaler}, tmp_path / "last.pt")
    rounded = features.float().bfloat16().half()
    assert not torch.equal(rounded, features)
    encoder, decoder, _ = parts()
    history = run(tmp_path, 1, (encoder, decoder, (rounded, captions)))[2]
    assert without_seconds(history) == without_seconds(begun)

    torch.save(saved, tmp_path / "last.pt")  # and the other way round
    takes_all = Mock()  # in the place of model, optimizer and schedule
    fresh = Run(tmp_path, takes_all, takes_all, takes_all, torch.amp.GradScaler("cpu"))
    fresh.resume(saved["fingerprint"], saved["features"])
    assert fresh.scaler.get_scale() == scaler["scale"]


@pytest.mark.parametrize("change", ["others", "mirrored", "noise"])
def test_features_of_other_pictures_are_refused(tmp_path, change):
    torch.manual_seed(0)
    encoder, decoder, (features, captions) = parts()
    run(tmp_path, 1, (encoder, decoder, (features, captions)))
    spread = features.float().std(0)
    others = {
        "others": features.roll(1, 0),
        "mirrored": features + 0.2 * spread * torch.randn_like(spread).sign(),
        "noise": features + 0.2 * spread * torch.randn(features.shape),
    }
    encoder, decoder, _ = parts()
    with pytest.raises(UserError, match="another data set"):
        run(tmp_path, 1, (encoder, decoder, (others[change], captions)))


@pytest.mark.parametrize("patience", [0, 1])
def test_patience_of_nothing_stops_at_the_first_epoch_that_brings_nothing(tmp_path, monkeypatch, patience):
    values = iter([0.1, 0.2, 0.2, 0.3])
    monkeypatch.setattr(training, "validate", lambda *_: {"CIDEr": next(values)})
    assert len(run(tmp_path, epochs=4, patience=patience)[2]) == 3


@pytest.mark.parametrize("epochs, batch_size", [(5, 99), (1, 99), (1, 1), (10, 99), (3, 4)])
def test_a_run_may_have_any_number_of_steps(tmp_path, epochs, batch_size):
    assert len(run(tmp_path, epochs, batch_size=batch_size)[2]) == epochs


def test_a_full_disk_is_one_sentence_and_the_epochs_before_are_kept(tmp_path, small_disk):
    def stop(history):
        raise KeyboardInterrupt

    run(tmp_path, epochs=2, on_epoch=stop)
    with small_disk(1000), pytest.raises(DiskError, match=r"last\.pt cannot be used"):
        run(tmp_path, epochs=2)
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]
    assert len(run(tmp_path, epochs=2)[2]) == 2
