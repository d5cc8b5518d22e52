import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from helpers.sort.communities import communities
from helpers.sort.grouping import choose_k, k_means

KINDS = np.repeat(range(6), [60, 50, 40, 40, 30, 20])


def crowds(seed=0):
    """Six kinds, each along an arc of its own of a sphere: heaps of other shapes than round."""
    draw = np.random.default_rng(seed)
    ends = draw.normal(size=(2, 6, 20))
    along = draw.random((len(KINDS), 1))
    return ends[0][KINDS] * along + ends[1][KINDS] * (1 - along) + 0.25 * draw.normal(size=(len(KINDS), 20))


def test_kinds_of_any_shape_are_found_and_their_number():
    labels, centres = communities(crowds())
    assert adjusted_rand_score(KINDS, labels) > 0.7 and centres.shape == (labels.max() + 1, 20)
    k, _ = choose_k(crowds(), range(2, 12))
    assert adjusted_rand_score(KINDS, labels) > adjusted_rand_score(KINDS, k_means(crowds(), k)[0])


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
