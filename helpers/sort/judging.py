"""How good are groups? Against the truth where there is some, against themselves where there is none."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from helpers.base.arguments import require_whole
from helpers.base.arrays import as_array, as_vectors
from helpers.base.errors import UserError
from helpers.base.progress import progress
from helpers.sort.grouping import SAMPLE, k_means, nearest
from helpers.sort.vectors import content_words


def agreement(labels, truth) -> dict[str, float]:
    """How well groups agree with the truth, in four ways; 1 is perfect.

    ARI: of all pairs of pictures, how many are together or apart in both; 0 is chance (Hubert, Arabie 1985).
    NMI: what one sorting tells about the other. purity: the share of pictures whose group is mostly of their
    kind; many small groups make it cheap. accuracy: the share that is right when every kind gets one group of
    its own, in the best way (Kuhn 1955).
    """
    labels, truth = as_array(labels), as_array(truth)
    if labels.ndim != 1 or truth.ndim != 1 or not labels.size or labels.size != truth.size:
        raise UserError(f"{labels.size} labels, but {truth.size} truths to compare: give one for each.")
    if any(value is None for value in [*labels, *truth]):
        raise UserError("Some pictures have no true label (None): compare only those that have one.")
    table = contingency_matrix(truth, labels)  # (kinds, groups)
    return {
        "ARI": float(adjusted_rand_score(truth, labels)),
        "NMI": float(normalized_mutual_info_score(truth, labels)),
        "purity": float(table.max(0).sum() / len(labels)),
        "accuracy": float(table[linear_sum_assignment(-table)].sum() / len(labels)),
    }


def coverage(clusters) -> np.ndarray:
    """How well the names of `Clusters` of captions fit, (k, 2).

    The share of a group's captions that have a word of its name, and that of all other captions.
    """
    said = [set(content_words(caption)) for caption in clusters.captions]
    rows = []
    for group, name in enumerate(clusters.names):
        telling = content_words(name)
        fits = np.array([not words.isdisjoint(telling) for words in said])
        own = clusters.labels == group
        rows.append([fits[own].mean(), fits[~own].mean() if own.sum() < len(own) else 0.0])
    return np.array(rows)


def over_seeds(group, truth, seeds=range(5)) -> dict[str, tuple[float, float]]:
    """`agreement` of the labels that `group(seed)` gives, as {measure: (mean, standard deviation)}."""
    rows = [agreement(group(seed), truth) for seed in seeds]
    if not rows:
        raise UserError("seeds has none in it: give one or more, such as range(5).")
    values = {measure: [row[measure] for row in rows] for measure in rows[0]}
    return {measure: (float(np.mean(some)), float(np.std(some))) for measure, some in values.items()}


def stability(vectors: np.ndarray, k: int, seed: int = 0, pairs: int = 5, method=k_means) -> float:
    """Would other pictures have given the same groups? Mean ARI between groupings of bootstrap samples.

    Twice draw N of the vectors (N, D) with repetition, group each draw, give every vector the group with the
    nearest middle, compare; the mean over `pairs` such pairs (Ben-Hur et al. 2002, Hennig 2007). 1: always
    the same groups. How captions became vectors is not redone. Of more than 5,000, 5,000 are drawn.
    """
    vectors = as_vectors(vectors)
    require_whole(1, len(vectors), k=k)
    require_whole(pairs=pairs)
    draw, values = np.random.default_rng(seed), []
    size = min(len(vectors), SAMPLE)
    for pair in range(pairs):
        both = []
        for i in range(2):
            some = np.sort(draw.integers(len(vectors), size=size))
            _, centres = method(vectors[some], min(k, len(np.unique(some))), 2 * pair + i + seed)
            both.append(nearest(vectors, centres))
        values.append(adjusted_rand_score(*both))
    return float(np.mean(values))


def stabilities(vectors: np.ndarray, ks, seed: int = 0, method=k_means) -> dict[int, float]:
    """`stability` for each k that is not above the number of vectors: a second opinion on how many groups."""
    ks = [k for k in ks if k <= len(vectors)]
    return {k: stability(vectors, k, seed, method=method) for k in progress(ks, "stability")}
