"""From vectors to groups: three methods, and the choice of how many groups there are.

Every method takes vectors (N, D), k and a seed, and gives labels (N,) and the groups' middles (k, D); a label
of -1 means that a vector fits nowhere. Write one of your own, and `cluster_captions(method=…)` takes it.
`group` is what `cluster_captions` calls: any of them, with a k that was given or is chosen here.
"""

import warnings

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import HDBSCAN, KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import silhouette_samples
from threadpoolctl import threadpool_limits

from helpers.base.arrays import as_array
from helpers.base.errors import UserError
from helpers.base.progress import progress
from helpers.sort.wishes import require_choice, require_method, vectors_for

MOST_GROUPS = 20  # choose_k looks no further
SAMPLE = 5_000  # choose_k looks at no more vectors than this
MANY = 50_000  # from here on k-means looks at some vectors at a time


def k_means(vectors: np.ndarray, k: int, seed: int = 0, runs: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """The best of several runs of Lloyd's k-means: labels (N,) and centres (k, D).

    Captions lie in heaps that touch: a single run often divides them poorly. Above 50,000 captions they are
    taken in small batches (Sculley 2010). Fewer different vectors than k give fewer groups.
    """
    vectors = vectors_for(vectors, k)
    # One thread: faster for matrices this small, and the same on every machine.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # "fewer different vectors than k": as promised
        if len(vectors) > MANY:
            means = MiniBatchKMeans(k, batch_size=10_000, n_init=5, random_state=seed)
        else:
            means = KMeans(k, n_init=int(np.clip(50_000 // len(vectors), 5, runs)), random_state=seed)
        centres = means.fit(vectors).cluster_centers_
    used, labels = np.unique(nearest(vectors, centres), return_inverse=True)
    return labels, centres[used]


def agglomerative(vectors: np.ndarray, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The two nearest groups become one until k are left (Ward 1963): labels (N,), middles (k, D)."""
    vectors = vectors_for(vectors, k)
    labels = fcluster(merge_tree(vectors), k, "maxclust") - 1 if len(vectors) > 1 else np.zeros(1, int)
    return labels, middles(vectors, labels)


def hdbscan(vectors: np.ndarray, k: int | None = None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Dense heaps, however many there are (Campello et al. 2013); the odd ones between them get label -1."""
    vectors, smallest = vectors_for(vectors), max(5, len(vectors) // 40)
    if len(vectors) < smallest:
        return np.full(len(vectors), -1), np.zeros((0, vectors.shape[1]))
    labels = HDBSCAN(smallest, min_samples=5, copy=True).fit_predict(vectors)
    return labels, middles(vectors, labels)


def merge_tree(vectors: np.ndarray) -> np.ndarray:
    """Ward's merges as scipy has them, (N - 1, 4), of 2 to 20,000 vectors: it takes N² / 2 distances."""
    vectors = vectors_for(vectors)
    if not 2 <= len(vectors) <= 20_000:
        raise UserError(f"{len(vectors):,} vectors make no tree of merges: take 2 to 20,000, or use k_means.")
    return linkage(vectors, "ward")


def middles(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean of each group, (k, D); rows with label -1 belong to none."""
    vectors, labels = as_array(vectors), as_array(labels)
    means = [vectors[labels == g].mean(0) for g in range(labels.max() + 1)]
    return np.array(means).reshape(-1, vectors.shape[1])


def nearest(vectors: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """For each vector the index of the nearest centre, (N,)."""
    vectors, centres = as_array(vectors), as_array(centres)
    distances = (centres**2).sum(1) - 2 * vectors @ centres.T  # (N, k), less each row's own |v|²
    return distances.argmin(1)


def choose_k(vectors: np.ndarray, ks, seed: int = 0, method=k_means) -> tuple[int, dict[int, float]]:
    """The best k, and the mean silhouette (Rousseeuw 1987) of each k: {k: -1 … 1}.

    Captions combine a few things freely ("a dog on the beach", "a dog in the park"), so splitting further
    often gains a little more without end, or nothing that is more than chance. Then the best k is the knee of
    the curve, the point highest above the straight line from its first to its last value (Satopää et al.
    2011), if it stands out by more than a fifth of the whole rise and comes no later than the greatest value;
    otherwise the smallest k whose value is within a standard error of the greatest: few captions tell little.
    """
    vectors, ks = vectors_for(vectors), [*ks]
    require_choice(vectors, ks)
    if len(vectors) > SAMPLE:
        vectors = vectors[np.sort(np.random.default_rng(seed).choice(len(vectors), SAMPLE, replace=False))]
    values, errors = {}, {}
    for k in progress(ks, "choosing k"):
        labels, _ = method(vectors, k, seed)
        each = silhouette_samples(vectors, labels) if labels.any() else np.array([-1.0])  # (N,)
        values[k], errors[k] = float(each.mean()), each.std() / len(each) ** 0.5
    best = max(values, key=values.get)
    first, last, rising = min(values), max(values), [k for k in values if k <= best]
    line = np.interp(rising, [first, last], [values[first], values[last]])
    heights = np.array([values[k] for k in rising]) - line
    stands_out = heights.max() > (values[best] - values[first]) / 5
    enough = next(k for k in sorted(values) if values[k] >= values[best] - errors[best])
    return rising[heights.argmax()] if stands_out else enough, values


def group(vectors: np.ndarray, k: int | None = None, seed: int = 0, method=k_means):
    """Labels (N,), -1 for what fits nowhere; middles (k, D); the silhouettes {k: value}, if k was to choose.

    A vector of zeros, which has no known word, fits nowhere. Fewer different vectors than k: fewer groups.
    """
    vectors = vectors_for(vectors, k)
    require_method(method, seed)
    told, silhouettes = vectors.any(1), {}
    some = vectors[told]
    different = len(np.unique(some.round(6), axis=0))
    if told.any() and (k == 1 or (different == 1 and told.all())):
        return np.zeros(len(vectors), int), vectors.mean(0, keepdims=True), silhouettes
    labels, centres = np.full(len(vectors), -1), vectors[:0]
    if k is not None:
        k = min(k - (not told.all()), different)
    elif method is not hdbscan and different > 2:
        most = max(2, min(MOST_GROUPS, different - 1, len(some) // 4))
        k, silhouettes = choose_k(some, range(2, most + 1), seed, method)
    if different:
        labels[told], centres = method(some, k or different, seed)
    return labels, centres, silhouettes
