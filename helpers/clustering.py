"""Sorting captions into groups: words to vectors, vectors to groups, groups to names.

    captions ─ tfidf_vectors ─► (N, D) ─ choose_k, k-means ─► labels (N,) ─ c-TF-IDF ─► names (k)

Each step is a small function; swap any of them for one of your own. `cluster_captions` runs them all.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, pairwise

import numpy as np
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.manifold import TSNE
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score
from sklearn.metrics.cluster import contingency_matrix
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer
from threadpoolctl import threadpool_limits

from helpers.common import UserError, progress

REST = "Everything else"  # the name of a group whose captions have no telling word
MOST_GROUPS = 20  # choose_k looks no further
SAMPLE = 5_000  # choose_k looks at no more captions than this

# Words that describe what is seen but do not say what the picture is about.
FILLER = """
    red orange yellow green blue purple pink brown black white grey gray golden tan colorful colourful big
    large small little tiny huge tall short long young old bright dark light different various several sit
    sits sitting stand stands standing look looks looking hold holds holding wear wears wearing dressed
    shirt shirts jacket jackets clothes clothing covered topped filled person people group couple bunch
    lot piece area thing picture photo photograph image view scene background foreground camera middle
    left right near next doing unk
"""
STOP_WORDS = (ENGLISH_STOP_WORDS - {"fire", "mill", "cry"}) | set(FILLER.split())  # those three can be seen
PLURALS = {"children": "child", "leaves": "leaf", "geese": "goose", "buses": "bus"}
_WORD = re.compile(r"[^\W\d_]{2,}")  # two letters or more, of any alphabet


@dataclass
class Clusters:
    """Groups, the largest first."""

    labels: np.ndarray  # (N,) int, the group of each caption
    names: list[str]  # (k) like album titles, all different
    vectors: np.ndarray  # (N, D)
    words: list[list[tuple[str, float]]]  # (k) the words that set each group apart, with weights, best first
    central: list[int]  # (k) index of the caption nearest to the middle of its group
    centres: np.ndarray  # (k, D)
    pipeline: Pipeline  # what made the vectors
    silhouettes: dict[int, float] = field(default_factory=dict)  # k -> value, empty if k was given

    @property
    def k(self) -> int:
        """How many groups there are."""
        return len(self.names)

    def predict(self, captions) -> np.ndarray:
        """The group of each new caption (or, after `cluster_vectors`, of each new vector), (M,) int."""
        return _nearest(self.pipeline.transform(captions), self.centres)


def cluster_captions(captions: list[str], k: int | None = None, seed: int = 0) -> Clusters:
    """Sort captions into `k` groups, or into as many as the silhouette favours.

    The same captions and seed give the same groups in whatever order they come. Captions with the same
    telling words share a group, so there may be fewer than `k`; so do those without any ("Everything else").

    Raises UserError if there are no captions, if one is no string, or if k is not between 1 and their number.
    """
    if isinstance(captions, str) or not all(isinstance(caption, str) for caption in captions):
        raise UserError("cluster_captions takes a list of sentences, one string for each picture.")
    captions = list(captions)
    _check(len(captions), k, "captions")
    order = np.array(sorted(range(len(captions)), key=captions.__getitem__))
    ordered = [captions[i] for i in order]
    pipeline, vectors = tfidf_vectors(ordered, seed)
    labels, centres, silhouettes = _group(vectors, k, seed)
    words = telling_words([content_words(caption) for caption in ordered], labels)
    words = _spelt(words, ordered)
    names = _titles(words, labels, ordered)
    return _in_order(order, labels, names, vectors, words, centres, pipeline, silhouettes)


def cluster_vectors(vectors, k: int | None = None, seed: int = 0) -> Clusters:
    """Sort any vectors (N, D), such as an encoder's features, into groups: what the pixels alone would say.

    Rows are scaled to length one and reduced to at most 50 dimensions first. The groups are called "Group 1",
    "Group 2" … and have no words. Raises UserError as `cluster_captions` does.
    """
    vectors = np.asarray(vectors, dtype=np.float64)  # (N, D)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise UserError(f"cluster_vectors takes finite numbers (N, D), not {vectors.shape} or infinite ones.")
    _check(len(vectors), k, "vectors")
    order = np.lexsort(vectors.T[::-1])
    reduce = TruncatedSVD(50, random_state=seed) if vectors.shape[1] > 50 else "passthrough"
    pipeline = make_pipeline(Normalizer(), reduce)
    reduced = pipeline.fit_transform(vectors[order])
    labels, centres, silhouettes = _group(reduced, k, seed)
    names, words = [""] * len(centres), [[] for _ in centres]
    clusters = _in_order(order, labels, names, reduced, words, centres, pipeline, silhouettes)
    clusters.names = [f"Group {i + 1}" for i in range(len(centres))]
    return clusters


def content_words(caption: str) -> list[str]:
    """The words that say what a caption is about, plurals folded: `"Two red Dogs"` -> `["dog"]`."""
    return [singular(word) for word in _WORD.findall(caption.lower()) if word not in STOP_WORDS]


def singular(word: str) -> str:
    """Fold a plural onto its singular by its ending: dogs, puppies, beaches. Now and then off by a letter."""
    if word in PLURALS:
        return PLURALS[word]
    if word.endswith("men"):
        return word[:-2] + "an"
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]


def tfidf_vectors(captions: list[str], seed: int = 0, dimensions: int = 20) -> tuple[Pipeline, np.ndarray]:
    """Turn captions into vectors of length one: a fitted pipeline and its vectors (N, D).

    TF-IDF of the content words, reduced to at most `dimensions` by a truncated SVD (latent semantic analysis,
    Deerwester et al. 1990): what remains are the words that keep company, so captions of one place come close
    even if they name it differently. A caption without known words becomes zeros.
    """
    rare = 2 if len(captions) >= 50 else 1  # where there are many captions, a word seen once joins nothing
    counts = Counter(word for caption in captions for word in set(content_words(caption)))
    words = sum(count >= rare for count in counts.values())
    if words == 0:
        pipeline = make_pipeline(FunctionTransformer(lambda captions: np.zeros((len(captions), 1))))
    else:
        tfidf = TfidfVectorizer(analyzer=content_words, sublinear_tf=True, min_df=rare)
        svd = TruncatedSVD(dimensions, random_state=seed)
        reduce = svd if words > dimensions else FunctionTransformer(csr_array.toarray)
        pipeline = make_pipeline(tfidf, reduce, Normalizer())
    return pipeline, pipeline.fit_transform(captions)


def choose_k(vectors: np.ndarray, ks, seed: int = 0) -> tuple[int, dict[int, float]]:
    """The best k, and the mean silhouette (Rousseeuw 1987) of each k: {k: -1 … 1}.

    Captions combine a few things freely ("a dog on the beach", "a dog in the park"), so splitting further
    often gains a little more without end. Then the best k is the knee of the curve, the point highest above
    the straight line from its first to its greatest value (Satopää et al. 2011), if it stands out by more
    than a fifth of the whole rise; otherwise it is the k of the greatest value.
    """
    if len(vectors) > SAMPLE:
        vectors = vectors[np.sort(np.random.default_rng(seed).choice(len(vectors), SAMPLE, replace=False))]
    values = {}
    for k in progress(ks, "choosing k"):
        labels, _ = k_means(vectors, k, seed, runs=20)
        values[k] = float(silhouette_score(vectors, labels)) if labels.any() else -1.0
    best = max(values, key=values.get)
    first, rising = min(values), [k for k in values if k <= best]
    line = np.interp(rising, [first, best], [values[first], values[best]])
    heights = np.array([values[k] for k in rising]) - line
    stands_out = heights.max() > (values[best] - values[first]) / 5
    return rising[heights.argmax()] if stands_out else best, values


def k_means(vectors: np.ndarray, k: int, seed: int = 0, runs: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """The best of several runs of Lloyd's k-means: labels (N,) and centres (k, D).

    Captions lie in heaps that touch: a single run often divides them poorly. Large sets get fewer.
    """
    runs = int(np.clip(50_000 // len(vectors), 10, runs))
    with threadpool_limits(1):  # faster for matrices this small, and the same on every machine
        centres = KMeans(k, n_init=runs, random_state=seed).fit(vectors).cluster_centers_
    used, labels = np.unique(_nearest(vectors, centres), return_inverse=True)
    return labels, centres[used]


def telling_words(documents: list[list[str]], labels, n: int = 10) -> list[list[tuple[str, float]]]:
    """For each group its n most telling words with weights: class-based TF-IDF (Grootendorst 2022).

    Weight of word w in group g: the share of g's captions that have w, times log(1 + A / f), where f is the
    number of captions that have w and A the mean number of words in a group.
    """
    counts = [Counter() for _ in range(labels.max() + 1)]
    for document, label in zip(documents, labels, strict=True):
        counts[label].update(set(document))
    overall = sum(counts, Counter())
    mean_words = overall.total() / len(counts)
    sizes = np.bincount(labels)
    tables = []
    for count, size in zip(counts, sizes, strict=True):
        rarity = {word: float(np.log(1 + mean_words / overall[word])) for word in count}
        weights = {word: c / size * rarity[word] for word, c in count.items()}
        tables.append(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:n])
    return tables


def agreement(labels, truth) -> dict[str, float]:
    """How well groups agree with the truth: adjusted Rand index (0 is chance), NMI, purity; 1 is perfect."""
    labels, truth = list(labels), list(truth)
    if not labels or len(labels) != len(truth):
        raise UserError(f"{len(labels)} labels, but {len(truth)} truths to compare: give one for each.")
    return {
        "ARI": float(adjusted_rand_score(truth, labels)),
        "NMI": float(normalized_mutual_info_score(truth, labels)),
        "purity": float(contingency_matrix(truth, labels).max(0).sum() / len(labels)),
    }


def map_2d(vectors, seed: int = 0) -> np.ndarray:
    """Lay vectors out on a plane for a plot, (N, D) -> (N, 2): t-SNE above 50, PCA otherwise."""
    vectors = np.asarray(vectors, dtype=np.float64)
    if np.ptp(vectors, axis=0).max() < 1e-9:
        return np.zeros((len(vectors), 2))  # all in one place: there is nothing to lay out
    if len(vectors) > 50 and vectors.shape[1] > 1:
        with threadpool_limits(1):
            return TSNE(perplexity=min(30, len(vectors) / 4), init="pca", random_state=seed).fit_transform(
                vectors
            )
    flat = PCA(min(2, *vectors.shape)).fit_transform(vectors)
    return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))


def _check(n: int, k: int | None, what: str) -> None:
    if n == 0:
        raise UserError(f"There are no {what} to sort: give at least one.")
    if k is not None and not 1 <= k <= n:
        raise UserError(f"k = {k} groups cannot be made of {n} {what}: choose k between 1 and {n}.")


def _group(vectors, k, seed):
    """Labels (N,), centres (k, D), silhouettes {k: value}."""
    different = len(np.unique(vectors.round(6), axis=0))
    silhouettes = {}
    if k is None and different <= 2:
        k = different
    elif k is None:
        most = max(2, min(MOST_GROUPS, different - 1, len(vectors) // 4))
        k, silhouettes = choose_k(vectors, range(2, most + 1), seed)
    labels, centres = k_means(vectors, min(k, different), seed)
    return labels, centres, silhouettes


def _nearest(vectors, centres) -> np.ndarray:
    distances = (centres**2).sum(1) - 2 * vectors @ centres.T  # (N, k), less each row's own |v|²
    return distances.argmin(1)


def _spelt(words, captions):
    """Each folded word as the captions mostly spell it: "dog", or "dogs" where there are mostly several."""
    spelt = Counter(word for caption in captions for word in _WORD.findall(caption.lower()))
    spelling = {singular(word): word for word, _ in reversed(spelt.most_common())}
    return [[(spelling[word], weight) for word, weight in table] for table in words]


def _titles(words, labels, captions) -> list[str]:
    """A title for each group out of its one to three most telling words, no two titles alike."""
    spoken = [_WORD.findall(caption.lower()) for caption in captions]
    often, pairs = Counter(chain(*spoken)), Counter(chain(*map(pairwise, spoken)))

    def join(some):
        if len(some) == 2:
            for a, b in (some, some[::-1]):  # "living room", not "room and living"
                if pairs[a, b] > min(often[a], often[b]) / 2:
                    return f"{a} {b}"
        return " and ".join([", ".join(some[:-1]), some[-1]] if len(some) > 1 else some)

    titles = [""] * len(words)
    for group in np.argsort(-np.bincount(labels), kind="stable"):
        best = [word for word, _ in words[group][:3]] or [REST.lower()]
        weights = [weight for _, weight in words[group]]
        two_strong = len(weights) > 1 and weights[1] > weights[0] / 2
        options = [join(best[:n]) for n in ([2, 1, 3] if two_strong else [1, 2, 3])]
        options += [f"{best[0]} {n}" for n in range(2, len(words) + 1)]
        titles[group] = next(option.capitalize() for option in options if option.capitalize() not in titles)
    return titles


def _in_order(order, labels, names, vectors, words, centres, pipeline, silhouettes) -> Clusters:
    """Groups by decreasing size, then name; captions in the order in which they were given."""
    sizes = np.bincount(labels, minlength=len(names))
    groups = sorted(range(len(names)), key=lambda g: (-sizes[g], names[g]))
    distance = ((vectors - centres[labels]) ** 2).sum(1)
    central = [int(order[min(np.flatnonzero(labels == g), key=distance.__getitem__)]) for g in groups]
    back = np.argsort(order)
    return Clusters(
        labels=np.argsort(groups)[labels][back],
        names=[names[g] for g in groups],
        vectors=vectors[back],
        words=[words[g] for g in groups],
        central=central,
        centres=centres[groups],
        pipeline=pipeline,
        silhouettes=silhouettes,
    )
