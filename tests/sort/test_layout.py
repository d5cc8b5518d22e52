import warnings

import numpy as np
import pytest

import helpers.sort.layout
from helpers.sort.layout import MAP_SIDE, lay_out, map_2d


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 5), (60, 1), (52, 6)])
def test_a_map_has_two_coordinates_and_is_the_same_every_time(shape):
    vectors = np.random.default_rng(0).normal(size=shape)
    points = map_2d(vectors, seed=3)
    assert points.shape == (shape[0], 2) and np.isfinite(points).all()
    np.testing.assert_array_equal(points, map_2d(vectors, seed=3))


@pytest.mark.parametrize("n", [1, 5, 60])
def test_vectors_that_are_all_alike_are_laid_out_without_a_warning(n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert map_2d(np.full((n, 4), 0.3)).tolist() == [[0, 0]] * n


def test_of_many_vectors_t_sne_sees_a_sample_and_the_others_come_between(monkeypatch):
    seen = []

    class Counted(helpers.sort.layout.TSNE):
        def fit_transform(self, vectors):
            seen.append(len(vectors))
            return super().fit_transform(vectors)

    monkeypatch.setattr(helpers.sort.layout, "TSNE", Counted)
    monkeypatch.setattr(helpers.sort.layout, "LANDMARKS", 200)
    groups = np.repeat(np.eye(3), 400, axis=0) + 0.05 * np.random.default_rng(0).normal(size=(1200, 3))
    points = map_2d(groups)
    assert seen == [200] and points.shape == (1200, 2)
    middles = np.stack([points[start : start + 400].mean(0) for start in (0, 400, 800)])
    nearest = np.linalg.norm(points[:, None] - middles, axis=2).argmin(1)
    assert (nearest == np.repeat([0, 1, 2], 400)).mean() > 0.95


@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (60, 4), (400, 3)])
def test_every_photo_has_its_place_on_the_map(shape, monkeypatch):
    monkeypatch.setattr(helpers.sort.layout, "LANDMARKS", 150)
    vectors = np.random.default_rng(0).normal(size=shape)
    places = lay_out(vectors)
    assert places.shape == (shape[0], 2) and places.dtype.kind == "i"
    assert places.min() >= 0 and places.max() <= MAP_SIDE
    assert (lay_out(vectors) == places).all()


def test_like_captions_are_neighbours_and_the_same_ones_a_sunflower(monkeypatch):
    monkeypatch.setattr(helpers.sort.layout, "LANDMARKS", 300)
    dice = np.random.default_rng(0)
    groups = np.repeat(np.eye(3), 700, axis=0) + 0.05 * dice.normal(size=(2100, 3))
    vectors = np.concatenate([groups, np.repeat(groups[:1], 50, axis=0)])
    places = lay_out(vectors).astype(float)
    middles = np.stack([places[start : start + 700].mean(0) for start in (0, 700, 1400)])
    nearest = np.linalg.norm(places[:2100, None] - middles, axis=2).argmin(1)
    assert (nearest == np.repeat([0, 1, 2], 700)).mean() > 0.95
    same = places[[0, *range(2100, 2150)]]
    assert len(np.unique(same, axis=0)) > 40, "each can be pointed at"
    assert np.ptp(same, axis=0).max() < MAP_SIDE / 8
