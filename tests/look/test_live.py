"""Training that is watched: pages after every epoch, a button that stops it, the same weights as without."""

import re
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from training_runs import VOCABULARY, parts, run, weights

from helpers.data import datasets
from helpers.look import live, stage
from helpers.show.features import load_features
from helpers.tell.runs import Run


@pytest.fixture
def watched(monkeypatch, tiny_set, tiny_captioner):
    """A LiveTraining of an untrained captioner, and the bundles that it has displayed last."""
    kept = []
    handle = SimpleNamespace(update=lambda bundle, raw: kept.append(bundle))
    monkeypatch.setattr(stage, "display", lambda bundle, **_: kept.append(bundle) or handle)
    dataset = datasets.load(tiny_set, "val")
    features = load_features(tiny_captioner.encoder, dataset, tiny_captioner.transform)
    parts = tiny_captioner.encoder, tiny_captioner.decoder, tiny_captioner.vocabulary
    return live.LiveTraining(dataset, features, *parts, n=2), kept


POINTS = re.compile(r'points="([^"]+)"')
ROW = {"epoch": 1, "train_loss": 2.0, "val_loss": 2.1, "CIDEr": 0.1}


def test_every_epoch_adds_what_is_said_now_and_repeats_nothing(watched, monkeypatch):
    explorer, _ = watched
    said = iter([["a wall", "a wall"], ["a wall", "a red wall"], ["a <b> wall", "a red wall"]])
    monkeypatch.setattr(live, "say", lambda *_: next(said))
    for n in (1, 2, 3):
        explorer([ROW | {"epoch": i + 1} for i in range(n)])
    page = explorer.area.value
    assert page.count("<svg") == 2, "losses and CIDEr"
    first, second = page.split("<table")[1:]
    assert "epoch 2</th><td>a wall<" in first and "epoch 1" not in first, "said twice, shown once"
    assert "<b>a &lt;b&gt; wall</b>" in first
    assert "epoch 1</th><td>a wall<" in second and "<b>a red wall</b>" in second and "epoch 2" not in second


def test_curves_stay_in_their_frame_and_rise_where_values_do():
    values = {"ROUGE-L": [0.1, 0.5, 0.4], "BLEU-1": [0.6, 0.6, 0.7]}
    history = [{"epoch": i + 1} | {key: line[i] for key, line in values.items()} for i in range(3)]
    history[1] = {"epoch": 2, "ROUGE-L": 0.5}  # a score may be missing
    page = live.curves_svg(history)
    assert page.count("<svg") == 1 and "ROUGE-L 0.40" in page
    assert page.index("BLEU-1 0.70") < page.index("ROUGE-L 0.40</text>"), (
        "names in the order of the last values"
    )
    lines = [[tuple(map(int, point.split(","))) for point in line.split()] for line in POINTS.findall(page)]
    assert [len(line) for line in lines] == [2, 3]
    (_, y1), (_, y2), (_, y3) = lines[1]
    assert y2 < y3 < y1, "upwards is less in SVG"
    assert all(40 <= x <= 300 and 20 <= y <= 170 for line in lines for x, y in line)


def test_one_epoch_and_equal_values_can_be_drawn():
    assert live.curves_svg([{"epoch": 1, "train_loss": 0.0, "val_loss": 0.0}]).count("<polyline") == 2


def test_after_going_on_the_epochs_keep_their_numbers(watched, monkeypatch):
    explorer, _ = watched
    monkeypatch.setattr(live, "say", lambda *_: ["a wall", "a dog"])
    explorer([ROW, ROW | {"epoch": 2}])  # the first epoch was learnt yesterday
    assert "epoch 2</th>" in explorer.area.value and "epoch 1</th>" not in explorer.area.value


def test_the_button_stops_after_the_batch_and_the_best_epoch_stays(watched, tmp_path, capsys):
    explorer, _ = watched
    epochs = iter([{"CIDEr": 0.5}, {"CIDEr": 0.2}])
    part = SimpleNamespace(
        state_dict=dict, load_state_dict=dict, param_groups=[{"lr": 1.0}], eval=lambda: None
    )
    run = Run(tmp_path, part, part, part, part)
    run.resume("")

    def one_epoch():
        for batch in range(3):
            if run.epoch == 2 and batch == 1:
                explorer.stop.click()
            explorer.batch()
        return next(epochs)

    history = run.go_on(one_epoch, 9, 9)
    assert len(history) == 2 and "best epoch so far" in capsys.readouterr().out
    assert explorer.stop.disabled
    explorer.batch()  # one click stops one training


def test_watching_changes_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(stage, "show", lambda control: None)
    made = parts()
    pictures = [SimpleNamespace(image=Image.new("RGB", (9, 9)))] * 4
    explorer = live.LiveTraining(pictures, made[2][0], made[0], made[1], VOCABULARY)
    watched = run(tmp_path / "watched", epochs=3, parts_of=made, on_epoch=explorer, on_batch=explorer.batch)
    alone = run(tmp_path / "alone", epochs=3)
    pairs = zip(weights(*watched[:2]), weights(*alone[:2]), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert [len(captions) for captions in explorer.captions] == [3] * 4


def test_a_click_between_epochs_counts(watched):
    explorer, _ = watched
    explorer.stop.click()
    with pytest.raises(KeyboardInterrupt):
        explorer([ROW])
    assert "<svg" in explorer.area.value


def test_when_the_cell_ends_the_notebook_keeps_the_curves(watched, monkeypatch):
    explorer, kept = watched
    gone = []
    events = SimpleNamespace(unregister=lambda *what: gone.append(what))
    monkeypatch.setattr(live, "get_ipython", lambda: SimpleNamespace(events=events))
    explorer._keep()
    assert not gone and not explorer.stop.disabled, "nothing has been learnt yet"
    explorer([ROW])
    explorer._keep()
    assert "image/png" in kept[-1] and "image/png" not in kept[0] and gone
    assert explorer.stop.disabled and explorer.stop.description == "Training is over"


def test_the_training_cannot_be_over_before_the_button_says_that_it_stops(watched):
    """A click comes in by a thread of its own; were it to label the button last, "Stopping …" would stay."""
    explorer, _ = watched
    asked = []
    explorer.stop.observe(lambda _: asked.append(explorer.asked_to_stop), ["description", "disabled"])
    explorer.stop.click()
    assert asked == [False, False] and explorer.asked_to_stop
