import json

import places
import pytest
import torch
from small_world import paint

from helpers.base.errors import UserError
from helpers.show.sight import Sight


@pytest.fixture
def folder(tmp_path):
    for i in range(24):
        paint(tmp_path / "photos" / f"{i:02}.png", ["red", "blue"][i % 2], (30 + i, 40))
    kinds = {f"{i:02}.png": ["wall", "sea"][i % 2] for i in range(24)}
    (tmp_path / "truth.json").write_text(json.dumps(kinds))
    return tmp_path


def test_it_prints_a_row_for_all_that_pictures_may_be_sorted_by(folder, tiny_captioner, capsys):
    sight = Sight(tiny_captioner.encoder.feature_dim, ["alp", "wall"], dimensions=4)
    tiny_captioner.sight = sight
    sight.learn(torch.rand(9, sight.mean.numel()), torch.rand(9, sight.mean.numel()))
    tiny_captioner.save(folder / "tiny.pt")
    options = ["--truth", str(folder / "truth.json"), "--captioner", str(folder / "tiny.pt"), "--seeds", "1"]
    places.main([str(folder / "photos"), *options])
    out = capsys.readouterr().out
    rows = [line for line in out.splitlines() if line.startswith("| ")]
    assert "24 photographs of 2 kinds" in out and len(rows) == 9
    assert rows[1].startswith("| one caption | ") and rows[-1].startswith("| what sort_photos does | ")


def test_a_truth_that_does_not_fit_is_named(folder):
    with pytest.raises(UserError, match="There is no"):
        places.read_truth(folder, folder / "truth.json")
    (folder / "list.json").write_text("[1]")
    for name in ("list.json", "none.json"):
        with pytest.raises(UserError, match="no JSON of names and kinds"):
            places.read_truth(folder, folder / name)
