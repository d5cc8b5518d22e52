import json
import os
import subprocess
import sys

from torchvision.models import MobileNet_V2_Weights

from helpers.tell.class_words import CALLED, PLAINLY, class_words

NAMES = MobileNet_V2_Weights.DEFAULT.meta["categories"]


def test_classes_are_called_as_people_call_them():
    names = tuple(NAMES)
    called = dict(zip(names, class_words(names), strict=True))
    assert called["Weimaraner"] == ["weimaraner", "dog"] and called["alp"] == ["mountain"]
    assert {*called["seashore"]} == {"beach", "sea"} and called["whistle"] == ["whistle"]
    assert {"train", "street"} <= {*called["streetcar"]} and "bird" in called["albatross"]
    assert sum(len(words) > 1 for words in called.values()) > 500


def test_every_name_in_the_tables_is_a_class_of_imagenet():
    known = {*NAMES}
    for table in (CALLED, PLAINLY):
        for line in table.strip().replace("\n        ", " ").splitlines():
            members = line.partition(": ")[2].replace(" – ", ", ").split(", ")
            assert members and {*members} <= known


def test_other_classes_have_their_own_names():
    assert class_words(("Beach", "wall")) == [["beach"], ["wall"]]


PRINTS = "import json, sys; from helpers.tell.class_words import class_words;"
PRINTS += "print(json.dumps(class_words(tuple(json.loads(sys.stdin.read())))))"


def test_words_come_in_one_order_in_every_process():
    """An order by chance would round sums otherwise, and sort the same photographs into other albums."""
    found = {
        subprocess.run(
            [sys.executable, "-c", PRINTS],
            env=os.environ | {"PYTHONHASHSEED": seed},
            input=json.dumps(NAMES),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert [json.loads(text) for text in found] == [class_words(tuple(NAMES))]
