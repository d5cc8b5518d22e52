import numpy as np
import pytest
from small_world import blobs, scenes

from helpers.base.errors import UserError
from helpers.sort import grouping
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.sort.grouping import agglomerative, choose_k, group, hdbscan, k_means, merge_tree
from helpers.sort.judging import agreement
from helpers.sort.naming import REST


def test_choose_k_finds_four_heaps():
    vectors, truth = blobs()
    k, silhouettes = choose_k(vectors, range(2, 9))
    assert k == 4 and list(silhouettes) == [*range(2, 9)] and all(-1 <= s <= 1 for s in silhouettes.values())
    labels, centres = k_means(vectors, 4)
    assert agreement(labels, truth)["ARI"] == 1 and centres.shape == (4, 8)


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
        merge_tree(np.zeros((20_001, 1)))


def test_many_captions_are_taken_in_batches(monkeypatch):
    vectors, truth = blobs(60)
    monkeypatch.setattr(grouping, "MANY", 100)
    monkeypatch.setattr(grouping, "KMeans", None)
    monkeypatch.setattr(grouping, "SAMPLE", 150)
    clusters = cluster_vectors(vectors)
    assert clusters.k == 4 and agreement(clusters.labels, truth)["ARI"] == 1
    np.testing.assert_array_equal(clusters.predict(vectors), clusters.labels)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("method", [k_means, agglomerative, hdbscan])
def test_few_vectors_are_grouped(method, n):
    vectors = np.random.default_rng(0).normal(size=(n, 3))
    for some in (vectors, np.ones((n, 3)), np.zeros((n, 3))):
        labels, centres = method(some, n, 0)
        assert labels.shape == (n,) and labels.max() + 1 == len(centres)
        labels, _, _ = group(some, None, 0, method)
        assert labels.shape == (n,)


ONES = np.eye(4)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: k_means(ONES, 5), "k is 5.*from 1 to 4"),
        (lambda: k_means(ONES, 0), "k is 0"),
        (lambda: k_means(ONES[:0], 1), "Vectors"),
        (lambda: k_means(["a"], 1), "Vectors"),
        (lambda: agglomerative(ONES, 9), "k is 9"),
        (lambda: agglomerative(ONES, True), "k is True"),
        (lambda: hdbscan(ONES[0]), "Vectors"),
        (lambda: merge_tree(ONES[:1]), "no tree"),
        (lambda: choose_k(ONES, []), "nothing to choose"),
        (lambda: choose_k(ONES[:2], [2]), "nothing to choose"),
        (lambda: choose_k(ONES, [2, 4]), "k is 4.*from 2 to 3"),
        (lambda: choose_k(ONES, range(3)), "k is 0"),
    ],
)
def test_what_cannot_be_grouped_is_named(call, word):
    with pytest.raises(UserError, match=word):
        call()
