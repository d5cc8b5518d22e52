import numpy as np
import pytest

from helpers.sort.naming import REST, name_groups, reason, tally, telling_words
from helpers.sort.vectors import cut

WHO = ["dog", "cat", "horse", "cow", "sheep", "duck", "bird"]


def test_telling_words_by_hand():
    # Group 0: dog, dog+snow. Group 1: cat+snow. Words per group: 3 and 2, A = 2.5. f: dog 2, snow 2, cat 1.
    said = [cut(caption) for caption in ("a dog, a dog", "a dog in snow", "a cat in snow")]
    tables = telling_words(tally(said, np.array([0, 0, 1]), 2))
    assert tables[0] == [
        ("dog", pytest.approx(1 * np.log(1 + 2.5 / 2))),
        ("snow", pytest.approx(0.5 * np.log(2.25))),
    ]
    assert tables[1] == [("cat", pytest.approx(np.log(1 + 2.5 / 1))), ("snow", pytest.approx(np.log(2.25)))]


def named(captions, labels, rest=None):
    return name_groups(tally([cut(caption) for caption in captions], labels, max(labels) + 1), rest)


def test_words_that_belong_together_stay_together_in_a_name():
    captions = [f"a {who} in the living room" for who in WHO] + [f"{who}s at sea" for who in WHO]
    names, tables = named(captions, np.repeat([0, 1], len(WHO)))
    assert names == ["Living room", "Sea"]
    assert [word for word, _ in tables[1][:1]] == ["sea"]


def test_names_differ_and_the_rest_keeps_its_own():
    names, _ = named(["a dog", "a dog", "a dog", "a cat", "?"], [0, 1, 2, 3, 4], rest=3)
    assert names == ["Dog", "Dog 2", "Dog 3", REST, "Wordless"]


def test_words_are_spelt_as_the_captions_spell_them():
    names, tables = named(["two dogs", "dogs", "a dog", "cats"], [0, 0, 0, 1])
    assert names == ["Dogs", "Cats"] and tables[0][0][0] == "dogs"


def test_a_reason_is_made_of_shared_words():
    table = [("beach", 2.0), ("umbrellas", 1.0)]
    assert reason("An umbrella on the beach", "Beach", table) == "Beach: it says beach and umbrellas."
    assert "keeps company" in reason("A shore", "Beach", table) and "shore" in reason(
        "A shore", "Beach", table
    )
    assert "no telling word" in reason("?", "Beach", table)
    assert reason("A shore", REST, []).startswith(REST)


def test_a_title_has_words_that_half_of_a_group_hold_before_rarer_ones():
    said = [["sea", "boat"], ["sea", "gull"], ["sea", "gull"], ["sea", "cliff"], ["road"], ["road"], ["sea"]]
    captions = [" ".join(["a", *words]) for words in said]
    names, tables = name_groups(tally([cut(caption) for caption in captions], [0, 0, 0, 0, 1, 1, 2], 3))
    assert "cliff" in dict(tables[0]) and not {"cliff", "boat"} & {*names[0].lower().split()}
