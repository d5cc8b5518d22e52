"""The checks of the exercises of 06: how to sort captions."""

from collections import Counter
from statistics import fmean

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from helpers.base.arrays import as_array
from helpers.scenes.catalogue import PLACES
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.sort.judging import agreement
from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import ambiguous, as_number, compare, dice, expect


def read_scenes(n: int = 240, name: str = "practice") -> tuple[list[str], list[str]]:
    """The first caption of each practice scene, and the places."""
    scenes = practice(n, name)
    return [scene.captions[0] for scene in scenes], [scene.truth["place"] for scene in scenes]


@exercise("6.1", "People leave the place out now and then, and nobody can sort by what was not said.")
def agreement_of_people(answer):
    """ARI of groups made of people's captions, k = 12."""
    answer, (captions, places) = as_number(answer), read_scenes()
    values = agreement(cluster_captions(captions, 12).labels, places)
    others = sorted(values, key=lambda name: abs(answer - values[name]))  # the nearest first
    mistakes = {f"that is {name}; we ask for ARI.": values[name] for name in others if name != "ARI"}
    otherwise = "put the sentences into k = 12 groups; how well do their labels agree with the places?"
    compare(answer, values["ARI"], mistakes, otherwise)


@exercise("6.2", "Mind that many small groups make purity cheap: with one picture a group it is always 1.")
def purity(answer):
    """(labels, truth) -> the share of pictures whose group is mostly of their kind."""
    chance = dice()
    for n in 8 * (6, 20, 60):
        truth = chance.choices(["beach", "farm", "snow"], k=n)
        labels = [chance.choice([0, 1, 2, 3]) if chance.random() < 0.5 else len(place) % 4 for place in truth]
        pairs = list(zip(labels, truth, strict=True))
        groups = [Counter(t for l, t in pairs if l == group) for group in set(labels)]
        places = [Counter(l for l, t in pairs if t == place) for place in set(truth)]
        most = [max(group.values()) for group in groups]
        shares = [m / group.total() for m, group in zip(most, groups, strict=True)]
        halves = sum(m for m, share in zip(most, shares, strict=True) if share > 0.5) / n
        right, turned = sum(most) / n, sum(max(place.values()) for place in places) / n
        mistakes = {
            "that asks of each *place* how much of it is in one group; ask it of each group.": turned,
            "that is a mean over groups; a large group should count for more.": fmean(shares),
            "that is a number of pictures; we ask for a share.": right * n,
            "the most frequent kind of a group counts, even if it is less than half of it.": halves,
        }
        if ambiguous(right, mistakes):
            continue
        said = as_number(answer(list(labels), list(truth)))
        compare(said, right, mistakes, f"groups {labels} of {truth} should give {right:.3g}, not {said:.3g}.")


@exercise("6.3", "Repeat it until nothing moves: that is k-means, and where it starts decides where it ends.")
def one_step_of_k_means(answer):
    """(vectors (N, D), centres (k, D)) -> new centres (k, D); one without vectors stays where it is."""
    rng = np.random.default_rng(dice().randrange(10**6))
    for k, empty in ((2, False), (4, False), (3, True)):
        vectors, centres = rng.normal(size=(30, 3)), rng.normal(size=(k, 3))
        centres[-1] += 50 * empty

        def means(nearest, vectors=vectors, centres=centres):
            some = [vectors[nearest == g] for g in range(len(centres))]
            return np.array([v.mean(0) if len(v) else c for v, c in zip(some, centres, strict=True)])

        likest = (vectors @ centres.T).argmax(1)
        distances = ((vectors[:, None] - centres) ** 2).sum(-1)  # (N, k)
        said = as_array(answer(vectors.copy(), centres.copy()))
        expect(said.shape != (30,), "those are labels: return the new centres.")
        expect(len(said) == k, f"there were {k} centres, and {len(said)} came back. One for each, please.")
        expect(not np.isnan(said).any(), "a centre without vectors became nan: leave it where it was.")
        mistakes = {
            "the centres have not moved.": centres,
            "a centre should be the mean of its own vectors, not of all.": np.tile(vectors.mean(0), (k, 1)),
            "nearest is the smallest distance, not the greatest dot product.": means(likest),
            "those are the farthest centres, not the nearest.": means(distances.argmax(1)),
        }
        rest = f"each vector goes to its nearest centre; the means of them, {(k, 3)}, are the new centres."
        compare(said, means(distances.argmin(1)), mistakes, rest)


@exercise(
    "6.4", "Choosing what to look at is the larger half of sorting: the groups come almost by themselves."
)
def vectors_of_your_own(answer):
    """Captions (N) -> vectors (N, D) that sort better than word counts do, by 0.2 of ARI."""
    yours, plain = [], []
    for i in range(3):  # always the same scenes: near the bar, others would turn the verdict
        captions, places = read_scenes(240, f"sort {7 * i}")
        vectors = answer(list(captions))
        vectors = vectors.toarray() if hasattr(vectors, "toarray") else vectors  # scikit-learn's are sparse
        vectors = as_array(vectors, float)
        rows = vectors.ndim == 2 and len(vectors) == 240
        expect(rows, f"one row a caption: (240, D), not {vectors.shape}.")
        expect(np.isfinite(vectors).all(), "there are numbers in it that are not finite.")
        expect(len(np.unique(vectors, axis=0)) > 1, "all captions have the same vector.")
        counts = CountVectorizer().fit_transform(captions).toarray()
        for values, rows in ((yours, vectors), (plain, counts)):
            values.append(agreement(cluster_vectors(rows, len(PLACES)).labels, places)["ARI"])
    said = f"your ARI is {np.mean(yours):.2f}, that of plain word counts {np.mean(plain):.2f}"
    expect(np.mean(yours) >= np.mean(plain) + 0.2, f"{said}: which words say nothing about the place?")
