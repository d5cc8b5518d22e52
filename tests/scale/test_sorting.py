"""Groups for large collections, part by part and without Ray (see test_captioning for whole collections)."""

import pytest

from helpers.base.errors import UserError
from helpers.sort.clustering import cluster_captions
from helpers.sort.naming import name_groups, tally
from helpers.sort.vectors import cut
from helpers.teach.exercises import practice

pytest.importorskip("ray", reason="ray is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
parquet = pytest.importorskip("pyarrow.parquet")
from helpers.scale import sorting  # noqa: E402
from helpers.scale.captioning import SCHEMA  # noqa: E402


@pytest.fixture(scope="module")
def captions():
    return [scene.captions[0] for scene in practice(160)]


@pytest.fixture
def parts(captions, tmp_path) -> list[dict]:
    """Four parts with forty captions each, and a picture in each that could not be read."""
    files = []
    for i in range(0, 160, 40):
        rows = [{"path": f"{i + j}.jpg", "caption": captions[i + j], "error": ""} for j in range(40)]
        rows.append({"path": f"broken {i}.jpg", "caption": "", "error": "is no picture"})
        files.append(tmp_path / f"part-{i:09d}.parquet")
        parquet.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), files[-1])
    return [{"file": str(file)} for file in files]


def test_nothing_to_sort_says_so(tmp_path):
    with pytest.raises(UserError, match="no captions"):
        sorting.group_collection(tmp_path, tmp_path / "groups")


def test_groups_of_other_pictures_do_not_stay_among_those_of_these(parts, tmp_path, monkeypatch):
    out = tmp_path / "groups"
    out.mkdir()
    known, strange = out / "part-000000040.parquet", out / "part-000000160.parquet"
    for path in (known, strange):
        path.write_text("of an earlier call")
    with pytest.raises(UserError, match="other pictures"):
        sorting.group_collection(tmp_path, out)
    assert known.exists() and strange.exists()
    strange.unlink()

    def killed():
        raise KeyboardInterrupt

    monkeypatch.setattr(sorting, "start", killed)
    with pytest.raises(KeyboardInterrupt):
        sorting.group_collection(tmp_path, out)
    assert not known.exists()  # half old and half new groups would pass for whole ones


def test_parts_are_told_their_groups_and_their_tallies_add_up(captions, parts, tmp_path):
    clusters, out = cluster_captions(captions, k=5), tmp_path / "groups"
    out.mkdir()
    first, *others = (sorting.tell(part, clusters, "caption", out)["tally"] for part in parts)
    whole = tally([cut(caption) for caption in captions], clusters.labels, 5)
    assert name_groups(sum(others, first)) == name_groups(whole)
    told = {row["path"]: row["group"] for row in parquet.read_table(out).to_pylist()}
    assert told == {f"{i}.jpg": label for i, label in enumerate(clusters.labels)}


def test_a_sample_is_always_the_same_and_of_readable_pictures(captions, parts):
    def kept(share):
        return [row["found"] for part in parts for row in sorting.keep(part, share, "caption")]

    assert kept(1.0) == captions and kept(0.0) == []
    assert kept(0.5) == kept(0.5) and 50 < len(kept(0.5)) < 110
