import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from test_listings import coco, numbered, write

from helpers.base.errors import UserError
from helpers.data import datasets
from helpers.data.datasets import CaptionedPictures, Record, default_backbone, load


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(folder))
    return folder


def picture(path, seed=0, size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (2, 2, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def small(tmp_path):
    """A COCO-format set of 24 pictures: 16 / 4 / 4."""
    folder = tmp_path / "small"
    images = numbered(24, place="beach")
    for image in images:
        i = image["id"]
        image["split"] = "train" if i < 16 else "val" if i < 20 else "test"
        picture(folder / "images" / image["file_name"], seed=i)
    write(folder / "captions.json", coco(images, {i: [f"Thing {i}.", f"It is {i}."] for i in range(24)}))
    write(folder / "truth.json", {"001.png": {"objects": [{"name": "thing", "box": [0, 0, 9, 9]}]}})
    return folder


def digests(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()
    }


def test_a_data_set(small):
    before = digests(small)
    train = load(small)
    assert isinstance(train, torch.utils.data.Dataset) and isinstance(train, CaptionedPictures)
    assert (len(train), train.split) == (16, "train") and train.name.startswith("small-")
    record = train[1]
    assert isinstance(record, Record)
    assert (record.image.mode, record.image.size) == ("RGB", (256, 256))
    assert record[1:] == (
        ["Thing 1.", "It is 1."],
        small / "images" / "001.png",
        "beach",
        [{"name": "thing", "box": [0, 0, 9, 9]}],
    )
    for column in (train.paths, train.prepared, train.captions, train.labels, train.objects):
        assert len(column) == 16
    assert [r.path for r in train] == train.paths  # iterates, and stops
    assert train[-1].path == train.paths[15]
    assert train.skipped == [] and train.left_out == {"missing": 0, "uncaptioned": 0}
    assert digests(small) == before  # a user's folder is never written to


def test_splits_are_disjoint_and_make_up_the_whole(small):
    parts = [set(load(small, split).paths) for split in ("train", "val", "test")]
    assert [len(part) for part in parts] == [16, 4, 4]
    assert len(set.union(*parts)) == 24 and set(load(small, "all").paths) == set.union(*parts)


def test_pictures_as_they_are(small):
    train = load(small, size=None)
    assert train[0].image.size == (40, 30) and train.prepared == train.paths


def test_limit_prepares_no_more_than_it_needs(small, home):
    train = load(small, limit=3)
    assert len(train) == 3 and len(list((home / "data" / "prepared").rglob("*.jpg"))) == 3
    part = train.subset(2)
    assert part.paths == train.paths[:2] and part.captions == train.captions[:2]
    assert part[1].path == train[1].path and part.fingerprint != train.fingerprint
    assert part.fingerprint == load(small, limit=2).fingerprint


def test_fingerprint(small):
    train = load(small)
    assert train.fingerprint == load(small).fingerprint
    others = [load(small, "val"), load(small, size=64), load(small, size=None), load(small, limit=5)]
    os.utime(train.paths[3], ns=(1, 1))
    others.append(load(small))
    picture(train.paths[4], seed=99, size=(60, 60))
    others.append(load(small))
    prints = [train.fingerprint, *(other.fingerprint for other in others)]
    assert len(set(prints)) == len(prints)


def test_worker_processes_can_take_it_along(small):
    train = pickle.loads(pickle.dumps(load(small)))
    assert train[0].captions == ["Thing 0.", "It is 0."]


def test_unreadable_pictures_are_named_skipped_and_counted(small, capsys):
    images = small / "images"
    (images / "002.png").write_text("no picture", encoding="utf-8")
    (images / "005.png").write_bytes((images / "005.png").read_bytes()[:100])
    (images / "007.png").unlink()
    train = load(small)
    told = capsys.readouterr().out.splitlines()
    assert len(train) == 13 and len(train.captions) == 13
    assert [path.name for path, _ in train.skipped] == ["002.png", "005.png"]
    assert train.left_out["missing"] == 1
    assert any("1 of 16" in line and "not there" in line for line in told)
    assert any("2 of 15" in line and "002.png, 005.png" in line for line in told)
    assert [r.captions[0] for r in train] == [f"Thing {int(p.stem)}." for p in train.paths]  # still in step
    assert load(small, "val").skipped == []


def test_nothing_readable(tmp_path):
    (tmp_path / "a.jpg").write_text("no picture", encoding="utf-8")
    with pytest.raises(UserError, match=r"None of the 1 pictures.*a\.jpg"):
        load(tmp_path)


def test_uncaptioned_pictures_are_left_out(small):
    images = numbered(24, split="train")
    write(small / "captions.json", coco(images, {0: ["A thing."], 1: ["  "]}))
    train = load(small)
    assert train.captions == [["A thing."]] and train.left_out == {"missing": 0, "uncaptioned": 23}


def test_a_plain_folder_of_ones_own_pictures(tmp_path):
    for name in ("b.jpg", "trip/a.png", ".hidden.jpg"):
        picture(tmp_path / "mine" / name)
    for split in ("train", "val", "test", "all"):
        mine = load(tmp_path / "mine", split)
        assert [path.name for path in mine.paths] == ["b.jpg", "a.png"]
        assert mine.captions == [[], []] and mine.labels == [None, None] and mine.objects == [[], []]
    assert load(str(tmp_path / "mine"))[0].image.size == (256, 256)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"limit": 0}, "limit is 0"),
        ({"limit": -1}, "limit is -1"),
        ({"limit": True}, "limit is True"),
        ({"limit": 2.5}, r"limit is 2\.5"),
        ({"limit": "3"}, "limit is '3'"),
        ({"size": 0}, "size is 0"),
        ({"size": -5}, "size is -5"),
        ({"karpathy": 7}, "7 is no path"),
        ({"split": None}, "no split"),
        ({"split": ["train"]}, "no split"),
    ],
)
def test_arguments_that_make_no_sense_are_named(small, options, sentence):
    with pytest.raises(UserError, match=sentence):
        load(small, **options)


def test_what_is_no_path_is_no_data_set():
    for wrong in ("", None, 3):
        with pytest.raises(UserError, match="no path"):
            load(wrong)


def test_ways_to_write_a_folder_and_a_number(small, monkeypatch):
    whole = load(small, size=None)
    monkeypatch.setenv("HOME", str(small.parent))
    monkeypatch.setenv("USERPROFILE", str(small.parent))
    monkeypatch.chdir(small)
    for path in (
        str(small),
        f"{small}/",
        "~/small",
        ".",
        "../small/",
        "captions.json",
        small / "captions.json",
    ):
        assert [p.name for p in load(path, size=None).paths] == [p.name for p in whole.paths]
    assert len(load(small, size=None, limit=np.int64(2))) == 2
    with pytest.raises(UserError, match="n is 0"):
        whole.subset(0)


@pytest.mark.parametrize(
    ("n", "sizes"), [(1, [1, 0, 0]), (2, [2, 0, 0]), (3, [1, 1, 1]), (9, [7, 1, 1]), (20, [16, 2, 2])]
)
def test_from_three_pictures_on_there_are_some_of_each_split(tmp_path, n, sizes):
    images = numbered(n)
    for image in images:
        picture(tmp_path / image["file_name"], seed=image["id"])
    write(tmp_path / "captions.json", coco(images, {i: [f"Thing {i}."] for i in range(n)}))
    for split, size, kind in zip(
        ("train", "val", "test"), sizes, ("training", "validation", "test"), strict=True
    ):
        if size:
            assert len(load(tmp_path, split, size=None)) == size
        else:
            with pytest.raises(UserError, match=f"no {kind} pictures"):
                load(tmp_path, split, size=None)
    assert len(load(tmp_path, "all", size=None)) == n
    for image in images:
        image["split"] = "train"
    write(tmp_path / "captions.json", coco(images, {i: [f"Thing {i}."] for i in range(n)}))
    assert len(load(tmp_path, "train", size=None)) == sizes[0]  # of those named for training, too


def test_named_data_sets(small, monkeypatch):
    assert load("coco", folder=small).name == "coco"
    monkeypatch.setattr(datasets, "scenes_folder", lambda: small)
    scenes = load("scenes", "val")
    assert (scenes.name, len(scenes), scenes.labels[0]) == ("scenes", 4, "beach")
    assert default_backbone("scenes") == "small"
    assert default_backbone("flickr8k") == default_backbone("my photos") == "resnet101"


def test_folders_in_two_places_that_end_alike_are_two_data_sets(tmp_path, monkeypatch):
    folders = [tmp_path / place / "scenes" for place in ("a", "b")]
    for folder in folders:
        picture(folder / "0.png")
    names = {load(folder).name for folder in folders}
    monkeypatch.chdir(folders[0].parent)
    assert len(names) == 2 and load("./scenes").name in names
    assert "scenes" not in names  # a folder of one's own is not the course's


def test_karpathy(small, tmp_path):
    images = [
        {"filename": "000.png", "split": "test", "sentences": [{"raw": "A dog."}]},
        {"filename": "001.png", "split": "restval", "sentences": [{"raw": "A cat."}]},
        {"filename": "elsewhere.png", "split": "val", "sentences": [{"raw": "A cow."}]},
    ]
    file = write(tmp_path / "dataset_coco.json", {"images": images})
    assert load(small, "test", karpathy=file).captions == [["A dog."]]
    assert load(small, "train", karpathy=file).captions == [["A cat."]]
    assert load("coco", "test", folder=small / "images", karpathy=file).captions == [["A dog."]]
    with pytest.raises(UserError, match="Put the folder of pictures"):
        load(small, "val", karpathy=file)


def test_what_cannot_be_loaded(tmp_path, small, home):
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, options, sentence in (
        (["flickr30k"], {}, "scenes, flickr8k, coco"),
        ([tmp_path / "nowhere"], {}, "is no folder"),
        ([empty], {}, "no picture"),
        ([small, "validation"], {}, '"train", "val", "test"'),
        (["flickr8k"], {}, r"1\.1 GB.*helpers\.data\.download flickr8k"),
        (["coco"], {}, r"13\.8 GB.*helpers\.data\.download coco"),
        (["flickr8k"], {"folder": tmp_path / "nowhere"}, "nowhere.*folder="),
        (["coco"], {"folder": small / "images"}, "not in"),
        ([small], {"karpathy": tmp_path / "nowhere.json"}, r"nowhere\.json"),
    ):
        with pytest.raises(UserError, match=sentence):
            load(*arguments, **options)
    write(small / "captions.json", coco(numbered(24, split="val")))
    with pytest.raises(UserError, match=r"no training pictures.*three are enough"):
        load(small)


# ------------------------------------------------------------------ the real ones, where they are


def real(variable):
    folder = os.environ.get(variable, "")
    if not folder or not Path(folder).is_dir():
        pytest.skip(f"set {variable} to the folder of that data set to run this test")
    return folder


def test_real_flickr8k(monkeypatch):
    folder = real("SHOW_TELL_SORT_FLICKR8K")
    parts = [load("flickr8k", split, folder=folder, size=None) for split in ("train", "val", "test")]
    assert [len(part) for part in parts] == [6000, 1000, 1000]
    assert len({path for part in parts for path in part.paths}) == 8000
    assert {len(texts) for part in parts for texts in part.captions} == {5}
    assert parts[0].left_out == {"missing": 1, "uncaptioned": 0}  # 2258277193_586949ec62.jpg.1
    few = load("flickr8k", "test", folder=folder, limit=8)
    assert len(few) == 8 and few[7].image.size == (256, 256)


def test_real_coco():
    folder = real("SHOW_TELL_SORT_COCO_SMALL")
    parts = [load(folder, split, size=None) for split in ("train", "val", "test")]
    assert [len(part) for part in parts] == [124, 331, 13]
    assert len({path for part in parts for path in part.paths}) == 468
    few = load(folder, "val", limit=8)
    assert few[0].image.size == (256, 256) and len(few.captions[0]) >= 5
    assert len(load(Path(folder) / "images", limit=8)) == 8  # as a folder of one's own
    assert datasets.recognise(Path(folder) / "images")[0] == "pictures"
