"""The drawn data set: reproducible, true, varied, and in the format that it promises."""

import json
import re
import subprocess
import sys
from collections import Counter
from hashlib import sha256

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from PIL import Image

from helpers.base.disks import DiskError
from helpers.scenes import drawn_set
from helpers.scenes.catalogue import CLASSES, PLACES, THINGS
from helpers.scenes.drawn_set import draw_scenes, scene_of, scenes_folder, truth_of
from helpers.scenes.lexicon import NOUNS, PLACE_WORDS, RARE_NOUNS, article, participle, plural, third_person
from helpers.scenes.pen import PALETTE
from helpers.scenes.words import THING_OF_WORD, captions, judge, place_in, things_in

SIZES = {"train": 6, "val": 3, "test": 3}


@pytest.fixture(scope="module")
def layouts():
    return [scene_of(0, "train", i) for i in range(1200)]


@pytest.fixture(scope="module")
def written(layouts):
    return [(scene, truth_of(scene), captions(scene)) for scene in layouts]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return draw_scenes(tmp_path_factory.mktemp("drawn"), seed=3, sizes=SIZES, workers=1)


def digests(folder):
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.*"))}


def words_of(caption):
    return re.findall(r"[a-z]+", caption.lower())


# ------------------------------------------------------------------------------ on disk


def test_same_seed_same_bytes_whatever_the_workers_and_sizes(drawn, tmp_path):
    many = draw_scenes(tmp_path / "many", seed=3, sizes={"train": 50, "val": 3, "test": 3}, workers=2)
    assert digests(drawn / "images").items() <= digests(many / "images").items()
    again = draw_scenes(tmp_path / "again", seed=3, sizes=SIZES, workers=1)
    assert digests(drawn) == digests(again)
    other = draw_scenes(tmp_path / "other", seed=4, sizes=SIZES, workers=1)
    assert not set(digests(drawn).values()) & set(digests(other).values())


PLAIN = """
import psutil
from helpers.scenes.drawn_set import draw_scenes
draw_scenes("drawn", seed=3, sizes={"train": 50, "val": 3, "test": 3}, workers=2)
assert not [p for p in psutil.Process().children(recursive=True) if "popen_loky" in " ".join(p.cmdline())]
"""


@pytest.mark.parametrize("way", ["a file", "a pipe", "a notebook"])
def test_a_script_without_a_main_guard_draws_in_several_processes(drawn, tmp_path, way):
    if way == "a notebook":
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PLAIN)])
        NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
        assert {output.name for output in notebook.cells[0].outputs} <= {"stdout"}  # the bar, and no warning
    else:
        (tmp_path / "plain.py").write_text(PLAIN)
        source = "-" if way == "a pipe" else "plain.py"
        subprocess.run([sys.executable, source], cwd=tmp_path, input=PLAIN, text=True, check=True)
    assert digests(drawn / "images").items() <= digests(tmp_path / "drawn" / "images").items()


def test_no_two_pictures_are_the_same(drawn):
    found = digests(drawn / "images")
    assert len(found) == len(set(found.values())) == sum(SIZES.values())


def test_files_are_coco_captions_with_truth(drawn):
    content = json.loads((drawn / "captions.json").read_text(encoding="utf-8"))
    truths = json.loads((drawn / "truth.json").read_text(encoding="utf-8"))
    assert Counter(image["split"] for image in content["images"]) == SIZES
    assert Counter(a["image_id"] for a in content["annotations"]) == {i["id"]: 5 for i in content["images"]}
    assert len({a["id"] for a in content["annotations"]}) == len(content["annotations"])
    for image in content["images"]:
        with Image.open(drawn / "images" / image["file_name"]) as picture:
            assert (picture.format, picture.mode) == ("JPEG", "RGB")
            assert picture.size == (image["width"], image["height"])
        truth = truths[image["file_name"]]
        assert truth["place"] == image["place"] and image["place"] in PLACES
        assert truth["main"] == truth["objects"][0]["name"] or truth["main"] in THINGS
        assert {o["name"] for o in truth["objects"]} <= set(THINGS)


def test_interrupted_drawing_goes_on_and_keeps_what_is_there(drawn, tmp_path, monkeypatch):
    draw, calls = drawn_set.paint, []

    def tired(scene):
        calls.append(scene.seed)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return draw(scene)

    monkeypatch.setattr(drawn_set, "paint", tired)
    with pytest.raises(KeyboardInterrupt):
        draw_scenes(tmp_path, seed=3, sizes=SIZES, workers=1)
    assert not (tmp_path / "captions.json").exists()
    assert len(list(tmp_path.rglob("*.jpg"))) == 4
    draw_scenes(tmp_path, seed=3, sizes=SIZES, workers=1)
    assert len(calls) == 5 + sum(SIZES.values()) - 4
    assert digests(tmp_path) == digests(drawn)


def test_another_seed_in_the_same_folder_leaves_no_picture_of_the_old_one(drawn, tmp_path, monkeypatch):
    draw_scenes(tmp_path, seed=4, sizes=SIZES, workers=1)
    old = digests(tmp_path)
    paint = drawn_set.paint

    def tired(scene, painted=[]):  # noqa: B006
        if len(painted) == 4:
            raise KeyboardInterrupt
        painted.append(scene)
        return paint(scene)

    monkeypatch.setattr(drawn_set, "paint", tired)
    with pytest.raises(KeyboardInterrupt):
        draw_scenes(tmp_path, seed=3, sizes=SIZES, workers=1)
    assert not (tmp_path / "captions.json").exists() and not {*digests(tmp_path).values()} & {*old.values()}
    monkeypatch.setattr(drawn_set, "paint", paint)
    draw_scenes(tmp_path, seed=3, sizes=SIZES, workers=1)
    assert digests(tmp_path) == digests(drawn)


def test_scenes_folder_draws_once_and_keeps_requests_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(tmp_path))
    first = scenes_folder(seed=1, sizes={"train": 2, "val": 1, "test": 1})
    assert tmp_path in first.parents
    assert scenes_folder(seed=2, sizes={"train": 2, "val": 1, "test": 1}) != first
    assert scenes_folder(seed=1, sizes={"train": 3, "val": 1, "test": 1}) != first
    monkeypatch.setattr(drawn_set, "paint", lambda scene: pytest.fail("drawn again"))
    assert scenes_folder(seed=1, sizes={"train": 2, "val": 1, "test": 1}) == first


# ------------------------------------------------------------------------------ layouts


def test_pictures_vary_in_size_and_shape(layouts):
    assert all(240 <= side <= 480 for s in layouts for side in (s.width, s.height))
    shapes = [s.width / s.height for s in layouts]
    assert min(shapes) < 0.8 and max(shapes) > 1.6
    assert len({(s.width, s.height) for s in layouts}) > 800


def test_boxes_are_inside_and_large_enough_to_see(written):
    for scene, truth, _ in written:
        for thing in truth["objects"]:
            x, y, width, height = thing["box"]
            assert x >= 0 and y >= 0 and x + width <= scene.width and y + height <= scene.height
            assert width >= 0.03 * scene.width and height >= 0.09 * scene.height, thing
            if thing["group"] == 0 and thing["name"] not in ("cake", "pot"):
                assert height >= 0.27 * scene.height, thing


def test_every_class_is_frequent_enough(written):
    found = Counter(truth["place"] for _, truth, _ in written)
    for _, truth, _ in written:
        found.update({thing["name"] for thing in truth["objects"]})
    assert set(found) == set(CLASSES)
    floor = 120 / 4000 * len(written)
    assert {name: count for name, count in found.items() if count < 0.75 * floor} == {}


def test_relations_agree_with_the_boxes(written):
    for scene, _, _ in written:
        for a, relation, b in scene.relations:
            one, two = ([t.x for t in scene.things if t.group == g] for g in (a, b))
            if relation == "left of":
                assert max(one) < min(two)
            if relation == "right of":
                assert min(one) > max(two)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["train", "val", "test"]))
def test_a_scene_follows_from_seed_split_and_number(i, split):
    assert scene_of(0, split, i) == scene_of(0, split, i)
    assert scene_of(0, split, i) != scene_of(1, split, i)
    assert captions(scene_of(0, split, i)) == captions(scene_of(0, split, i))


# ------------------------------------------------------------------------------ captions


def test_five_different_captions_of_5_to_16_words(written):
    lengths = Counter()
    for _, _, found in written:
        assert len(found) == 5 == len({caption.lower().rstrip(".") for caption in found})
        lengths.update(len(words_of(caption)) for caption in found)
    assert set(lengths) == set(range(5, 17))


def test_vocabulary_is_rich_and_has_rare_words(written):
    count = Counter(word for _, _, found in written for caption in found for word in words_of(caption))
    assert len(count) >= 250
    assert sum(c <= 3 for c in count.values()) >= 40


def test_captions_name_the_right_place_and_the_main_subject(written):
    pairs = [(caption, truth) for _, truth, found in written for caption in found]
    report = judge(*zip(*pairs, strict=True))
    assert report["place"] >= 0.88
    assert report["place_of_named"] == 1.0
    assert report["main"] >= 0.97
    assert report["different"] > 0.5 * len(pairs)


def test_captions_speak_only_of_what_is_there(written):
    for _, truth, found in written:
        here = {thing["name"] for thing in truth["objects"]}
        for caption in found:
            assert things_in(caption) <= here, caption


def next_noun(words):
    """The kind of thing that the next noun names; people for clothes; None for scenery."""
    for word in words[:4]:
        if word in THING_OF_WORD:
            return {THING_OF_WORD[word]}
        if word in ("shirt", "shirts", "dress", "dresses"):
            return {"man", "woman", "boy", "girl"}
        if word == "scarf":
            return {"snowman"}
        if word in ("kid", "kids", "child", "children"):
            return {"boy", "girl"}
    return None


def test_colours_and_counts_are_true(written):
    numbers, checked = {"two": 2, "three": 3, "pair": 2, "couple": 2, "a": 1, "an": 1}, Counter()
    for _, truth, found in written:
        for caption in found:
            words = words_of(
                re.sub("brown and white|black and white", lambda m: m[0].split()[0], caption.lower())
            )
            for i, word in enumerate(words):
                kinds = next_noun(words[i + 1 :])
                if kinds is None or words[i + 1] in ("pair", "couple", "group", "sunny", "cloudy", "park"):
                    continue
                seen = [thing for thing in truth["objects"] if thing["name"] in kinds]
                if word in PALETTE and f"{word} {words[i + 1]}" not in (
                    "green park",
                    "green forest",
                    "blue sky",
                ):
                    assert word in {thing["colour"] for thing in seen}, caption
                    checked["colour"] += 1
                if word in numbers and words[i + 1] != "legs" and word not in ("a", "an"):
                    assert numbers[word] in {thing["count"] for thing in seen}, caption
                    checked["count"] += 1
    assert checked["colour"] > 1000 and checked["count"] > 500


def test_grammar(written):
    text = "\n".join(caption.lower().rstrip(".") for _, _, found in written for caption in found)
    assert not re.search(r"\ba [aeiou]", text)
    assert not re.search(r"\ban [^aeiou]", text)
    assert not re.search(
        r"\b(two|three|pair of|couple of|group of) [a-z ]*?\b(is|walks|runs|sits|sleeps|flies)\b", text
    )
    assert not re.search(r"\b(there is|there's) (two|three)|there are an?\b(?! (pair|couple|group))", text)
    wrong = "mans|womans|sheeps|buss|benchs|childs|flys|rideing|runing|siting"  # codespell:ignore
    assert not re.search(rf"\b({wrong})\b", text)
    assert not re.search(r"\b(\w+) \1\b|  |\{|None", text)
    for name in ("man", "dog", "girl"):
        assert not re.search(rf"^an? {name} (walk|run|sleep|sit|fly|ride|hold|carry|are)\b", text, re.M)


@pytest.mark.parametrize(
    ("word", "bend", "bent"),
    [
        ("bus", plural, "buses"), ("young boy", plural, "young boys"), ("woman", plural, "women"),
        ("pony", plural, "ponies"), ("child", plural, "children"), ("sheep", plural, "sheep"),
        ("fly", third_person, "flies"), ("play", third_person, "plays"), ("toss", third_person, "tosses"),
        ("ski", participle, "skiing"), ("ride", participle, "riding"), ("run", participle, "running"),
        ("orange kite", article, "an orange kite"), ("kite", article, "a kite"),
    ],
)  # fmt: skip
def test_english_bends(word, bend, bent):
    assert bend(word) == bent


# ------------------------------------------------------------------------------ reading and judging


def test_no_word_names_two_things_or_two_places():
    places = [word for words in PLACE_WORDS.values() for word in words]
    assert len(places) == len(set(places))
    things = [noun for name in THINGS for noun in {*NOUNS[name], *RARE_NOUNS.get(name, [])}]
    assert len(things) == len(set(things))
    assert not set(things) & set(places)


@pytest.mark.parametrize(
    ("caption", "place", "things"),
    [
        ("a puppy runs along the shore", "beach", {"dog"}),
        ("Two buses, parked on the road.", "street", {"bus"}),
        ("a sailing boat in the harbour .", "harbour", {"boat"}),
        ("a snowman and a man in the park", "park", {"snowman", "man"}),
        ("a snowman with a carrot", None, {"snowman"}),
        ("three sheep in a living room", "living room", {"sheep"}),
        ("a parked car", None, {"car"}),
        ("", None, set()),
    ],
)
def test_reading_a_caption(caption, place, things):
    assert place_in(caption) == place
    assert things_in(caption) == things


def test_judge_counts():
    truths = [{"place": "beach", "main": "dog"}, {"place": "farm", "main": "cow"}] * 2
    found = judge(["a dog on the beach", "a cow in the kitchen", "a dog", "a cow in the kitchen"], truths)
    assert found == {"place": 0.25, "place_of_named": 1 / 3, "main": 1.0, "different": 3}


@pytest.mark.parametrize("sizes", [SIZES, {"train": 60}])  # in this process; in several
def test_a_full_disk_is_one_sentence_and_the_next_call_goes_on(tmp_path, small_disk, sizes):
    with small_disk(2000), pytest.raises(DiskError, match=r"cannot be used"):
        draw_scenes(tmp_path, seed=3, sizes=sizes, workers=2)
    assert not [*(tmp_path / "images").iterdir()] and not (tmp_path / "captions.json").exists()
    draw_scenes(tmp_path, seed=3, sizes=sizes, workers=2)
    assert len([*(tmp_path / "images").iterdir()]) == sum(sizes.values())
