import numpy as np
import pytest
from small_world import blobs, scenes

from helpers.base.errors import UserError
from helpers.sort import grouping
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.sort.grouping import agglomerative, choose_k, hdbscan, k_means, merge_tree
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
