"""Sorting captions into groups: words to vectors, vectors to groups, groups to names.

    captions ─ tfidf_vectors ─► (N, D) ─ choose_k, k_means ─► labels (N,) ─ name_groups ─► names (k)

Each step is a small function; swap any of them for one of your own. `cluster_captions` runs them all.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.manifold import TSNE
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from helpers.base.errors import UserError
from helpers.base.files import whole_file
from helpers.sort.grouping import MOST_GROUPS, choose_k, hdbscan, k_means, middles, nearest
from helpers.sort.naming import REST, name_groups, reason
from helpers.sort.vectors import WordVectors, content_words, tfidf_vectors

FORMAT = "show-tell-sort groups 1"
ARRAYS = ("labels", "vectors", "coherence", "centres", "matrix")


@dataclass
class Directions:
    """Vectors (M, F) of length one, seen along D directions: (M, D)."""

    matrix: np.ndarray  # (F, D)

    def transform(self, vectors) -> np.ndarray:
        """Vectors (M, F) -> (M, D)."""
        return normalize(np.asarray(vectors, dtype=np.float64)) @ self.matrix


@dataclass
class Clusters:
    """Groups, the largest first; "Everything else", if there is such a group, comes last."""

    labels: np.ndarray  # (N,) int, the group of each caption
    names: list[str]  # (k) like album titles, all different
    vectors: np.ndarray  # (N, D)
    words: list[list[tuple[str, float]]]  # (k) the words that set each group apart, with weights, best first
    central: list[int]  # (k) index of the caption nearest to the middle of its group
    coherence: np.ndarray  # (k,) how alike a group is: mean cosine of its members with their mean, at most 1
    centres: np.ndarray  # (k, D)
    space: WordVectors | Directions  # what made the vectors
    captions: list[str] = field(default_factory=list)  # (N), or none if the groups were made without
    silhouettes: dict[int, float] = field(default_factory=dict)  # k -> value, empty if k was given

    @property
    def k(self) -> int:
        """How many groups there are."""
        return len(self.names)

    def predict(self, new) -> np.ndarray:
        """The group of each new caption, (M,) int; of each new vector, if the groups were made of vectors.

        The group with the nearest middle. What has no known word goes to "Everything else" if that is there.
        """
        vectors = self.space.transform(new)
        rest = self.k > 1 and self.names[-1] == REST
        labels = nearest(vectors, self.centres[: self.k - rest])
        return np.where(vectors.any(1), labels, self.k - 1) if rest else labels

    def why(self, i: int) -> str:
        """A sentence on why caption `i` is where it is: the telling words that it shares with its group."""
        if not self.captions:
            raise UserError(
                "These groups were made without captions: there are no words to give as a reason."
            )
        return reason(self.captions[i], self.names[self.labels[i]], self.words[self.labels[i]])

    def save(self, path: str | Path) -> None:
        """Write all of it into one file (.npz, numbers and JSON), also what `predict` needs."""
        text = {
            name: getattr(self, name) for name in ("names", "words", "central", "captions", "silhouettes")
        }
        text |= {"format": FORMAT, "known": getattr(self.space, "words", None)}
        arrays = {name: getattr(self, name) for name in ARRAYS[:-1]} | {"matrix": self.space.matrix}
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(Path(path)) as partial, partial.open("wb") as file:
            np.savez_compressed(file, text=np.frombuffer(json.dumps(text).encode(), np.uint8), **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "Clusters":
        """Read what `save` wrote. UserError if the file is missing, damaged or something else."""
        if not Path(path).is_file():
            raise UserError(f"There are no groups at {path}: save them there first, or check the path.")
        try:
            with np.load(path, allow_pickle=False) as saved:  # a zip file: it checks its own sums
                text = json.loads(saved["text"].tobytes())
                arrays = {name: saved[name] for name in ARRAYS}
            if text.pop("format") != FORMAT:
                raise ValueError("another format")
        except Exception as error:
            raise UserError(
                f"{path} holds no groups or is damaged ({error}): make and save them anew."
            ) from None
        matrix, known = arrays.pop("matrix"), text.pop("known")
        text["words"] = [[(word, weight) for word, weight in table] for table in text["words"]]
        text["silhouettes"] = {int(k): value for k, value in text["silhouettes"].items()}
        return cls(
            space=Directions(matrix) if known is None else WordVectors(known, matrix), **arrays, **text
        )


def cluster_captions(
    captions: list[str], k: int | None = None, seed: int = 0, vectors=None, method=k_means
) -> Clusters:
    """Sort captions into `k` groups, or into as many as the silhouette favours.

    vectors: word vectors of your choice, as `sif_vectors` makes them, or an array (N, F), one row a caption,
    for instance `together(…)`; `tfidf_vectors` by default. method: `k_means` (default), `agglomerative` or
    `hdbscan`, which finds k itself.

    The same captions and seed give the same groups in whatever order they come. Captions without a known word
    go to "Everything else", which is one of the k. Captions with the same words share a group, so there may
    be fewer than `k`. UserError if there are no captions, if one is no string, if vectors do not fit, or if
    k is not between 1 and their number.
    """
    if isinstance(captions, str) or not all(isinstance(caption, str) for caption in captions):
        raise UserError("cluster_captions takes a list of sentences, one string for each picture.")
    captions = list(captions)
    _check(len(captions), k, "captions")
    if vectors is None or isinstance(vectors, WordVectors):
        order = np.array(sorted(range(len(captions)), key=captions.__getitem__))
        documents = [content_words(captions[i]) for i in order]
        space = vectors or tfidf_vectors(documents, seed)
        rows = space.of(documents)
    else:
        order, space, rows = _reduced(vectors, seed, captions)
        documents = [content_words(captions[i]) for i in order]
    return _grouped(order, rows, space, [captions[i] for i in order], documents, k, seed, method)


def cluster_vectors(vectors, k: int | None = None, seed: int = 0, method=k_means) -> Clusters:
    """Sort any vectors (N, F), such as an encoder's, into groups: what the pixels alone would say.

    Rows are scaled to length one and reduced to at most 50 dimensions first. The groups are called "Group 1",
    "Group 2" … and have no words. Raises UserError as `cluster_captions` does.
    """
    _check(len(vectors), k, "vectors")
    order, space, rows = _reduced(vectors, seed)
    return _grouped(order, rows, space, [], [], k, seed, method)


def map_2d(vectors, seed: int = 0) -> np.ndarray:
    """Lay vectors out on a plane for a plot, (N, D) -> (N, 2): t-SNE above 50, PCA otherwise."""
    vectors = np.asarray(vectors, dtype=np.float64)
    if np.ptp(vectors, axis=0).max() < 1e-9:
        return np.zeros((len(vectors), 2))  # all in one place: there is nothing to lay out
    if len(vectors) > 50 and vectors.shape[1] > 1:
        with threadpool_limits(1):
            perplexity = min(30, len(vectors) / 4)
            return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(vectors)
    flat = PCA(min(2, *vectors.shape)).fit_transform(vectors)
    return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))


def _check(n: int, k: int | None, what: str) -> None:
    if n == 0:
        raise UserError(f"There are no {what} to sort: give at least one.")
    if k is not None and not 1 <= k <= n:
        raise UserError(f"k = {k} groups cannot be made of {n} {what}: choose k between 1 and {n}.")


def _reduced(vectors, seed, captions=()):
    """An order that does not depend on how they came, their directions, and the rows (N, D) in that order."""
    vectors = np.asarray(vectors, dtype=np.float64)  # (N, F)
    hint = f" There are {len(captions)} captions." if captions else ""
    if vectors.ndim != 2 or not np.isfinite(vectors).all() or (captions and len(vectors) != len(captions)):
        raise UserError(
            f"Vectors are finite numbers (N, F), one row for each of N, not {vectors.shape}.{hint}"
        )
    order = np.lexsort(vectors.T[::-1])
    order = order[np.argsort(np.array(captions)[order], kind="stable")] if captions else order
    space = Directions(np.eye(vectors.shape[1]))
    if vectors.shape[1] > 50:
        svd = TruncatedSVD(50, random_state=seed).fit(space.transform(vectors[order]))
        space = Directions(svd.components_.T)
    return order, space, space.transform(vectors[order])


def _label(vectors, k, seed, method):
    """Labels (N,) with -1 for what fits nowhere, centres, silhouettes {k: value}."""
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


def _grouped(order, vectors, space, captions, documents, k, seed, method) -> Clusters:
    """Groups by decreasing size, then name, the rest last; captions in the order in which they were given."""
    labels, centres, silhouettes = _label(vectors, k, seed, method)
    rest = len(centres) if (labels < 0).any() else None
    if rest is not None:
        labels = np.where(labels < 0, rest, labels)
        centres = np.vstack([centres, np.zeros((1, vectors.shape[1]))])
    names, words = [""] * len(centres), [[] for _ in centres]
    if captions:
        names, words = name_groups(captions, documents, labels, rest)
    sizes = np.bincount(labels, minlength=len(centres))
    groups = sorted(range(len(centres)), key=lambda g: (g == rest, -sizes[g], names[g]))
    if not captions:
        names = {g: REST if g == rest else f"Group {i + 1}" for i, g in enumerate(groups)}
    means = normalize(middles(vectors, labels))[labels]  # (N, D)
    distance = ((vectors - centres[labels]) ** 2).sum(1)
    members = [np.flatnonzero(labels == g) for g in groups]
    back = np.argsort(order)
    return Clusters(
        labels=np.argsort(groups)[labels][back],
        names=[names[g] for g in groups],
        vectors=vectors[back],
        words=[words[g] for g in groups],
        central=[int(order[some[distance[some].argmin()]]) for some in members],
        coherence=(np.bincount(labels, (vectors * means).sum(1)) / sizes)[groups],
        centres=centres[groups],
        space=space,
        captions=[captions[i] for i in back] if captions else [],
        silhouettes=silhouettes,
    )
