import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.clustering import (
    STOP_WORDS,
    agreement,
    choose_k,
    cluster_captions,
    cluster_vectors,
    content_words,
    k_means,
    map_2d,
    singular,
    telling_words,
    tfidf_vectors,
)
from helpers.common import UserError

# A small world of places; who is there, what they do and in which colour has nothing to do with the place.
PLACES = {
    "beach": "umbrella bucket ball boat",
    "street": "car bus lamp bicycle",
    "park": "kite bench ball tree",
    "kitchen": "table cup cake chair",
    "snow": "sled snowman tree house",
    "farm": "tractor barn hay tree",
    "harbour": "ship lighthouse boat lamp",
    "desert": "cactus rock tent car",
    "forest": "mushroom tree tent rock",
    "station": "train suitcase bench lamp",
}
WHO = "dog cat man woman boy girl bird horse cow sheep duck"
DOES = "runs walks sits stands jumps waits rests plays"
COLOURS = "red blue green brown black white"


def scenes(n, seed=0, unnamed=0.05):
    """n captions and the places of their pictures; a share `unnamed` of them does not name the place."""
    draw = random.Random(seed)

    def one_of(words):
        return draw.choice(words.split())

    captions, truth = [], []
    for _ in range(n):
        place = draw.choice(list(PLACES))
        caption = f"A {one_of(COLOURS)} {one_of(WHO)} {one_of(DOES)}"
        if draw.random() >= unnamed:
            caption += f" in the {place}"
        if draw.random() < 0.6:
            caption += f" next to a {one_of(COLOURS)} {one_of(PLACES[place])}"
        captions.append(caption + ".")
        truth.append(place)
    return captions, truth


def test_content_words_are_lower_case_singular_and_without_filler():
    assert content_words("Two small red Dogs sitting near the Beaches!") == ["dog", "beach"]
    assert content_words("Ein Hund läuft; 3 dogs' toys") == ["ein", "hund", "läuft", "dog", "toy"]
    assert content_words("") == []


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


def test_the_places_are_found():
    captions, truth = scenes(400)
    clusters = cluster_captions(captions)
    assert abs(clusters.k - len(PLACES)) <= 1
    assert agreement(clusters.labels, truth)["ARI"] > 0.8
    assert clusters.silhouettes[clusters.k] > max(clusters.silhouettes.values()) - 0.03


def test_names_come_from_the_places():
    captions, truth = scenes(300, unnamed=0)
    clusters = cluster_captions(captions, k=len(PLACES))
    assert agreement(clusters.labels, truth)["ARI"] > 0.9
    assert sorted(name.split()[0].lower() for name in clusters.names) == sorted(PLACES)
    for group, name in enumerate(clusters.names):
        place = truth[clusters.central[group]]
        assert name.lower().startswith(place)
        assert dict(clusters.words[group])[place] == max(weight for _, weight in clusters.words[group])


def test_words_that_belong_together_stay_together_in_a_name():
    captions = [f"a {who} in the living room" for who in WHO.split()] + [
        f"{who}s at sea" for who in WHO.split()
    ]
    assert set(cluster_captions(captions, k=2).names) == {"Living room", "Sea"}


def test_groups_come_largest_first_and_everything_has_its_shape():
    captions, _ = scenes(60)
    clusters = cluster_captions(captions, k=4)
    sizes = np.bincount(clusters.labels)
    assert clusters.labels.shape == (60,) and clusters.vectors.shape[0] == 60
    assert clusters.k == len(clusters.names) == len(clusters.words) == len(clusters.central) == 4
    assert list(sizes) == sorted(sizes, reverse=True)
    assert clusters.silhouettes == {}
    assert [clusters.labels[i] for i in clusters.central] == [0, 1, 2, 3]


def test_the_order_of_the_captions_changes_nothing():
    captions, _ = scenes(120)
    captions += captions[:30]
    shuffled = random.Random(1).sample(range(150), 150)
    one, other = cluster_captions(captions), cluster_captions([captions[i] for i in shuffled])
    assert one.names == other.names and one.words == other.words and one.silhouettes == other.silhouettes
    assert list(one.labels[shuffled]) == list(other.labels)
    assert [captions[i] for i in one.central] == [captions[shuffled[i]] for i in other.central]
    np.testing.assert_array_equal(one.vectors[shuffled], other.vectors)


def test_predict_agrees_with_the_labels_and_places_new_captions():
    captions, _ = scenes(200)
    clusters = cluster_captions(captions, k=len(PLACES))
    np.testing.assert_array_equal(clusters.predict(captions), clusters.labels)
    new = clusters.predict(
        ["Two elephants in the kitchen with a cake", "a wolf on beaches with a bucket", "?"]
    )
    assert "kitchen" in clusters.names[new[0]].lower()
    assert "beach" in clusters.names[new[1]].lower()


@pytest.mark.parametrize("captions", [["a dog"], [""], ["the"], ["a dog"] * 5, ["", "", ""]])
def test_one_thing_said_is_one_group(captions):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clusters = cluster_captions(captions)
        assert clusters.k == 1 and list(clusters.labels) == [0] * len(captions)
        assert clusters.names == ["Dog" if "dog" in captions[0] else "Everything else"]
        assert list(clusters.predict([*captions, "a cat"])) == [0] * (len(captions) + 1)


def test_captions_without_words_find_a_place():
    captions, _ = scenes(80)
    clusters = cluster_captions([*captions, "", "?", "the"], k=6)
    assert len(set(clusters.labels[80:])) == 1
    assert np.isfinite(clusters.vectors).all() and not clusters.vectors[80:].any()


def test_k_of_one_of_all_and_more_than_the_different_captions():
    captions = ["a dog runs", "two cats sleep", "a horse jumps", "a train waits"]
    assert set(cluster_captions(captions, k=1).labels) == {0}
    everyone = cluster_captions(captions, k=4)
    assert sorted(everyone.labels) == [0, 1, 2, 3] and len(set(everyone.names)) == 4
    doubled = cluster_captions(captions + captions, k=7)  # same words, same group
    assert doubled.k == 4
    assert list(doubled.labels[:4]) == list(doubled.labels[4:])
    assert cluster_captions(captions[:2]).k == 2
    assert cluster_captions(captions[:3]).k == 2  # a silhouette needs more captions than groups


@pytest.mark.parametrize(
    ("captions", "k", "says"),
    [
        ([], None, "give at least one"),
        (["a dog", "a cat"], 3, "choose k between 1 and 2"),
        (["a dog", "a cat"], 0, "choose k between 1 and 2"),
        (["a dog", None], None, "list of sentences"),
        ("a dog", None, "list of sentences"),
    ],
)
def test_bad_input_gets_a_sentence_that_says_what_to_do(captions, k, says):
    with pytest.raises(UserError, match=says):
        cluster_captions(captions, k)


WORDS = "a the dog dogs cat beach beaches running red near zebra glass über"
some_captions = st.lists(
    st.lists(st.sampled_from(WORDS.split()), max_size=5).map(" ".join), min_size=1, max_size=12
)


@settings(deadline=None, max_examples=25)
@given(some_captions, st.data())
def test_any_captions_and_any_k_give_whole_groups_with_different_names(captions, data):
    k = data.draw(st.one_of(st.none(), st.integers(1, len(captions))))
    clusters = cluster_captions(captions, k)
    assert set(clusters.labels) == set(range(clusters.k))
    assert clusters.k <= (k or len(captions))
    assert len({name.lower() for name in clusters.names}) == clusters.k
    for name in clusters.names:
        assert name == "Everything else" or not STOP_WORDS & set(name.replace("and", "").lower().split())
    shuffled = data.draw(st.permutations(range(len(captions))))
    again = cluster_captions([captions[i] for i in shuffled], k)
    assert list(clusters.labels[shuffled]) == list(again.labels)
    same = {}
    for caption, label in zip(captions, clusters.labels, strict=True):
        assert same.setdefault(tuple(sorted(set(content_words(caption)))), label) == label or len(caption) > 0


def test_telling_words_by_hand():
    # Group 0: dog, dog+snow. Group 1: cat+snow. Words per group: 3 and 2, A = 2.5. f: dog 2, snow 2, cat 1.
    tables = telling_words([["dog", "dog"], ["dog", "snow"], ["cat", "snow"]], np.array([0, 0, 1]))
    assert tables[0] == [
        ("dog", pytest.approx(1 * np.log(1 + 2.5 / 2))),
        ("snow", pytest.approx(0.5 * np.log(2.25))),
    ]
    assert tables[1] == [("cat", pytest.approx(np.log(1 + 2.5 / 1))), ("snow", pytest.approx(np.log(2.25)))]


def test_words_of_one_place_meet_through_the_company_they_keep():
    captions = ["a shore with sand", "a beach with sand", "a kitchen with cups", "a table with cups"] * 3
    pipeline, vectors = tfidf_vectors(captions, dimensions=2)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)
    shore, beach, kitchen = pipeline.transform(["the shore", "the beach", "the kitchen"])
    assert shore @ beach > 0.9  # though they have no word in common
    assert abs(shore @ kitchen) < 0.1


def blobs(n=30):
    generator = np.random.default_rng(0)
    middles = np.eye(4, 8) * 10
    return (middles[:, None] + generator.normal(0, 0.3, (4, n, 8))).reshape(-1, 8), np.repeat(range(4), n)


def test_choose_k_finds_four_heaps():
    vectors, truth = blobs()
    k, silhouettes = choose_k(vectors, range(2, 9))
    assert k == 4 and list(silhouettes) == [*range(2, 9)] and all(-1 <= s <= 1 for s in silhouettes.values())
    labels, centres = k_means(vectors, 4)
    assert agreement(labels, truth)["ARI"] == 1 and centres.shape == (4, 8)


def test_vectors_can_be_grouped_without_words():
    vectors, truth = blobs()
    shuffled = np.random.default_rng(1).permutation(len(vectors))
    one, other = cluster_vectors(vectors), cluster_vectors(vectors[shuffled].astype(np.float32))
    assert one.k == 4 and one.names == ["Group 1", "Group 2", "Group 3", "Group 4"]
    assert agreement(one.labels, truth)["ARI"] == 1
    assert agreement(one.labels[shuffled], other.labels)["ARI"] == 1
    np.testing.assert_array_equal(one.predict(vectors[::7]), one.labels[::7])
    assert cluster_vectors(vectors, k=12).names[8:] == ["Group 9", "Group 10", "Group 11", "Group 12"]
    assert cluster_vectors(np.ones((1, 3))).k == cluster_vectors(np.zeros((5, 1))).k == 1
    for bad in (np.ones(3), np.full((2, 2), np.nan), np.ones((0, 3))):
        with pytest.raises(UserError):
            cluster_vectors(bad)


def test_agreement_by_hand():
    assert agreement([1, 1, 0], ["a", "a", "b"]) == {"ARI": 1, "NMI": pytest.approx(1), "purity": 1}
    assert agreement([0, 0, 0, 0], ["a", "a", "a", "b"]) == {"ARI": 0, "NMI": 0, "purity": 3 / 4}
    # groups {a, a, b} and {b, b, c}: their commonest make up 4 of 6
    assert agreement([0, 0, 0, 1, 1, 1], list("aabbbc"))["purity"] == pytest.approx(4 / 6)
    for labels, truth in (([], []), ([0], ["a", "b"])):
        with pytest.raises(UserError, match="give one for each"):
            agreement(labels, truth)


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 5), (60, 1), (52, 6)])
def test_a_map_has_two_coordinates_and_is_the_same_every_time(shape):
    vectors = np.random.default_rng(0).normal(size=shape)
    points = map_2d(vectors, seed=3)
    assert points.shape == (shape[0], 2) and np.isfinite(points).all()
    np.testing.assert_array_equal(points, map_2d(vectors, seed=3))


@pytest.mark.parametrize("n", [1, 5, 60])
def test_vectors_that_are_all_alike_are_laid_out_without_a_warning(n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert map_2d(np.full((n, 4), 0.3)).tolist() == [[0, 0]] * n
