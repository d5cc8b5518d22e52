"""The checks of the exercises of 06: how to sort captions."""

from collections import Counter
from statistics import fmean

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from helpers.base.arrays import as_array
from helpers.scenes.catalogue import PLACES
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.sort.judging import agreement
from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import Hint, ambiguous, as_number, compare, dice, expect


def read_scenes(n: int = 240, name: str = "practice") -> tuple[list[str], list[str]]:
    """The first caption of each practice scene, and the places."""
    scenes = practice(n, name)
    return [scene.captions[0] for scene in scenes], [scene.truth["place"] for scene in scenes]


@exercise("6.1", "The grammar leaves the place out now and then, and nobody can sort by what was not said.")
def agreement_of_sentences(answer):
    """ARI of groups made of the grammar's captions, k = 12."""
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
        names = chance.sample(range(5, 60), 4)
        labels = [names[chance.randrange(4) if chance.random() < 0.5 else len(kind) % 4] for kind in truth]
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
            "that is in per cent; we ask for a share.": right * 100,
            "the most frequent kind of a group counts, even if it is less than half of it.": halves,
        }
        if ambiguous(right, mistakes):
            continue
        said = as_number(answer(list(labels), list(truth)))
        compare(said, right, mistakes, f"groups {labels} of {truth} should give {right:.3g}, not {said:.3g}.")


@exercise("6.3", "A word that all have weighs nothing: nobody had to write a list of such words.")
def weights_of_words(answer):
    """Captions, each a list of words -> for each {word: times in it × log(N / captions that have it)}."""
    chance = dice()
    for n in (4, 7, 12):
        captions = [
            ["a", *chance.choices(["dog", "sea", "seat", "red", "redder"], k=chance.randint(2, 6))]
            for _ in range(n)
        ]
        captions[0] += ["kite", "kite", "sea"]  # one word that is in a single caption, and twice
        words = sorted({word for caption in captions for word in caption})
        times = np.array([[caption.count(word) for word in words] for caption in captions])  # (N, V)
        has = (times > 0).sum(0)  # (V,)
        right = times * np.log(n / has)
        mistakes = {
            "a word that a caption says twice counts twice in it.": (times > 0) * np.log(n / has),
            "count the captions that have a word, not how often it is said.": times
            * np.log(n / times.sum(0)),
            "where is the logarithm?": times * (n / has),
            "the other way around: the rarer a word, the more it weighs.": times * np.log(has / n),
            "take the natural logarithm, as `math.log` and `np.log` do.": times * np.log10(n / has),
            "take the natural logarithm, not the one to base 2.": times * np.log2(n / has),
            "that has been smoothed, as scikit-learn does it; here it is plainly log(N / n).": times
            * (1 + np.log((1 + n) / (1 + has))),
            "multiply by how often the caption has the word, not by a share of its words.": right
            / times.sum(1, keepdims=True),
            "those are counts: what is rare should weigh more.": times,
        }
        if ambiguous(right, mistakes):
            continue
        said = answer([list(caption) for caption in captions])
        dicts = isinstance(said, (list, tuple)) and all(isinstance(each, dict) for each in said)
        expect(dicts and len(said) == n, f"return a list of {n} dictionaries, one for each caption.")
        foreign = {
            word for each, caption in zip(said, captions, strict=True) for word in {*each} - {*caption}
        }
        expect(not foreign, f"a caption has weights for {foreign}, which it does not say.")
        said = np.array([[as_number(each.get(word, 0)) for word in words] for each in said])
        compare(
            said, right, mistakes, f"of {captions[0]}, one of {n}, the weights should be others. {REMINDER}"
        )


REMINDER = "Times in the caption × log(number of captions / captions that have the word)."
PROBES = [
    "A red dog is sitting on the beach.",
    "A blue cat is sleeping on the beach.",
    "A red dog is sitting in the kitchen.",
]


@exercise(
    "6.4", "Choosing what to look at is the larger half of sorting: the groups come almost by themselves."
)
def vectors_of_your_own(answer):
    """Captions (N) -> vectors (N, D) that sort better than word counts do, by 0.25 of ARI."""
    yours, plain = [], []
    for i in range(3):  # always the same scenes: near the bar, others would turn the verdict
        captions, places = read_scenes(240, f"sort {7 * i}")
        order = dice().sample(range(240), 240)  # what is known of a scene by its number helps nobody
        captions, places = [captions[j] for j in order], [places[j] for j in order]
        vectors = vectors_from(answer, captions)
        counts = CountVectorizer().fit_transform(captions).toarray()
        for values, rows in ((yours, vectors), (plain, counts)):
            values.append(agreement(cluster_vectors(rows, len(PLACES)).labels, places)["ARI"])
    if np.mean(yours) < np.mean(plain) + 0.25:
        said = f"your ARI is {np.mean(yours):.2f}, that of plain word counts {np.mean(plain):.2f}"
        empty = int((~vectors.any(1)).sum())
        expect(
            empty < 24, f"{said}: {empty} of 240 captions have zeros only. What do they say of their place?"
        )
        beach, other, kitchen = normalize(vectors_from(answer, [*captions, *PROBES])[-3:])
        here, there = (
            "“{}” is more like “{}” than like “{}”".format(*(PROBES[i] for i in (0, 2, 1))),
            beach @ kitchen,
        )
        expect(there < beach @ other, f"{said}. To yours {here}: who is there outweighs the place.")
        raise Hint(f"{said}: which words say nothing about the place, and which say it in other words?")


def vectors_from(answer, captions: list[str]) -> np.ndarray:
    """What the answer makes of captions, (N, D), if it has the right shape."""
    vectors = answer(list(captions))
    vectors = vectors.toarray() if hasattr(vectors, "toarray") else vectors  # scikit-learn's are sparse
    vectors = as_array(vectors, float)
    rows = vectors.ndim == 2 and len(vectors) == len(captions)
    expect(rows, f"one row a caption: ({len(captions)}, D), not {vectors.shape}.")
    expect(np.isfinite(vectors).all(), "there are numbers in it that are not finite.")
    expect(len(np.unique(vectors, axis=0)) > 1, "all captions have the same vector.")
    return vectors
