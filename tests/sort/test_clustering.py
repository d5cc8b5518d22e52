import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.base.errors import UserError
from helpers.sort import grouping
from helpers.sort.clustering import Clusters, cluster_captions, cluster_vectors, map_2d
from helpers.sort.grouping import agglomerative, choose_k, hdbscan, k_means, tree
from helpers.sort.judging import agreement
from helpers.sort.naming import REST
from helpers.sort.vectors import STOP_WORDS, content_words, sif_vectors, together

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
        assert clusters.names == ["Dog" if "dog" in captions[0] else "Everything else"]
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


@pytest.mark.parametrize("method", [k_means, agglomerative, hdbscan])
def test_every_method_finds_the_heaps_and_leaves_no_row_out(method):
    vectors, truth = blobs()
    clusters = cluster_vectors(vectors, None if method is hdbscan else 4, method=method)
    assert clusters.k == 4 and agreement(clusters.labels, truth)["ARI"] == 1
    np.testing.assert_array_equal(clusters.predict(vectors), clusters.labels)
    assert (
        cluster_vectors(vectors[:1], method=method).k == cluster_vectors(vectors[:3], 1, method=method).k == 1
    )


def test_hdbscan_does_not_force_the_odd_ones():
    vectors, truth = blobs()
    labels, middles = hdbscan(np.vstack([vectors, 100 * np.eye(6, 8)]))
    assert set(labels[120:]) == {-1} and middles.shape == (4, 8)
    assert agreement(labels[:120], truth)["ARI"] == 1
    odd = np.random.default_rng(1).normal(size=(6, 8))
    clusters = cluster_vectors(np.vstack([vectors, odd]), method=hdbscan)
    assert clusters.names == ["Group 1", "Group 2", "Group 3", "Group 4", REST]
    assert set(clusters.labels[:120]) == {0, 1, 2, 3} and (clusters.labels[120:] == 4).any()
    captions, _ = scenes(150)
    sorted_so = cluster_captions(captions, method=hdbscan)
    assert sorted_so.names.count(REST) == 1 and sorted_so.names[-1] == REST
    assert cluster_captions(["a dog", "a cat", "a bus"], method=hdbscan).names == [REST]


def test_a_tree_of_too_many_says_what_to_do():
    with pytest.raises(UserError, match="use k_means"):
        tree(np.zeros((20_001, 1)))


def test_many_captions_are_taken_in_batches(monkeypatch):
    vectors, truth = blobs(60)
    monkeypatch.setattr(grouping, "LARGE", 100)
    monkeypatch.setattr(grouping, "KMeans", None)
    monkeypatch.setattr(grouping, "SAMPLE", 150)
    clusters = cluster_vectors(vectors)
    assert clusters.k == 4 and agreement(clusters.labels, truth)["ARI"] == 1
    np.testing.assert_array_equal(clusters.predict(vectors), clusters.labels)


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
    for bad in (looks[:-1], np.full((150, 2), np.inf), np.ones(150)):
        with pytest.raises(UserError, match="There are 150 captions"):
            cluster_captions(captions, vectors=bad)


def same(one, other):
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.vectors, other.vectors)
    np.testing.assert_array_equal(one.coherence, other.coherence)
    for name in ("names", "words", "central", "captions", "silhouettes"):
        assert getattr(one, name) == getattr(other, name)


def test_saved_groups_come_back_and_still_take_new_captions(tmp_path):
    captions, _ = scenes(120)
    vocabulary = list(PLACES)
    sif = sif_vectors(captions, np.eye(len(PLACES)), vocabulary)
    for clusters in (cluster_captions(captions), cluster_captions([*captions, "?"], 5, vectors=sif)):
        clusters.save(tmp_path / "new" / "groups.npz")
        again = Clusters.load(tmp_path / "new" / "groups.npz")
        same(clusters, again)
        np.testing.assert_array_equal(again.predict(captions), clusters.predict(captions))
        assert again.why(3) == clusters.why(3)
    by_vectors = cluster_vectors(np.random.default_rng(0).normal(size=(40, 60)), 3)
    by_vectors.save(tmp_path / "pixels")  # the name is kept as it is
    same(by_vectors, Clusters.load(tmp_path / "pixels"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "pixels"]


def test_damaged_groups_get_a_sentence(tmp_path):
    path = tmp_path / "groups.npz"
    cluster_captions(scenes(60)[0], 3).save(path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    np.savez(tmp_path / "other.npz", labels=np.zeros(3))
    other = (tmp_path / "other.npz").read_bytes()
    for content in (whole[:-200], whole[:50], bytes(flipped), b"", b"no groups", other):
        path.write_bytes(content)
        with pytest.raises(UserError, match="save them anew"):
            Clusters.load(path)
    with pytest.raises(UserError, match="There are no groups"):
        Clusters.load(tmp_path / "nowhere.npz")
