from collections import Counter
from itertools import pairwise
from unicodedata import category, normalize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from languages import BEACH_AND_KITCHEN

from helpers.sort.clustering import cluster_captions
from helpers.sort.filing import safe_name
from helpers.sort.phrases import Phrases, is_phrase, run_together, said_everywhere, spoken_words
from helpers.sort.vectors import content_words, cut, sif_vectors, tfidf_vectors


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("A dog's T-shirt, 2 x", "a|dog|shirt"),
        ("A café’s 🐶, isn’t it", "a|café|isn|it"),
        ("एक कुत्ता है।", "एक|कुत्ता|है"),
        ("كَلْبٌ يَجْرِي و", "كَلْبٌ|يَجْرِي"),
        ("п’ять собак", "п'ять|собак"),
        ("이 개", "이|개"),
        ("沙滩上，狗。T恤", "沙滩|滩上|狗|恤"),
        ("สุนัข ๑๒", "สุนั|นัข"),
    ],
)
def test_words_keep_their_marks_and_characters_come_in_pairs(caption, words):
    assert spoken_words(caption) == spoken_words(normalize("NFD", caption)) == words.split("|")


def test_pairs_grow_into_what_captions_always_have_together():
    captions = ["我在沙滩上走", "他在沙滩上坐", "狗去沙滩上玩", "她到沙滩边"]
    spoken = [spoken_words(caption) for caption in captions]
    phrases = Phrases(Counter(w for s in spoken for w in s), Counter(p for s in spoken for p in pairwise(s)))
    assert phrases.table([("沙滩", 3.0), ("滩上", 2.0), ("我在", 1.0), ("dog", 0.5)]) == [
        ("沙滩", 3.0),  # three times in four is too few for 沙滩上, whose second half only touches it
        ("我在", 1.0),
        ("dog", 0.5),
    ]
    assert run_together(["沙滩", "滩上", "dog", "犬"]) == ["沙滩上", "dog", "犬"] and run_together([]) == []
    assert is_phrase("沙滩") and not is_phrase("dog") and not is_phrase("개")


def test_what_every_group_says_names_none():
    counts, sizes = [Counter({"में": 3, "रसोई": 3}), Counter({"में": 2, "तट": 3})], np.array([3, 3])
    assert said_everywhere(counts, sizes) == {"में"}
    assert said_everywhere(counts[:1], sizes[:1]) == set()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("beach", "kitchen", "words"), BEACH_AND_KITCHEN.values(), ids=BEACH_AND_KITCHEN)
def test_albums_of_every_language_are_told_apart_and_named_in_it(beach, kitchen, words, form):
    captions = [normalize(form, caption) for caption in (*beach, *kitchen)]
    groups = cluster_captions(captions, k=2)
    assert len({*groups.labels[:3]}) == len({*groups.labels[3:]}) == 1 and groups.k == 2
    for label, word, said in zip(groups.labels[[0, 3]], words, (beach, kitchen), strict=True):
        name, word = groups.names[label], normalize("NFC", word)
        assert word.lower() in name.lower()
        parts = name.lower().replace(" and ", " ").split()
        assert all(any(part in normalize("NFC", caption).lower() for caption in said) for part in parts)
        assert not any(category(part[0])[0] == "M" or len(part) < 2 for part in parts)
        assert safe_name(name) == name
    assert "it says" in groups.why(0) and "it says" in groups.why(5)
    assert (groups.predict([normalize("NFC", text) for text in beach]) == groups.labels[0]).all()


def test_a_decoders_vectors_of_characters_make_those_of_their_pairs():
    words, table = ["<UNK>", "沙", "滩", "狗", "猫"], np.eye(5)
    vectors = sif_vectors(["沙滩", "沙滩", "狗", "猫"], table, words)
    assert vectors.words == sorted(["沙滩", "狗", "猫"])
    near, far = vectors.matrix[vectors.words.index("沙滩")][[1, 3]]
    assert near != far


def test_one_word_typed_in_two_ways_is_one():
    assert content_words("café") == content_words("cafe\u0301") == ["café"]
    assert tfidf_vectors(["кафе́ й", "кафе\u0301 и\u0306"]).words == ["кафе́"]


LETTERS = st.characters(categories=["L", "M", "Nd", "So"])
SOME = [
    st.characters(min_codepoint=a, max_codepoint=a + 30) for a in (0x61, 0x915, 0xE01, 0x1780, 0x3042, 0x4E00)
]
CAPTIONS = st.lists(st.text(st.one_of(LETTERS, st.just(" "), *SOME), max_size=12), min_size=2, max_size=6)


@settings(max_examples=40)
@given(CAPTIONS)
def test_captions_of_any_letters_get_names_that_differ(captions):
    groups = cluster_captions(captions, k=2)
    assert len(set(groups.names)) == groups.k and all(groups.names)
    for i, caption in enumerate(captions):
        assert groups.why(i).startswith(groups.names[groups.labels[i]])
        assert cut(normalize("NFD", caption)) == cut(caption)
