"""The rates that benchmarks/familiarity.py prints."""

import familiarity
import pytest

from helpers.base.errors import UserError
from helpers.data import datasets
from helpers.show.sight import Sight


def test_a_row_for_every_kind_of_pictures(tiny_captioner, tiny_set, tmp_path, monkeypatch, capsys):
    load = datasets.load  # neither are scenes drawn nor is Flickr8k at hand
    monkeypatch.setattr(datasets, "load", lambda _, *given, **options: load(tiny_set, *given, folder=None))
    features = tiny_captioner.encoder.features(tiny_captioner.transform.batch(load(tiny_set).paths))
    tiny_captioner.sight = Sight(features.size(1))
    tiny_captioner.sight.learn(features, features)
    tiny_captioner.save(tmp_path / "c.pt")
    familiarity.main(["--captioner", str(tmp_path / "c.pt"), "--data", "there", "--coco", str(tiny_set)])
    rows = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines() if "familiar" in line]
    assert rows[2:] == ["photographs of others", "drawn scenes", "pages of text", "noise"]
    assert [row.split(", ")[1] for row in rows[:2]] == ["val", "test"]


def test_a_captioner_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="There is no captioner at"):
        familiarity.main(["--captioner", str(tmp_path / "c.pt")])
