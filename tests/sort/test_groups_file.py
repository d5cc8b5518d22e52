import numpy as np
import pytest
from small_world import PLACES, scenes

from helpers.base.errors import UserError
from helpers.sort.clustering import Clusters, cluster_captions, cluster_vectors
from helpers.sort.vectors import sif_vectors


def same(one, other):
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.vectors, other.vectors)
    np.testing.assert_array_equal(one.coherence, other.coherence)
    for name in ("names", "words", "central", "captions", "silhouettes"):
        assert getattr(one, name) == getattr(other, name)


def test_saved_groups_come_back_and_still_take_new_captions(tmp_path):
    captions, _ = scenes(120)
    vocabulary = list(PLACES)
    sif = sif_vectors(captions, np.eye(len(PLACES)), vocabulary)
    for clusters in (cluster_captions(captions), cluster_captions([*captions, "?"], 5, vectors=sif)):
        clusters.save(tmp_path / "new" / "groups.npz")
        again = Clusters.load(tmp_path / "new" / "groups.npz")
        same(clusters, again)
        np.testing.assert_array_equal(again.predict(captions), clusters.predict(captions))
        assert again.why(3) == clusters.why(3)
    by_vectors = cluster_vectors(np.random.default_rng(0).normal(size=(40, 60)), 3)
    by_vectors.save(tmp_path / "pixels")  # the name is kept as it is
    same(by_vectors, Clusters.load(tmp_path / "pixels"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "pixels"]


def test_damaged_groups_get_a_sentence(tmp_path):
    path = tmp_path / "groups.npz"
    cluster_captions(scenes(60)[0], 3).save(path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    np.savez(tmp_path / "other.npz", labels=np.zeros(3))
    other = (tmp_path / "other.npz").read_bytes()
    for content in (whole[:-200], whole[:50], bytes(flipped), b"", b"no groups", other):
        path.write_bytes(content)
        with pytest.raises(UserError, match="save them anew"):
            Clusters.load(path)
    with pytest.raises(UserError, match="There are no groups"):
        Clusters.load(tmp_path / "nowhere.npz")
