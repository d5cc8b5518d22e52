import math

import numpy as np
import pytest
import torch

from helpers.base.arguments import (
    as_path,
    caption_lists,
    file_to_write,
    folder_to_write,
    require_number,
    require_whole,
    text_list,
)
from helpers.base.errors import UserError


@pytest.mark.parametrize("value", [1, 7, np.int64(3), np.uint8(1), torch.tensor(2), 10**30])
def test_whole_numbers_of_any_make_will_do(value):
    require_whole(k=value)


@pytest.mark.parametrize("value", [0, -1, True, 1.0, 0.5, math.nan, "3", None, [1], np.float32(2), np.True_])
def test_what_is_no_whole_number_is_named_with_its_name(value):
    with pytest.raises(UserError, match=r"beam_width is .*whole number, 1 or more"):
        require_whole(1, max_words=5, beam_width=value)


def test_limits_and_none():
    require_whole(0, 50, or_none=True, a=0, b=50, c=None)
    with pytest.raises(UserError, match="b is 1000: it must be a whole number, from 0 to 50, or None"):
        require_whole(0, 50, or_none=True, b=1000)


@pytest.mark.parametrize("value", [1, 0.25, np.float32(0.5), torch.tensor(0.5), np.int8(1)])
def test_numbers_of_any_make_will_do(value):
    require_number(above=0, at_most=1, top_p=value)


@pytest.mark.parametrize("value", [0, -1, 1.5, math.nan, math.inf, "1", None, True, [0.5], torch.ones(2)])
def test_what_is_no_number_between_the_limits_is_named(value):
    with pytest.raises(UserError, match=r"top_p is .*a number, above 0 and at most 1"):
        require_number(above=0, at_most=1, top_p=value)


@pytest.mark.parametrize(
    "texts", [["a", "b"], ("a", "b"), np.array(["a", "b"]), (x for x in "ab"), iter("ab")]
)
def test_strings_come_in_many_ways(texts):
    assert text_list(texts) == ["a", "b"]


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        ("ab", "a single string"),
        (b"ab", "bytes"),
        ({1: ["a"]}, "a dict"),
        (None, "None"),
        (3, "3"),
        (["a", None], "number 1 is None"),
        (["a", ["b"]], "number 1 is a list"),
        (["a", math.nan], "number 1 is nan"),
        (np.array([["a"]]), "a list of strings"),
        (np.array("a"), "a list of strings"),
    ],
)
def test_what_is_no_list_of_strings_is_named(texts, word):
    with pytest.raises(UserError, match=f"captions.*{word}"):
        text_list(texts)


def test_captions_of_each_picture():
    assert caption_lists([["a"], (), np.array(["b", "c"])]) == [["a"], [], ["b", "c"]]
    for wrong, word in (
        ({0: ["a"]}, "a dict"),
        (["a"], "picture 0.*single string"),
        ([["a"], None], "picture 1"),
    ):
        with pytest.raises(UserError, match=f"references.*{word}"):
            caption_lists(wrong, "references")


def test_paths(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert as_path("~/a/") == tmp_path / "a"
    for wrong in (None, 3, "", " ", "a\0b", ["a"]):
        with pytest.raises(UserError, match="no path"):
            as_path(wrong)
    assert file_to_write("~/new/folder/file.pt").parent.is_dir()
    with pytest.raises(UserError, match="is a folder"):
        file_to_write(f"{tmp_path}/new/")
    (tmp_path / "file").write_text("")
    for wrong in ("~/file", "~/file/below/it/"):
        with pytest.raises(UserError, match="file is a file where a folder is needed"):
            folder_to_write(wrong)
