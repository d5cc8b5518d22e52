import json
import shutil
from dataclasses import replace

import pytest
import torch

from helpers.base.errors import UserError
from helpers.base.files import checkpoint_folder, data_folder
from helpers.data.datasets import load
from helpers.show.backbones import SmallCNN, imagenet_model
from helpers.show.caption_words import learn_words
from helpers.show.classifier import imagenet_classifier
from helpers.show.sight import UNSURE
from helpers.tell import course
from helpers.tell.captioner import SHIPPED, Captioner


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch):
    quick = {"embedding_dim": 8, "hidden_dim": 12, "dropout": 0.0, "word_threshold": 0}
    settings = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-2}
    monkeypatch.setattr(course, "PHOTOS", course.Recipe(**quick, **settings))


def test_what_04_made_is_taken_up_again(tiny_set):
    name = load(tiny_set).name
    folder = course.checkpoints(name, "small")
    torch.manual_seed(0)
    encoder = course.Encoder("small", 8, weights=None)
    made = course.train_captioner(encoder, tiny_set, folder=folder)
    taken = course.captioner_for(tiny_set, "small")
    assert taken.dataset == made.dataset == name
    assert torch.equal(taken.decoder.fc.weight, made.decoder.fc.weight)
    held_out = course.load_features(taken.encoder, load(tiny_set, "val"), taken.transform).float()
    assert (taken.sight.familiarity(held_out) >= UNSURE).all() and taken.sight.classes == []


def test_photographs_begin_with_the_captioner_that_ships(
    tiny_set, tiny_captioner, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(course, "encoder_for", lambda *_: course.Encoder("small", 8, weights=None))
    monkeypatch.setattr(course, "SHIPPED_PHOTOS", tmp_path / "photos.pt")
    assert course.captioner_for(tiny_set, "mobilenet_v2").dataset == load(tiny_set).name  # there is none
    tiny_captioner.save(tmp_path / "photos.pt")
    capsys.readouterr()
    assert course.captioner_for(tiny_set, "resnet101").dataset == "tiny"
    assert "the one of photographs that ships" in capsys.readouterr().out
    for options in (
        {"backbone": "mobilenet_v2"},
        {"backbone": "small"},
        {"backbone": "resnet18", "own": True},
    ):
        assert course.captioner_for(tiny_set, **options).dataset == load(tiny_set).name
    (tmp_path / "photos.pt").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"photos\.pt is no captioner"):
        course.captioner_for(tiny_set, "resnet50")


def test_another_folder_of_the_same_name_gets_a_captioner_of_its_own(tiny_set, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(course, "encoder_for", lambda *_: course.Encoder("small", 8, weights=None))
    other = tmp_path / "elsewhere" / "tiny"
    shutil.copytree(tiny_set, other)
    coco = json.loads((other / "captions.json").read_text())
    for annotation in coco["annotations"]:
        annotation["caption"] = annotation["caption"].replace("wall", "fence")
    (other / "captions.json").write_text(json.dumps(coco))
    walls, fences = (course.captioner_for(folder, "small") for folder in (tiny_set, other))
    assert "wall" in walls.vocabulary and "wall" not in fences.vocabulary
    assert capsys.readouterr().out.count("training one") == 2


def test_what_was_trained_when_names_were_shared_is_named_and_taken_once_it_is_moved(tiny_set, capsys):
    name = load(tiny_set).name
    earlier = checkpoint_folder("tiny-small") / "captioner.pt"
    torch.save({}, earlier)
    folder = course.checkpoints(name, "small")
    said = capsys.readouterr().out
    assert "tiny-small beside it" in said and f"move its files to {name}-small" in said
    earlier.rename(folder / earlier.name)
    assert course.checkpoints(name, "small") == folder and not capsys.readouterr().out
    course.checkpoints("scenes", "small")
    assert not capsys.readouterr().out


def test_what_is_missing_is_trained_and_said(tiny_set, capsys, monkeypatch):
    monkeypatch.setattr(course, "encoder_for", lambda *_: course.Encoder("small", 8, weights=None))
    captioner = course.captioner_for(tiny_set, "small")
    assert "training one" in capsys.readouterr().out
    assert (course.checkpoints(load(tiny_set).name, "small") / "captioner.pt").exists()
    assert "<END>" not in " ".join(captioner.caption([tiny_set / "images" / "000.png"]))


def test_the_words_come_from_the_training_captions_only(tiny_set):
    file = tiny_set / "captions.json"
    coco = json.loads(file.read_text())
    for annotation in coco["annotations"]:
        if annotation["image_id"] >= 16:  # the pictures of val and test
            annotation["caption"] += " zigzag"
    file.write_text(json.dumps(coco))
    encoder = course.Encoder("small", 8, weights=None)
    captioner = course.train_captioner(
        encoder, tiny_set, folder=course.checkpoints(load(tiny_set).name, "small")
    )
    assert "wall" in captioner.vocabulary and "zigzag" not in captioner.vocabulary


def test_the_cnn_of_02_comes_before_the_one_that_ships(capsys):
    shipped = Captioner.load(SHIPPED, device="cpu").encoder
    assert course.encoder_for("scenes", "small").fingerprint() == shipped.fingerprint()
    assert "ships with the course" in capsys.readouterr().out
    torch.manual_seed(5)
    cnn = SmallCNN()
    torch.save(cnn.state_dict(), course.checkpoints("scenes", "small") / "cnn.pt")
    assert torch.equal(course.encoder_for("scenes", "small").cnn[0].weight, cnn[0].weight)


def test_on_photographs_02_teaches_imagenets_cnn_the_words_and_later_notebooks_take_it(
    tiny_set, capsys, monkeypatch
):
    untrained = course.Encoder
    monkeypatch.setattr(  # ImageNet's weights would be downloaded
        course, "Encoder", lambda *a, weights=None, **k: untrained(
            *a, weights=None if weights == "DEFAULT" else weights, **k
        )
    )  # fmt: skip
    monkeypatch.setattr(course, "imagenet_model", lambda name, weights: imagenet_model(name, None))
    train_set = course.datasets.load(tiny_set, "train")
    monkeypatch.setattr(course, "learn_words", lambda *a, **k: learn_words(*a, **k, at_least=2, batch_size=8))
    before = course.encoder_for("tiny", "resnet18", grid=True)
    assert "ImageNet's as it is" in capsys.readouterr().out
    words = course.teach_words(train_set, "resnet18", course.checkpoints("tiny", "resnet18"), epochs=1)
    after = course.encoder_for("tiny", "resnet18", grid=True)
    assert {"wall", "red"} <= set(words) and "as it is" not in capsys.readouterr().out
    assert torch.equal(after.cnn.conv1.weight, before.cnn.conv1.weight)
    assert not torch.equal(after.cnn.layer4[1].conv2.weight, before.cnn.layer4[1].conv2.weight)
    assert torch.equal(after.fc.weight, before.fc.weight)
    classifier, _ = imagenet_classifier("resnet18", course.checkpoints("tiny", "resnet18") / "cnn.pt")
    assert torch.equal(classifier.layer4[1].conv2.weight, after.cnn.layer4[1].conv2.weight), (
        "with its classes"
    )


def test_a_cnn_without_imagenets_classes_learns_words_too_and_an_interruption_leaves_no_file(
    tiny_set, monkeypatch
):
    monkeypatch.setattr(course, "learn_words", lambda *a, **k: learn_words(*a, **k, at_least=2, batch_size=8))
    train_set, folder = course.datasets.load(tiny_set, "train"), course.checkpoints("tiny", "small")

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        course.teach_words(train_set, "small", folder, epochs=2, on_epoch=interrupt)
    assert not any(folder.iterdir())
    words = course.teach_words(train_set, "small", folder, epochs=1)
    assert {"wall", "red"} <= set(words)
    course.Encoder("small", 8, weights=folder / "cnn.pt")


@pytest.mark.parametrize("views", [0, 7])
def test_views_that_do_not_exist_are_refused(tiny_set, tmp_path, views):
    encoder = course.Encoder("small", 8, weights=None)
    with pytest.raises(UserError, match=f"views is {views}: it must be a whole number"):
        course.train_captioner(
            encoder, tiny_set, recipe=replace(course.PHOTOS, views=views), folder=tmp_path / "run"
        )


def test_several_views_stay_on_disk_in_one_file(tiny_set):
    """Joined in memory, COCO's grids would need 30 GB for two views."""
    encoder, train_set = course.Encoder("small", 8, weights=None), course.datasets.load(tiny_set, "train")
    seen = course.features_of_views(encoder, train_set, course.Transform(size=32), 3)
    (file,) = data_folder("features").iterdir()
    assert seen.shape == (48, encoder.feature_dim)
    assert 0 < file.stat().st_size - seen.nbytes < 1000
    assert not torch.equal(seen[:16], seen[16:32])
