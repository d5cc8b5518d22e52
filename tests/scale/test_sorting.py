"""Groups for large collections, as far as Ray is not needed (see test_captioning for the rest)."""

import numpy as np
import pytest

from helpers.base.errors import UserError
from helpers.sort.naming import name_groups, tally
from helpers.sort.vectors import cut
from helpers.teach.exercises import practice

pytest.importorskip("ray", reason="ray is not installed")
from helpers.scale import sorting


def test_nothing_to_sort_says_so(tmp_path):
    with pytest.raises(UserError, match="no captions"):
        sorting.group_collection(tmp_path, tmp_path / "groups")


def test_tallies_of_parts_add_up():
    said = [cut(scene.captions[0]) for scene in practice(160)]
    labels = np.arange(160) % 5
    tallies = [tally(said[i : i + 40], labels[i : i + 40], 5) for i in range(0, 160, 40)]
    packed = [sorting.unpacked(sorting.packed(part)) for part in tallies]
    whole = sum(packed[1:], packed[0])
    assert name_groups(whole) == name_groups(tally(said, labels, 5))
