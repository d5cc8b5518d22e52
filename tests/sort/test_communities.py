import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import normalize

from helpers.sort.communities import communities
from helpers.sort.grouping import choose_k, k_means

KINDS = np.repeat(range(6), [60, 50, 40, 40, 30, 20])


def crowds(seed=0):
    """Six kinds, each along a bent line of its own: heaps of other shapes than round."""
    draw, steps = np.random.default_rng(seed), [0, 1, 2]
    corners, where = draw.normal(size=(3, 6, 12)), 2 * draw.random(len(KINDS))  # (corner, kind, D)
    rows = [
        [np.interp(at, steps, corners[:, kind, d]) for d in range(12)]
        for kind, at in zip(KINDS, where, strict=True)
    ]
    return np.array(rows) + 0.2 * draw.normal(size=(len(KINDS), 12))


def test_kinds_of_any_shape_are_found_better_than_by_the_silhouette():
    by_links, by_silhouette = [], []
    for seed in range(5):
        vectors = normalize(crowds(seed))
        labels, centres = communities(vectors)
        assert centres.shape == (labels.max() + 1, 12)
        by_links.append(adjusted_rand_score(KINDS, labels))
        k, _ = choose_k(vectors, range(2, 12))
        by_silhouette.append(adjusted_rand_score(KINDS, k_means(vectors, k)[0]))
    assert np.mean(by_links) > np.mean(by_silhouette)


def test_it_is_seeded_and_above_a_sample_the_others_join(monkeypatch):
    labels, _ = communities(crowds(), seed=3)
    assert (labels == communities(crowds(), seed=3)[0]).all()
    monkeypatch.setattr("helpers.sort.communities.SAMPLE", 120)
    some, _ = communities(crowds())
    assert len(some) == len(KINDS) and adjusted_rand_score(KINDS, some) > 0.6


@pytest.mark.parametrize("vectors", [np.eye(1), np.eye(2), np.eye(3), np.ones((30, 2)), -np.eye(9)])
def test_few_and_equal_vectors(vectors):
    labels, centres = communities(vectors)
    assert len(labels) == len(vectors) and labels.max() == len(centres) - 1
