import json
import random

import pytest
from PIL import Image

from helpers.base.errors import UserError
from helpers.data.listings import COCO_2014, _draw, read_folder, read_karpathy, recognise


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6)).save(path)
    return path


def coco(images, captions=None):
    """COCO's format, of image dicts and {image id: captions}; by default one caption each."""
    captions = {image["id"]: ["A thing."] for image in images} if captions is None else captions
    pairs = [(i, text) for i, texts in captions.items() for text in texts]
    annotations = [{"id": n, "image_id": i, "caption": text} for n, (i, text) in enumerate(pairs)]
    return {"images": images, "annotations": annotations}


def numbered(n, **more):
    return [{"id": i, "file_name": f"{i:03}.png", **more} for i in range(n)]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def by_split(listings):
    found = {}
    for listing in listings:
        found.setdefault(listing.split, []).append(listing)
    return {split: len(of_split) for split, of_split in found.items()}


# ------------------------------------------------------------------ Flickr8k


@pytest.fixture(params=["Images", "Flicker8k_Dataset", "Flickr8k_Dataset/Flicker8k_Dataset"])
def flickr(tmp_path, request):
    for name in ("a", "b", "c", "d"):
        picture(tmp_path / request.param / f"{name}.jpg")
    token = "a.jpg#0\tA dog  runs .\na.jpg#1\t The dog .\nb.jpg#0\tÉté .\nc.jpg#0\tCat .\nd.jpg#0\tHat .\n"
    (tmp_path / "Flickr8k.token.txt").write_text(token + "x.jpg.1#0\tGone .\n\n", encoding="utf-8")
    for theirs, names in (("train", "a.jpg\n"), ("dev", "b.jpg"), ("test", "c.jpg\n\n")):
        (tmp_path / f"Flickr_8k.{theirs}Images.txt").write_text(names, encoding="utf-8")
    return tmp_path


def test_flickr8k(flickr):
    assert recognise(flickr)[0] == "flickr8k"
    listings = {listing.path.name if listing.path else None: listing for listing in read_folder(flickr)}
    assert listings["a.jpg"].captions == ["A dog runs .", "The dog ."]
    assert listings["b.jpg"].captions == ["Été ."]
    assert {name: listing.split for name, listing in listings.items()} == {
        "a.jpg": "train",
        "b.jpg": "val",
        "c.jpg": "test",
        "d.jpg": None,
        None: None,  # x.jpg.1, Flickr8k's ghost
    }


def test_flickr8k_texts_in_a_folder_of_their_own(flickr):
    (flickr / "Flickr8k_text").mkdir()
    for path in flickr.glob("*.txt"):
        path.rename(flickr / "Flickr8k_text" / path.name)
    assert by_split(read_folder(flickr)) == {"train": 1, "val": 1, "test": 1, None: 2}


def test_flickr8k_without_its_lists(flickr):
    (flickr / "Flickr_8k.devImages.txt").unlink()
    with pytest.raises(UserError, match=r"Flickr_8k\.devImages\.txt"):
        read_folder(flickr)


# ------------------------------------------------------------------ COCO


def test_coco_listing(tmp_path):
    picture(tmp_path / "deep" / "down" / "000.png")
    texts = {0: ["  A   dog\nruns. ", "", "   "], 1: ["A cat."], 2: []}
    write(tmp_path / "captions.json", coco(numbered(3, split="train", place="beach"), texts))
    write(tmp_path / "truth.json", {"000.png": {"objects": [{"name": "dog", "box": [0, 0, 4, 4]}]}})
    dog, cat, silent = read_folder(tmp_path)
    assert dog == (
        tmp_path / "deep/down/000.png",
        ["A dog runs."],
        "train",
        "beach",
        [{"name": "dog", "box": [0, 0, 4, 4]}],
    )
    assert (cat.path, cat.captions, cat.objects) == (None, ["A cat."], [])
    assert silent.captions == []
    assert read_folder(tmp_path / "captions.json") == [dog, cat, silent]  # the file itself may be named


def test_coco_file_names_with_folders(tmp_path):
    for name in ("one/x.png", "two/x.png"):
        picture(tmp_path / name)
    images = [{"id": 1, "file_name": "two\\x.png"}, {"id": 2, "file_name": "one/x.png"}]
    images += [{"id": 3, "file_name": "three/x.png"}, {"id": 4, "file_name": "../x.png"}]
    write(tmp_path / "captions.json", coco(images))
    paths = [listing.path for listing in read_folder(tmp_path)]
    assert paths == [tmp_path / "two/x.png", tmp_path / "one/x.png", None, None]
    write(tmp_path / "captions.json", coco([{"id": 1, "file_name": "x.png"}]))
    with pytest.raises(UserError, match="twice"):
        read_folder(tmp_path)


def test_splits_that_the_file_names(tmp_path, capsys):
    names = ["train2017", "val", "test2014", "restval", "dev", "Training", None, "other"]
    images = [{**image, "split": name} for image, name in zip(numbered(8), names, strict=True)]
    write(tmp_path / "c.json", coco(images))
    splits = [listing.split for listing in read_folder(tmp_path)]
    assert splits == ["train", "val", "test", "train", "val", "train", None, None]
    assert capsys.readouterr().out == ""


def test_splits_drawn_when_the_file_names_none(tmp_path):
    def splits(images):
        write(tmp_path / "c.json", coco(images))
        return {image["file_name"]: x.split for image, x in zip(images, read_folder(tmp_path), strict=True)}

    images = numbered(50)
    first = splits(images)
    assert sorted(first.values()) == ["test"] * 5 + ["train"] * 40 + ["val"] * 5
    random.seed(7)  # neither a global seed nor the order in the file matters
    random.shuffle(images)
    assert splits(images) == first


@pytest.mark.parametrize(("named", "absent"), [("val", "test"), ("test", "val")])
def test_a_missing_split_is_drawn_from_train_alone(tmp_path, capsys, named, absent):
    images = numbered(60, split="train2017")
    for image in images[:20]:
        image["split"] = named
    write(tmp_path / "c.json", coco(images))
    listings = read_folder(tmp_path)
    assert by_split(listings) == {"train": 36, named: 20, absent: 4}
    assert {listing.split for listing in listings[:20]} == {named}
    told = capsys.readouterr().out
    assert told.count("\n") == 1 and absent in told and "4 of its train" in told


def test_uncaptioned_pictures_take_no_part_in_the_draw(tmp_path):
    write(tmp_path / "c.json", coco(numbered(40), {i: ["A thing."] for i in range(20)}))
    listings = read_folder(tmp_path)
    assert by_split(listings) == {"train": 16, "val": 2, "test": 2, None: 20}
    assert all(listing.split is None for listing in listings[20:])


def test_coco_2014_is_drawn_60_10_10_from_train2014():
    n = 82_783
    names = [f"COCO_train2014_{i:012}.jpg" for i in range(n)]
    drawn = _draw(names, zip(("train", "val", "test"), COCO_2014, strict=True))
    count = {split: sum(1 for s in drawn.values() if s == split) for split in set(drawn.values())}
    assert count == {"train": 60_000, "val": 10_000, "test": 10_000}
    validation = [name for name, split in drawn.items() if split == "val"]
    assert [int(name[15:-4]) for name in validation[:3]] == [
        50921,
        50576,
        46605,
    ]  # for good


def test_coco_2014_folder(tmp_path):
    write(tmp_path / "annotations" / "captions_train2014.json", coco(numbered(10)))
    write(tmp_path / "annotations" / "captions_val2014.json", {"not": "looked at"})
    write(tmp_path / "annotations" / "instances_train2014.json", {"not": "looked at"})
    picture(tmp_path / "train2014" / "000.png")
    listings = read_folder(tmp_path)
    assert by_split(listings) == {"train": 8, "val": 1, "test": 1}
    assert listings[0].path == tmp_path / "train2014" / "000.png"


def test_several_captions_files_are_splits(tmp_path):
    write(tmp_path / "annotations" / "captions_train2017.json", coco(numbered(30)))
    validation = [{"id": i, "file_name": f"v{i}.png"} for i in range(4)]
    write(tmp_path / "annotations" / "captions_val2017.json", coco(validation))
    assert by_split(read_folder(tmp_path)) == {"train": 27, "val": 4, "test": 3}


def test_karpathy(tmp_path):
    picture(tmp_path / "val2014" / "a.png")
    images = [
        {"filename": f"{name}.png", "split": split, "sentences": [{"raw": " A  dog."}, {"raw": ""}]}
        for name, split in zip("abcd", ("test", "train", "restval", "val"), strict=True)
    ]
    file = write(tmp_path / "dataset_coco.json", {"images": images, "dataset": "coco"})
    listings = read_karpathy(tmp_path, file)
    assert [listing.split for listing in listings] == ["test", "train", "train", "val"]
    assert listings[0][:2] == (tmp_path / "val2014" / "a.png", ["A dog."])
    with pytest.raises(UserError, match="Karpathy"):
        read_karpathy(tmp_path, write(tmp_path / "c.json", coco(numbered(2))))


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{}",
        '{"images": [1], "annotations": []}',
        '{"images": [{"id": 1}], "annotations": []}',
        "{oops",
        "",
    ],
)
def test_captions_files_of_another_kind(tmp_path, content):
    file = tmp_path / "captions.json"
    file.write_text(content, encoding="utf-8")
    for folder in (tmp_path, file):
        with pytest.raises(UserError, match=r"captions\.json (is not in COCO|cannot be read as JSON)"):
            read_folder(folder)


def test_no_captions_for_any_picture(tmp_path):
    write(tmp_path / "captions.json", coco(numbered(3), {}))
    with pytest.raises(UserError, match="no caption for any picture"):
        read_folder(tmp_path)


# ------------------------------------------------------------------ one's own pictures


def test_plain_folder(tmp_path):
    for name in ("b.PNG", "a.jpg", "in/c.webp", ".hidden.jpg", ".thumbs/d.jpg"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    (tmp_path / "a.jpg.json").write_text('{"title": "a.jpg"}', encoding="utf-8")  # as some services do
    listings = read_folder(tmp_path)
    assert [listing.path.name for listing in listings] == ["a.jpg", "b.PNG", "c.webp"]
    assert all(listing[1:] == ([], None, None, ()) for listing in listings)


def test_empty_folder(tmp_path):
    with pytest.raises(UserError, match="no picture"):
        read_folder(tmp_path)
