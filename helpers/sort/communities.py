"""As many groups of pictures as there are: each is linked to those most like it, and links draw the borders.

A silhouette asks for round heaps far from each other. Photographs lie in heaps of any shape that touch: a few
links join two kinds, and many those of one kind. In the net of links such communities show.
"""

import networkx as nx
import numpy as np
from sklearn.neighbors import kneighbors_graph
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from helpers.sort.grouping import SAMPLE, middles, nearest
from helpers.sort.wishes import vectors_for

LINKS = 15  # from each vector to those most like it
RUNS = 5


def communities(vectors: np.ndarray, k: int | None = None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The groups that the net of likest vectors falls into, whatever `k`: labels (N,), middles (k, D).

    A link weighs as much as the cosine of its ends. Of several runs of Louvain's method (Blondel et al. 2008)
    the one with the greatest modularity counts: links inside of groups, less those that chance would put
    there. Above 5,000 vectors a sample makes the groups; the others join that with the nearest middle.
    """
    vectors = normalize(vectors_for(vectors))
    if len(vectors) < 3:
        return np.zeros(len(vectors), int), vectors.mean(0, keepdims=True)
    some = vectors
    if len(vectors) > SAMPLE:
        some = vectors[np.sort(np.random.default_rng(seed).choice(len(vectors), SAMPLE, replace=False))]
    with threadpool_limits(1):
        links = kneighbors_graph(
            some, min(LINKS, -(-len(some) // 6)), mode="distance"
        )  # squared: 2 - 2 cosines
    links.data = np.maximum(1 - links.data**2 / 2, 0.001)
    net = nx.from_scipy_sparse_array(links.maximum(links.T))
    runs = [nx.community.louvain_communities(net, seed=RUNS * seed + run) for run in range(RUNS)]
    best = max(runs, key=lambda groups: nx.community.modularity(net, groups))
    labels = np.empty(len(some), int)
    for number, members in enumerate(best):
        labels[[*members]] = number
    centres = middles(some, labels)
    return (labels if len(some) == len(vectors) else nearest(vectors, centres)), centres
