"""The captioner of photographs at tiny size: interrupted anywhere, it ends as the benchmark does."""

import json
from functools import partial
from types import SimpleNamespace

import pytest
import recipes
import torch

from helpers.base.errors import UserError
from helpers.data import datasets
from helpers.show.backbones import SmallCNN
from helpers.tell import captioner as captioners
from helpers.tell import course, stages, strangers, training
from helpers.tell.captioner import Captioner
from tools import photo_captioner as tool


@pytest.fixture
def tiny(tiny_set, tmp_path, monkeypatch):
    """The tool on coloured walls; `.taught` counts how often words were learnt."""
    taught, load = [], datasets.load

    def teach(dataset, backbone, folder, epochs, seed):
        taught.append((len(dataset), backbone, epochs, seed))
        torch.manual_seed(seed)
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(SmallCNN().state_dict(), folder / "cnn.pt")

    sizes = {"embedding_dim": 8, "hidden_dim": 12, "dropout": 0.1, "word_threshold": 0}
    recipe = course.Recipe(**sizes, batch_size=8, learning_rate=1e-2, patience=9)
    monkeypatch.setattr(course, "PHOTOS", recipe)
    monkeypatch.setattr(course, "teach_words", teach)
    for name, value in {"DATASET": str(tiny_set), "BACKBONE": "small", "EPOCHS": 2, "PRACTISE": 2}.items():
        monkeypatch.setattr(tool, name, value)
    monkeypatch.setattr(captioners, "SHIPPED_PHOTOS", tmp_path / "photos.pt")
    monkeypatch.setattr(stages, "LENGTH_PENALTIES", (0.0, 0.9))
    for made in ("noise", "pages"):
        monkeypatch.setattr(strangers, made, partial(getattr(strangers, made), 4))
    scenes = {"scenes": str(tiny_set)}  # drawing them takes a minute
    monkeypatch.setattr(datasets, "load", lambda name, *a, **k: load(scenes.get(name, name), *a, **k))
    return SimpleNamespace(taught=taught, asset=tmp_path / "photos.pt", out=tmp_path / "out")


def stop(monkeypatch, module, name, at):
    """Ctrl-C at call number `at` of a function."""
    original, calls = getattr(module, name), []

    def counting(*given, **options):
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return original(*given, **options)

    monkeypatch.setattr(module, name, counting)


def test_interrupted_anywhere_it_goes_on_and_ends_as_the_benchmarks_recipe_does(tiny, monkeypatch, tmp_path):
    from helpers.tell import self_critical

    command = ["--out", str(tiny.out), "--seed", "3", "--coco", tool.DATASET]
    for module, name, at in (
        (stages, "captions_learnt", 1),
        (training, "validate", 2),  # in the second epoch: the first could be kept, and would be gone on with
        (self_critical, "validate", 2),
        (stages, "best_penalty", 1),
    ):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            stop(patch, module, name, at)
            tool.main(command)
        assert not tiny.asset.exists() and not tiny.asset.with_suffix(".md").exists()
    tool.main(command)
    assert tiny.taught == [(16, "small", tool.WORDS, 3)]

    options = SimpleNamespace(
        dataset=tool.DATASET, data=None, backbone="small", attention=True, words=tool.WORDS, views=tool.VIEWS,
        epochs=2, practise=2, finetune=0, out=tmp_path / "recipes",
    )  # fmt: skip
    uninterrupted = recipes.trained(options, 3, tmp_path / "recipes" / "run")
    made = Captioner.load(tiny.asset, device="cpu")
    for part in ("decoder", "encoder"):
        theirs = getattr(uninterrupted, part).state_dict()
        for name, weight in getattr(made, part).state_dict().items():
            assert torch.equal(weight, theirs[name].half().to(weight.dtype)), name
    val_set = datasets.load(tool.DATASET, "val")
    with tool.float32():
        beams = tool.beams_of(uninterrupted, val_set.paths)
        assert made.length_penalty == stages.best_penalty(val_set.captions, beams)

    card = tiny.asset.with_suffix(".md").read_text(encoding="utf-8")
    assert {*json.loads((tiny.out / "minutes.json").read_text())} == {
        "words", "captions", "whole captions", "length penalty"
    }  # fmt: skip
    for said in ("| beam 5 |", "| greedy |", "| noise | 4 |", "photographs of others", "wall", "seed 3"):
        assert said in card
    assert "{" not in card and "familiar" in card


def test_a_file_that_is_too_large_does_not_ship(tiny, monkeypatch):
    monkeypatch.setattr(tool, "LARGEST", 1000)
    monkeypatch.setattr(
        tool, "train", lambda *_: SimpleNamespace(save=lambda f, half: f.write_bytes(b"x" * 2000))
    )
    with pytest.raises(UserError, match="more than the 0 that may ship"):
        tool.main(["--out", str(tiny.out)])
    assert not tiny.asset.exists()


def test_where_there_is_no_flickr8k_a_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="download flickr8k"):
        tool.main(["--out", str(tmp_path / "out")])
    with pytest.raises(UserError, match="seed is -1"):
        tool.main(["--seed", "-1"])


def test_what_is_familiar_and_what_is_not_is_said_in_words():
    known, unknown = tool.in_words({"people": (9, 0.9), "noise": (3, 0.0), "dogs": (1, 0.5)}).split("\n")
    assert known == "Most of these look familiar: people; dogs."
    assert unknown == "Most of these look like nothing that it has learnt: noise."
    assert strangers.SUBJECTS["dogs"] >= {"dog", "dogs"}
