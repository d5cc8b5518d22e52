import numpy as np
import pytest
import torch

from helpers.base.errors import UserError
from helpers.sort.vectors import (
    averaged,
    content_words,
    cut,
    sif_vectors,
    singular,
    tfidf_vectors,
    together,
)


def test_content_words_are_lower_case_singular_and_without_filler():
    assert content_words("Two small red Dogs sitting near the Beaches!") == ["dog", "beach"]
    assert content_words("Ein Hund läuft; 3 dogs' toys") == ["ein", "hund", "läuft", "dog", "toy"]
    assert content_words("") == []


def test_captions_that_are_cut_already_stay_as_they_are():
    captions = ["Two Dogs on the beach", "a cat", "?"]
    said = [cut(caption) for caption in captions]
    assert said[0] == (["two", "dogs", "on", "the", "beach"], ["dog", "beach"])
    assert [cut(words) for words in said] == said and content_words(said[0]) == ["dog", "beach"]
    one, other = tfidf_vectors(captions), tfidf_vectors(said)
    np.testing.assert_array_equal(one.transform(captions), other.transform(said))


@pytest.mark.parametrize(
    ("plural", "word"),
    [
        ("dogs", "dog"),
        ("puppies", "puppy"),
        ("beaches", "beach"),
        ("boxes", "box"),
        ("horses", "horse"),
        ("ties", "tie"),
        ("women", "woman"),
        ("snowmen", "snowman"),
        ("buses", "bus"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("tennis", "tennis"),
    ],
)
def test_plurals_are_folded(plural, word):
    assert singular(plural) == word
    assert singular(word) == word


def test_people_count_only_where_there_is_nothing_else():
    assert content_words("A man and two women on the beach") == ["beach"]
    assert content_words("A man and two women") == ["man", "woman"]


def test_words_of_one_place_meet_through_the_company_they_keep():
    captions = ["a shore with sand", "a beach with sand", "a kitchen with cups", "a table with cups"] * 3
    vectors = tfidf_vectors(captions, dimensions=2)
    np.testing.assert_allclose(np.linalg.norm(vectors.transform(captions), axis=1), 1, rtol=1e-6)
    shore, beach, kitchen = vectors.transform(["the shore", "the beach", "the kitchen"])
    assert shore @ beach > 0.9  # though they have no word in common
    assert abs(shore @ kitchen) < 0.1


def test_tfidf_by_hand():
    # 3 captions; dog is in two, cat in one: weights sqrt(1 + log(4 / 3)) and sqrt(1 + log(4 / 2)).
    vectors = tfidf_vectors(["a dog", "dogs and a cat", "?"])
    assert vectors.words == ["cat", "dog"]
    dog, cat = np.sqrt(1 + np.log(4 / 3)), np.sqrt(1 + np.log(2))
    expected = np.array([[0, 1], [cat / np.hypot(cat, dog), dog / np.hypot(cat, dog)], [0, 0]])
    np.testing.assert_allclose(vectors.transform(["a dog", "dog, dog, cat", "?"]), expected, rtol=1e-6)


def test_sif_by_hand():
    captions, words = ["a dog", "a cat", "dogs"], ["<UNK>", "dog", "dogs", "cat"]
    table = torch.nn.Embedding.from_pretrained(torch.tensor([[9.0, 9], [1, 1], [3, 1], [1, -1]])).weight
    vectors = sif_vectors(captions, table, words, a=0.5)
    dog, cat = np.array([2, 1]), np.array([1, -1])  # "dog" is the mean of dog and dogs; p is 2/3 and 1/3
    weighted = {"cat": 0.5 / (0.5 + 1 / 3) * cat, "dog": 0.5 / (0.5 + 2 / 3) * dog}
    rows = np.array([weighted[word] / np.linalg.norm(weighted[word]) for word in ("dog", "cat", "dog")])
    common = np.linalg.svd(rows)[2][0]
    for word in ("dog", "cat"):
        left = weighted[word] - weighted[word] @ common * common
        np.testing.assert_allclose(vectors.transform([word])[0], left / np.linalg.norm(left), atol=1e-6)


def test_words_near_in_the_decoder_are_near_in_captions():
    table = np.array([[1, 0.1, 3], [1, 0.2, 3], [-1, 0.1, 3], [-1, -0.2, 3]])  # all of them have the 3
    vectors = sif_vectors(["dog", "puppy", "bus", "car"], table, ["dog", "puppy", "bus", "car"])
    dog, puppy, bus = vectors.transform(["a dog", "a puppy", "a bus"])
    assert dog @ puppy > 0.9 > dog @ bus


def test_vectors_of_another_captioner_get_a_sentence():
    with pytest.raises(UserError, match="same captioner"):
        sif_vectors(["dog"], np.eye(3), ["dog"])
    with pytest.raises(UserError, match="trained on other captions"):
        sif_vectors(["ein Hund"], np.eye(1), ["dog"])


def test_several_captions_of_a_picture_become_one_vector():
    vectors = tfidf_vectors(["dog", "cat", "bus"])
    mean = averaged(vectors, [["a dog", "a cat"], ["a bus"], ["?"]])
    np.testing.assert_allclose(mean @ mean.T, np.diag([1, 1, 0]), atol=1e-6)
    np.testing.assert_allclose(mean[0] @ vectors.transform(["dog", "cat"]).T, np.sqrt([0.5, 0.5]), rtol=1e-6)


def test_parts_beside_each_other_have_an_equal_say():
    one, other = np.array([[3.0, 0], [0, 5]]), np.array([[0.001], [0.002]])
    np.testing.assert_allclose(together(one, other), np.sqrt(0.5) * np.array([[1, 0, 1], [0, 1, 1]]))
