"""The whole road on a handful of pictures: each stretch works, or says in one sentence what is lacking."""

import json
from collections import Counter
from contextlib import contextmanager

import pytest
import torch
from small_world import paint

from helpers.base.errors import UserError
from helpers.data import datasets
from helpers.look.stepper import caption_stepper
from helpers.look.word_explorers import sampling_explorer, vocabulary_explorer
from helpers.sort.albums import sort_photos
from helpers.tell import course, launch
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.self_critical import practise

SAID = {"red": "a red bus", "blue": "a blue boat on the sea", "green": "a green cow"}


def few(folder, n: int) -> str:
    """A data set of `n` pictures with one caption each, in COCO's format."""
    colours = [list(SAID)[i % 3] for i in range(n)]
    for i, colour in enumerate(colours):
        paint(folder / f"{i}.png", colour)
    images = [{"id": i, "file_name": f"{i}.png"} for i in range(n)]
    captions = [{"image_id": i, "caption": SAID[colour]} for i, colour in enumerate(colours)]
    content = {"images": images, "annotations": captions}
    (folder / "captions.json").write_text(json.dumps(content), encoding="utf-8")
    return str(folder)


@contextmanager
def works_if(enough: bool, says: str):
    if enough:
        yield
    else:
        with pytest.raises(UserError, match=says):
            yield


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
def test_the_road_with_few_pictures(n, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(tmp_path / "home"))
    folder = few(tmp_path / "mine", n)
    assert len(datasets.load(folder, "all")) == n and len(datasets.load(folder)) == (n - 2 if n > 2 else n)
    for split, called in (("val", "validation"), ("test", "test")):
        with works_if(n >= 3, f"no {called} pictures"):
            assert len(datasets.load(folder, split)) == 1
    with works_if(n >= 9, "pictures" if n < 3 else "No word occurs more than 4 times"):
        launch.train_together(tmp_path / "out", dataset=folder, backbone="small", epochs=1, dropout=0.0)
    with works_if(n >= 9, "pictures" if n < 3 else "No word occurs more than 4 times"):
        assert len(course.captioner_for(folder, "small").caption(datasets.load(folder).paths)) == n - 2
    albums = sort_photos(folder, Captioner.load(SHIPPED), tmp_path / "albums")
    assert sum(map(len, albums.members.values())) == n


def wrong_calls(tmp_path) -> dict:
    """What one might call with an argument that makes no sense, and a word of the sentence on it."""
    captioner, mine = Captioner.load(SHIPPED), few(tmp_path / "mine", 3)
    parts = captioner.encoder, captioner.decoder, captioner.vocabulary
    features = torch.zeros(4, captioner.encoder.feature_dim)
    examples = features, [["a dog"]] * 4
    paint(tmp_path / "a.png", "red")
    (tmp_path / "file").touch()

    def practise_with(**options):
        return practise(*parts, examples, examples, folder=tmp_path / "sc", **options)

    def train_with(out="o", **options):
        return launch.train_together(tmp_path / out, dataset=mine, **options)

    return {
        "launch: nothing of that name": (lambda: train_with(epoch=1), "epoch"),
        "launch: no epoch": (lambda: train_with(epochs=0), "epochs"),
        "launch: no process": (lambda: launch.in_processes(0, out=tmp_path / "o"), "count"),
        "launch: out is a file": (lambda: train_with("file"), "is a file"),
        "launch: no such CNN": (lambda: train_with(backbone="vgg"), "vgg"),
        "course: no such CNN": (lambda: course.encoder_for("scenes", "vgg"), "vgg"),
        "practise: no epochs": (lambda: practise_with(epochs=-1), "epochs"),
        "practise: no sample": (lambda: practise_with(samples=0), "samples"),
        "practise: no batch": (lambda: practise_with(batch_size=0), "batch_size"),
        "practise: learning backwards": (lambda: practise_with(learning_rate=-1), "learning_rate"),
        "a vocabulary of nothing": (lambda: vocabulary_explorer(Counter(), ["a"]), "count"),
        "no samples": (lambda: sampling_explorer(captioner, tmp_path / "a.png", n=0), "n is 0"),
        "no choices": (lambda: caption_stepper(captioner, tmp_path / "a.png", n=0), "n is 0"),
        "a huge size": (lambda: datasets.load(tmp_path, size=10**6), "size"),
        "nothing of a set": (lambda: datasets.load(tmp_path, limit=0), "limit"),
    }


def test_arguments_that_make_no_sense_get_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(tmp_path / "home"))
    for what, (call, says) in wrong_calls(tmp_path).items():
        with pytest.raises(UserError) as error:
            print(what, call())
        assert says in str(error.value), (what, str(error.value))
