"""COCO's format as other people's programs write it."""

import json

from test_listings import coco, numbered, picture, write

from helpers.data.datasets import load
from helpers.data.listings import read_folder


def test_one_entry_a_caption(tmp_path):
    images = [{"id": i, "file_name": f"{i // 5}.png", "split": "train"} for i in range(10)]
    for name in ("0.png", "1.png"):
        picture(tmp_path / name)
    content = coco(images, {i: [f"Caption {i}."] for i in range(10)})
    content["annotations"].append(dict(content["annotations"][3]))  # the same one again
    content["annotations"].append({"image_id": "4", "caption": "Caption 4."})  # not the same one
    content["images"].append(images[0])
    write(tmp_path / "captions.json", content)
    first, second = read_folder(tmp_path)
    assert first.captions == [*(f"Caption {i}." for i in range(5)), "Caption 4."]
    assert second.captions == [f"Caption {i}." for i in range(5, 10)]


def test_a_copy_of_the_file_does_not_double_the_captions(tmp_path):
    write(tmp_path / "captions.json", coco(numbered(2)))
    write(tmp_path / "captions (1).json", coco(numbered(2), {0: ["A thing."], 1: ["Another."]}))
    assert [x.captions for x in read_folder(tmp_path)] == [["A thing."], ["Another.", "A thing."]]


def test_what_cannot_be_used_is_counted_and_named(tmp_path, capsys, home):
    names = ["0.png", None, "", float("nan"), 7, "gone.png", ["x"], "1.png", "2.png"]
    images = [{"id": i, "file_name": name} for i, name in enumerate(names)] + [3, {"file_name": "y.png"}]
    images += [{"id": 50, "file_name": "a.png"}, {"id": 50, "file_name": "b.png"}]
    captions = {i: ["A thing.", "None", "nan", None, float("nan"), 42, True, {}] for i in (0, 7, 8)}
    content = coco(images, captions | {99: ["Whose?"], 5: ["Gone."]})
    content["annotations"] += [{"image_id": 0}, {"image_id": [], "caption": "x"}, None]
    for name in ("0.png", "1.png", "2.png", "extra.png"):
        picture(tmp_path / "set" / name)
    file = tmp_path / "set" / "captions.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(content).encode())
    everything = load(tmp_path / "set", "all", size=None)
    assert everything.captions == [["A thing.", "42"]] * 3
    expected = {"missing": 2, "uncaptioned": 1, "unmentioned": 1, "blank": 18, "stray": 1}
    assert everything.left_out == expected | {"damaged": 4 + 2 + 1 + 3}
    (told,) = [line for line in capsys.readouterr().out.splitlines() if "left out" in line]
    for name in ("gone.png", "extra.png", "captions.json, annotation", "image_id 99", "image 0"):
        assert name in told


def test_ids_as_text_or_with_a_decimal_point(tmp_path):
    images = [
        {"id": "1", "file_name": "a.png"},
        {"id": 2.0, "file_name": "b.png"},
        {"id": "x", "file_name": "c.png"},
    ]
    content = {"images": images, "annotations": [{"image_id": i, "caption": f"Is {i}."} for i in (1, 2, "x")]}
    write(tmp_path / "captions.json", content)
    assert [x.captions for x in read_folder(tmp_path)] == [["Is 1."], ["Is 2."], ["Is x."]]
