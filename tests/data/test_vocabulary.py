import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary, count_words, tokenize

CAPTIONS = ["A dog runs.", "A dog sits on the sand.", "Two dogs!", "a cat"]


def test_tokenize_gives_lower_case_words_without_punctuation():
    assert tokenize("A dog's T-shirt, don't you see?") == ["a", "dog's", "t-shirt", "don't", "you", "see"]
    assert tokenize("  ... !? ") == []


def test_only_words_more_frequent_than_the_threshold_are_kept():
    assert Vocabulary.build(CAPTIONS, 1).words == ["<PAD>", "<UNK>", "<START>", "<END>", "a", "dog"]
    assert "cat" in Vocabulary.build(CAPTIONS, 0) and "cat" not in Vocabulary.build(CAPTIONS, 1)


def test_the_specials_have_their_numbers():
    v = Vocabulary.build(CAPTIONS)
    assert [v[word] for word in Vocabulary.SPECIALS] == [v.PAD, v.UNK, v.START, v.END] == [0, 1, 2, 3]
    assert len(v) == len(v.words) == 4 + len(count_words(CAPTIONS))


def test_unknown_words_become_unk():
    v = Vocabulary.build(CAPTIONS)
    assert v["zebra"] == v.UNK
    assert v.decode(v.encode("a zebra runs")) == "a <UNK> runs"


def test_decode_stops_at_end_and_skips_pad_and_start():
    v = Vocabulary.build(CAPTIONS)
    assert v.decode([v.START, v["a"], v.PAD, v["dog"], v.END, v["cat"]]) == "a dog"


def test_the_order_of_the_captions_does_not_matter():
    assert Vocabulary.build(CAPTIONS) == Vocabulary.build(CAPTIONS[::-1])


def test_saved_as_readable_json(tmp_path):
    v = Vocabulary.build([*CAPTIONS, "ein Hündchen"], 0)
    v.save(tmp_path / "v.json")
    assert Vocabulary.load(tmp_path / "v.json") == v
    assert "hündchen" in (tmp_path / "v.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"words": ["a"], "word_threshold": 0})])
def test_a_file_that_is_no_vocabulary_is_said_to_be_none(tmp_path, text):
    (tmp_path / "v.json").write_text(text)
    with pytest.raises(UserError):
        Vocabulary.load(tmp_path / "v.json")
    with pytest.raises(UserError, match="no vocabulary"):
        Vocabulary.load(tmp_path / "missing.json")


def test_a_threshold_that_leaves_no_words_says_what_to_do():
    with pytest.raises(UserError, match="smaller word_threshold"):
        Vocabulary.build(CAPTIONS, 99)


captions = st.text(max_size=60)


@given(st.lists(captions, min_size=1, max_size=5))
def test_known_captions_survive_the_round_trip(texts):
    if any(map(tokenize, texts)):
        v = Vocabulary.build(texts)
        for text in texts:
            ids = v.encode(text)
            assert tokenize(v.decode(ids)) == tokenize(text)
            assert ids[0] == v.START and ids[-1] == v.END and v.UNK not in ids


@given(captions)
def test_tokenizing_twice_changes_nothing(text):
    assert tokenize(" ".join(tokenize(text))) == tokenize(text)


@pytest.mark.parametrize(
    ("captions", "threshold", "word"),
    [
        (["a dog"], -1, "word_threshold is -1"),
        (["a dog"], 1.5, "word_threshold is 1.5"),
        (["a dog"], True, "word_threshold is True"),
        (["a dog"], 5, "No word occurs more than 5 times"),
        (["..."], 0, "No word occurs"),
        ([""], 0, "No word occurs"),
        ([], 0, "No word occurs"),
        ("a dog", 0, "captions.*single string"),
        ([["a dog"]], 0, "number 0 is a list"),
        ([None], 0, "number 0 is None"),
        ({0: ["a dog"]}, 0, "a dict"),
        (None, 0, "captions.*None"),
    ],
)
def test_captions_and_thresholds_that_make_no_sense_are_named(captions, threshold, word):
    with pytest.raises(UserError, match=word):
        Vocabulary.build(captions, threshold)


def test_it_is_saved_below_the_home_folder_too(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    vocabulary = Vocabulary.build((text for text in ["a dog", "a dog"]), np.int64(1))
    vocabulary.save("~/new/words.json")
    assert Vocabulary.load("~/new/words.json") == vocabulary
    with pytest.raises(UserError, match="is a folder"):
        vocabulary.save(tmp_path / "new")
    with pytest.raises(UserError, match="not a saved vocabulary"):
        Vocabulary.load(tmp_path / "new")
