"""Sorting captions into groups: words to vectors, vectors to groups, groups to names.

    captions ─ cut ─► words ─ tfidf_vectors ─► (N, D) ─ group ─► labels (N,) ─ name_groups ─► names (k)

Each step is a small function; swap any of them for one of your own. `cluster_captions` runs them all.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.preprocessing import normalize

from helpers.base.arguments import as_path, file_to_write, require_whole, text_list
from helpers.base.arrays import as_vectors
from helpers.base.errors import UserError
from helpers.sort.grouping import group, k_means, middles, nearest
from helpers.sort.groups_file import read_groups, write_groups
from helpers.sort.naming import REST, name_groups, reason, tally
from helpers.sort.vectors import Directions, WordVectors, cut, directions, tfidf_vectors


@dataclass
class Clusters:
    """Groups, the largest first; "Others", if there is such a group, comes last."""

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

        The group with the nearest middle. What has no known word goes to "Others" if that is there.
        """
        if isinstance(new, str | dict) or not hasattr(new, "__iter__"):
            raise UserError("predict takes a list, also for a single one: [caption].")
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
        require_whole(-len(self.captions), len(self.captions) - 1, i=i)
        return reason(self.captions[i], self.names[self.labels[i]], self.words[self.labels[i]])

    def save(self, path: str | Path) -> None:
        """Write all of it into one file (.npz, numbers and JSON), also what `predict` needs."""
        write_groups(file_to_write(path), vars(self))

    @classmethod
    def load(cls, path: str | Path) -> "Clusters":
        """Read what `save` wrote. UserError if the file is missing, damaged or something else."""
        return cls(**read_groups(as_path(path)))


def cluster_captions(
    captions: list[str], k: int | None = None, seed: int = 0, vectors=None, method=k_means
) -> Clusters:
    """Sort captions into `k` groups, or into as many as the silhouette favours.

    vectors: word vectors of your choice, as `sif_vectors` makes them, or an array (N, F), one row a caption,
    for instance `together(…)`; `tfidf_vectors` by default. method: `k_means` (default), `agglomerative` or
    `hdbscan`, which finds k itself.

    The same captions and seed give the same groups in whatever order they come. Captions without a known word
    go to "Others", which is one of the k. Captions with the same words share a group, so there may be fewer
    than `k`. UserError if there are none, if one is no string, if vectors do not fit, or if k is too large.
    """
    captions = text_list(captions)
    require_groups(len(captions), k, "captions")
    if vectors is None or isinstance(vectors, WordVectors):
        order = np.array(sorted(range(len(captions)), key=captions.__getitem__))
        said = [cut(captions[i]) for i in order]  # once: vectors and names are made of the same words
        space = vectors or tfidf_vectors(said, seed)
        rows = space.transform(said)  # (N, D)
    else:
        order, space, rows = reduced(vectors, seed, captions)
        said = [cut(captions[i]) for i in order]
    return clusters_of(group(rows, k, seed, method), rows, space, order, said, captions)


def cluster_vectors(vectors, k: int | None = None, seed: int = 0, method=k_means) -> Clusters:
    """Sort any vectors (N, F), such as an encoder's, into groups: what the pixels alone would say.

    Rows are scaled to length one and reduced to at most 50 dimensions first. The groups are called "Group 1",
    "Group 2" … and have no words. Raises UserError as `cluster_captions` does.
    """
    vectors = as_vectors(vectors)
    require_groups(len(vectors), k, "vectors")
    order, space, rows = reduced(vectors, seed)
    return clusters_of(group(rows, k, seed, method), rows, space, order)


def require_groups(n: int, k: int | None, what: str) -> None:
    """UserError unless n of `what` can become k groups."""
    if n == 0:
        raise UserError(f"There are no {what} to sort: give at least one.")
    require_whole(or_none=True, k=k)
    if k is not None and k > n:
        raise UserError(f"k = {k} groups cannot be made of {n} {what}: choose k between 1 and {n}.")


def reduced(vectors, seed, captions=()):
    """An order that does not depend on how they came, their directions, and the rows (N, D) in that order."""
    vectors = as_vectors(vectors).astype(np.float64)  # (N, F)
    if captions and len(vectors) != len(captions):
        raise UserError(f"There are {len(captions)} captions, and {len(vectors)} vectors: give one for each.")
    keys = vectors.T[::-1]
    order = np.lexsort((*keys, captions) if captions else keys)  # by captions first
    space = directions(vectors[order], seed)
    return order, space, space.transform(vectors[order])


def clusters_of(found, vectors, space, order, said=(), captions=()) -> Clusters:
    """Groups by decreasing size, then name, the rest last; captions in the order in which they were given."""
    labels, centres, silhouettes = found
    rest = len(centres) if (labels < 0).any() else None
    if rest is not None:
        labels = np.where(labels < 0, rest, labels)
        centres = np.vstack([centres, np.zeros((1, vectors.shape[1]))])
    names, words = [""] * len(centres), [[] for _ in centres]
    if said:
        names, words = name_groups(tally(said, labels, len(centres)), rest)
    sizes = np.bincount(labels, minlength=len(centres))
    groups = sorted(range(len(centres)), key=lambda g: (g == rest, -sizes[g], names[g]))
    if not said:
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
        captions=list(captions),
        silhouettes=silhouettes,
    )
