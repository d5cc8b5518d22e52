import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import PLACES, blobs, scenes

from helpers.base.errors import UserError
from helpers.sort.clustering import Clusters, cluster_captions, cluster_vectors
from helpers.sort.judging import agreement
from helpers.sort.naming import REST
from helpers.sort.vectors import STOP_WORDS, content_words, together


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
        assert clusters.names == ["Dog" if "dog" in captions[0] else "Others"]
        assert list(clusters.predict([*captions, "a cat"])) == [0] * (len(captions) + 1)


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
        (["a dog", "a cat"], np.int64(3), "choose k between 1 and 2"),
        (["a dog", "a cat"], 0, "k is 0"),
        (["a dog", "a cat"], -1, "k is -1"),
        (["a dog", "a cat"], True, "k is True"),
        (["a dog", "a cat"], 1.5, "k is 1.5"),
        (["a dog", "a cat"], "2", "k is '2'"),
        (["a dog", None], None, "number 1 is None"),
        ([["a dog"], ["a cat"]], None, "number 0 is a list"),
        ("a dog", None, "list of strings"),
        ({0: "a dog"}, None, "a dict"),
        (None, None, "list of strings"),
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
        assert name == "Others" or not STOP_WORDS & set(
            name.replace("and more", "").replace("and", "").lower().split()
        )
    shuffled = data.draw(st.permutations(range(len(captions))))
    again = cluster_captions([captions[i] for i in shuffled], k)
    assert list(clusters.labels[shuffled]) == list(again.labels)
    same = {}
    for caption, label in zip(captions, clusters.labels, strict=True):
        assert same.setdefault(tuple(sorted(set(content_words(caption)))), label) == label or len(caption) > 0


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


def test_what_has_no_known_word_is_a_group_of_its_own_and_the_last():
    captions, _ = scenes(80)
    clusters = cluster_captions([*captions, "", "?", "the"], k=6)
    assert clusters.names[-1] == REST and clusters.k == 6 and list(clusters.labels[80:]) == [5, 5, 5]
    assert list(clusters.predict(["", "a beach", "qwertz"])) == [5, clusters.predict(["a beach"])[0], 5]
    assert cluster_captions([*captions, ""], k=1).names != [REST]
    assert cluster_captions(["", "a dog"]).names == ["Dog", REST]


def test_people_make_groups_only_where_nothing_else_is_said():
    captions = ["a man on the beach", "a woman on the beach", "a man in the snow", "a woman in the snow"] * 5
    assert set(cluster_captions(captions, k=2).names) == {"Beach", "Snow"}
    assert set(cluster_captions(["a man", "two men", "a girl"] * 4, k=2).names) == {"Man", "Girl"}


def test_an_album_says_why_a_picture_is_in_it():
    captions, truth = scenes(200, unnamed=0)
    clusters = cluster_captions(captions, k=len(PLACES))
    assert all(truth[i] in clusters.why(i) for i in range(200))
    assert clusters.why(clusters.central[0]).startswith(clusters.names[0] + ": it says ")
    with pytest.raises(UserError, match="without captions"):
        cluster_vectors(np.eye(3)).why(0)


def test_a_group_of_like_captions_is_coherent_and_a_mixed_one_is_not():
    captions = ["a dog on the beach"] * 10 + ["a cat", "a bus", "a lamp", "a kite", "a ship"] * 2
    clusters = cluster_captions(captions, k=2)
    assert clusters.coherence[clusters.labels[0]] == pytest.approx(1)
    assert clusters.coherence[1 - clusters.labels[0]] < 0.7


def test_vectors_of_ones_own_are_grouped_and_named_by_the_captions():
    captions, truth = scenes(150, unnamed=0)
    looks = np.eye(len(PLACES))[[list(PLACES).index(place) for place in truth]]
    looks = looks + np.random.default_rng(0).normal(0, 0.05, looks.shape)
    shuffled = np.random.default_rng(1).permutation(150)
    one = cluster_captions(captions, len(PLACES), vectors=looks)
    other = cluster_captions([captions[i] for i in shuffled], len(PLACES), vectors=looks[shuffled])
    assert agreement(one.labels, truth)["ARI"] == 1
    assert one.names == other.names and list(one.labels[shuffled]) == list(other.labels)
    assert sorted(name.split()[0].lower() for name in one.names) == sorted(PLACES)
    assert list(one.predict(looks)) == list(one.labels)
    assert cluster_captions(captions, 4, vectors=together(looks, looks)).k == 4
    with pytest.raises(UserError, match="150 captions, and 149 vectors"):
        cluster_captions(captions, vectors=looks[:-1])
    for bad in (np.full((150, 2), np.inf), np.ones(150), [["a"]] * 150, [[1], [2, 3]], "no vectors"):
        with pytest.raises(UserError, match="Vectors are finite numbers"):
            cluster_captions(captions, vectors=bad)


@pytest.mark.parametrize(
    "captions",
    [
        ["a dog"],
        ["a dog"] * 9,
        [""],
        ["", "", ""],
        ["...", "!?", ".", "..."],
        ["a dog", ""],
        ["a dog", "a cat", "a bus"],
        np.array(["a dog", "a cat"]),
        (caption for caption in ["a dog", "a cat"]),
        [*"abcde"],
        ["the a of"] * 5,
    ],
)
def test_few_or_empty_or_equal_captions_are_sorted_all_the_same(captions, tmp_path):
    captions = list(captions)
    for k in (None, 1, np.int64(len(captions))):
        clusters = cluster_captions(captions, k)
        assert len(clusters.labels) == len(captions) and 1 <= clusters.k <= len(captions)
        assert len(set(clusters.names)) == clusters.k and all(clusters.names)
        assert len(clusters.predict(captions)) == len(captions) and clusters.why(0)
        clusters.save(tmp_path / "groups.npz")
        assert Clusters.load(str(tmp_path / "groups.npz")).names == clusters.names


def test_what_is_asked_of_groups_is_checked(tmp_path, monkeypatch):
    clusters = cluster_captions(["a dog", "a cat"], 2)
    for call, word in (
        (lambda: clusters.predict("a dog"), "predict takes a list"),
        (lambda: clusters.predict(None), "predict takes a list"),
        (lambda: clusters.why(2), "i is 2"),
        (lambda: clusters.save(tmp_path), "is a folder"),
        (lambda: Clusters.load(None), "no path"),
        (lambda: Clusters.load(tmp_path), "no groups"),
        (lambda: cluster_captions(["a dog"], method="k_means"), "the function itself"),
        (lambda: cluster_captions(["a dog"], seed=-1), "seed is -1"),
        (lambda: cluster_vectors([]), "Vectors are"),
        (lambda: cluster_vectors(["a dog"]), "Vectors are"),
        (lambda: cluster_vectors(np.ones((3, 0))), "Vectors are"),
        (lambda: cluster_vectors(np.ones((3, 2)), 4), "choose k between 1 and 3"),
    ):
        with pytest.raises(UserError, match=word):
            call()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    clusters.save("~/new/groups.npz")
    assert Clusters.load("~/new/groups.npz").k == 2
