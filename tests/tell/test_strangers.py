import json
from functools import partial

import pytest
import torch

from helpers.base.errors import UserError
from helpers.data import datasets
from helpers.show.features import load_features
from helpers.show.sight import Sight
from helpers.tell import strangers
from helpers.tell.strangers import by_subject, familiar, noise, pages, rates


def seen(captioner, folder, split="train"):
    return load_features(captioner.encoder, datasets.load(folder, split), captioner.transform)


@pytest.fixture
def seeing(tiny_captioner, tiny_set):
    """A captioner to which walls are familiar."""
    features = seen(tiny_captioner, tiny_set)
    tiny_captioner.sight = Sight(features.size(1))
    tiny_captioner.sight.learn(features, seen(tiny_captioner, tiny_set, "all"))
    return tiny_captioner


def test_walls_are_familiar_to_who_learnt_walls_and_pages_are_not(seeing, tiny_set):
    walls = familiar(seeing, seen(seeing, tiny_set))
    assert len(walls) == 16 and sum(walls) >= 15
    assert familiar(seeing, seeing.encoder.features(seeing.transform.batch(pages(3)))) == [False] * 3


def test_the_rates_of_all_kinds(seeing, tiny_set, monkeypatch):
    load = datasets.load  # drawing scenes takes a minute
    monkeypatch.setattr(
        datasets, "load", lambda name, *a, **k: load(tiny_set if name == "scenes" else name, *a, **k)
    )
    for made in ("pages", "noise"):
        monkeypatch.setattr(strangers, made, partial(getattr(strangers, made), 3))
    found = rates(seeing, tiny_set, coco=tiny_set)
    assert {name: count for name, (count, _) in found.items()} == {
        "tiny, val": 4, "tiny, test": 4, "photographs of others": 24, "drawn scenes": 4, "pages of text": 3,
        "noise": 3,
    }  # fmt: skip
    assert found["photographs of others"][1] > 0.8 and found["pages of text"][1] == 0
    assert list(rates(seeing)) == ["drawn scenes", "pages of text", "noise"]


def test_without_sight_nothing_can_be_said(tiny_captioner):
    with pytest.raises(UserError, match="it has no sight"):
        familiar(tiny_captioner, torch.zeros(1, tiny_captioner.encoder.feature_dim))


def test_pictures_are_of_the_kinds_that_half_of_their_captions_name(tiny_set):
    file = tiny_set / "captions.json"
    coco = json.loads(file.read_text())
    told = [
        "A dog on a couch.",
        "An animal.",
        "A Dog in the kitchen.",
        "Dogs near a stove.",
        "Hot dogs.",
        "Hotdog.",
    ]
    for annotation, caption in zip(coco["annotations"], told, strict=False):
        annotation["caption"] = caption
    file.write_text(json.dumps(coco))
    found = {
        name: [path.stem for path in paths]
        for name, paths in by_subject(datasets.load(tiny_set, "train")).items()
    }
    assert found.pop("dogs") == ["000", "001", "002"] and found.pop("kitchens") == ["001"]
    assert list(found) == ["others"] and found["others"] == [f"{i:03}" for i in range(3, 16)]


@pytest.mark.parametrize("make", [noise, pages])
def test_pictures_that_are_made_differ_and_are_the_same_each_time(make):
    pictures = make(5)
    assert [p.tobytes() for p in pictures] == [p.tobytes() for p in make(5)]
    assert len({p.tobytes() for p in pictures}) == 5
    assert torch.tensor([min(p.size) for p in pictures]).min() >= 256
