"""Captions laid out on a plane: for a plot, and with a place for each photo on the gallery's map."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import KNeighborsRegressor
from threadpoolctl import threadpool_limits

from helpers.base.arrays import as_array, as_vectors

LANDMARKS = 1_000  # t-SNE lays out no more captions than this: all of 10,000 would take it minutes
ROUNDS = 500  # of t-SNE: twice as many take twice the time, and neighbours stay together just as often
MAP_SIDE = 1_000  # the map's coordinates are whole numbers from 0 to this


def map_2d(vectors, seed: int = 0) -> np.ndarray:
    """Lay vectors out on a plane for a plot, (N, D) -> (N, 2): t-SNE above 50, PCA otherwise.

    Above `LANDMARKS` t-SNE lays out a sample, and each of the others goes between the three landmarks most
    like it.
    """
    vectors = as_vectors(vectors).astype(np.float64)
    if np.ptp(vectors, axis=0).max() < 1e-9:
        return np.zeros((len(vectors), 2))  # all in one place: there is nothing to lay out
    if len(vectors) > LANDMARKS:
        chosen = np.random.default_rng(seed).choice(len(vectors), LANDMARKS, replace=False)
        landmarks = vectors[np.sort(chosen)]
        near = KNeighborsRegressor(3, weights="distance").fit(landmarks, map_2d(landmarks, seed))
        return near.predict(vectors)
    if len(vectors) > 50 and vectors.shape[1] > 1:
        with threadpool_limits(1):
            tsne = TSNE(perplexity=min(30, len(vectors) / 4), init="pca", max_iter=ROUNDS, random_state=seed)
            return tsne.fit_transform(vectors)
    flat = PCA(min(2, *vectors.shape)).fit_transform(vectors)
    return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))


def lay_out(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """A place on the map for each photo: vectors (N, D) -> (N, 2) int, 0 … `MAP_SIDE`.

    Different captions are laid out by `map_2d`; photos with one and the same caption form a sunflower.
    """
    distinct, which = np.unique(as_array(vectors).round(6), axis=0, return_inverse=True)  # (M, D), (N,)
    which = which.ravel()
    points = _fitted(map_2d(distinct, seed))[which] + _sunflowers(which)  # (N, 2)
    return (_fitted(points) + MAP_SIDE / 2).round().astype(int)


def _fitted(points: np.ndarray) -> np.ndarray:
    """The same (M, 2), moved and scaled to fill the map, with (0, 0) in its middle."""
    points = points - (points.max(0) + points.min(0)) / 2
    return points * 0.48 * MAP_SIDE / max(np.abs(points).max(), 1e-9)


def _sunflowers(which: np.ndarray) -> np.ndarray:
    """Steps (N, 2) from the middle: equal numbers in `which` (N,) sit like seeds of a sunflower (Vogel)."""
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], which[order])
    rank = np.empty(len(which))
    rank[order] = np.arange(len(which)) - starts
    radius = np.sqrt(rank) * min(12, 0.18 * MAP_SIDE / np.sqrt(len(which)))
    angle = rank * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
