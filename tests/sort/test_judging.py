from dataclasses import replace

import numpy as np
import pytest

from helpers.base.errors import UserError
from helpers.sort.clustering import cluster_captions
from helpers.sort.judging import agreement, coverage, over_seeds, stabilities, stability


def test_agreement_by_hand():
    assert agreement([1, 1, 0], ["a", "a", "b"]) == {
        "ARI": 1,
        "NMI": pytest.approx(1),
        "purity": 1,
        "accuracy": 1,
    }
    assert agreement([0, 0, 0, 0], ["a", "a", "a", "b"]) == {
        "ARI": 0,
        "NMI": 0,
        "purity": 3 / 4,
        "accuracy": 3 / 4,
    }
    # groups {a, a, b} and {b, b, c}: their commonest make up 4 of 6
    assert agreement([0, 0, 0, 1, 1, 1], list("aabbbc"))["purity"] == pytest.approx(4 / 6)
    # every picture a group of its own: pure, but only one of the three a's can be right
    alone = agreement([0, 1, 2, 3], list("aaab"))
    assert alone["purity"] == 1 and alone["accuracy"] == 2 / 4
    for labels, truth in (([], []), ([0], ["a", "b"])):
        with pytest.raises(UserError, match="give one for each"):
            agreement(labels, truth)


def test_spread_over_seeds():
    sortings = {0: [0, 0, 1, 1], 1: [0, 1, 0, 1]}
    judged = over_seeds(sortings.get, list("aabb"), seeds=(0, 1))
    assert judged["purity"] == (0.75, 0.25) and judged["accuracy"] == (0.75, 0.25)
    assert over_seeds(lambda seed: sortings[0], list("aabb"))["ARI"] == (1, 0)


def heaps(n=40):
    generator = np.random.default_rng(0)
    return (10 * np.eye(4, 6)[:, None] + generator.normal(0, 0.3, (4, n, 6))).reshape(-1, 6)


def test_groups_that_are_there_are_stable_and_invented_ones_are_not():
    vectors = heaps()
    values = stabilities(vectors, (4, 9))
    assert values[4] == pytest.approx(1) and values[9] < 0.9
    noise = np.random.default_rng(0).uniform(size=(200, 6))
    assert stability(noise, 5) < 0.6
    assert stability(vectors, 4, seed=1) == stability(vectors, 4, seed=1)
    assert stability(vectors[:3], 3) <= 1


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: agreement([], []), "0 labels"),
        (lambda: agreement([0, 1], [None, None]), "no true label"),
        (lambda: agreement([0, 1], ["a", None]), "no true label"),
        (lambda: agreement(np.eye(2), np.eye(2)), "give one for each"),
        (lambda: agreement(None, None), "give one for each"),
        (lambda: over_seeds(lambda seed: [0], [0], []), "seeds"),
        (lambda: stability(np.eye(3), 4), "k is 4"),
        (lambda: stability(np.eye(3), 0), "k is 0"),
        (lambda: stability(np.eye(3), 2, pairs=0), "pairs is 0"),
        (lambda: stability([], 1), "Vectors"),
        (lambda: stability(np.eye(3), 7), "k is 7"),
    ],
)
def test_what_cannot_be_judged_is_named(call, word):
    with pytest.raises(UserError, match=word):
        call()


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_few_groups_are_judged(n):
    assert agreement([0] * n, ["a"] * n)["accuracy"] == 1
    assert -1 <= stability(np.random.default_rng(0).normal(size=(n, 2)), 1, pairs=1) <= 1
    assert stabilities(np.ones((n, 2)), [1, n, n + 1]).keys() == {1, n}


def test_a_name_covers_a_share_of_its_group_and_of_the_others():
    captions = [
        "a dog at sea",
        "two dogs at sea",
        "a boat at sea",
        "a dog on the grass",
        "a cat on the grass",
    ]
    groups = replace(cluster_captions(captions, 2), labels=np.array([0, 0, 0, 1, 1]), names=["Dogs", "Grass"])
    np.testing.assert_allclose(coverage(groups), [[2 / 3, 1 / 2], [1, 0]])
    assert coverage(cluster_captions(["a dog", "dogs"])).tolist() == [[1, 0]]
