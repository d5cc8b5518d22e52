import errno
import hashlib
import os
from pathlib import Path

import pytest
from PIL import Image
from test_transforms import photo

from helpers.base.disks import DiskError
from helpers.base.errors import UserError
from helpers.data import prepared as module
from helpers.data.prepared import prepare, unprepared
from helpers.data.transforms import Transform, open_picture


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_training_and_captioning_see_the_same_picture(tmp_path):
    """Regression: training on one crop or normalisation, captioning with another."""
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(640, 480).save(tmp_path / "a.jpg", quality=95, exif=exif)
    photo(4000, 3000, seed=1).save(tmp_path / "large.jpg", quality=95)
    photo(300, 500, seed=2).convert("RGBA").save(tmp_path / "b.png")
    paths = [tmp_path / name for name in ("a.jpg", "large.jpg", "b.png")]
    prepared, skipped = prepare(paths, tmp_path / "cache")
    assert not skipped
    t = Transform()
    for path, copy in zip(paths, prepared, strict=True):
        at_training, at_captioning = t.pixels(copy).int(), t.pixels(path).int()
        assert (at_training - at_captioning).abs().float().mean() < 1.5, path  # JPEG's own rounding
        in_hand = t.pixels(Image.open(path)).int()  # a picture already opened, EXIF and all
        assert (in_hand - at_captioning).abs().float().mean() < 1.5, path


def test_prepare_makes_copies_once_and_leaves_originals_alone(tmp_path, monkeypatch):
    originals = tmp_path / "mine"
    originals.mkdir()
    for i in range(6):
        photo(seed=i).save(originals / f"{i}.png")
    paths = sorted(originals.iterdir())
    before = {path: (digest(path), path.stat().st_mtime_ns) for path in paths}
    prepared, skipped = prepare(paths, tmp_path / "cache", workers=2)
    assert skipped == [] and len(set(prepared)) == 6
    for copy in prepared:
        with Image.open(copy) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (256, 256))
            assert image.layer[0][1:3] == image.layer[1][1:3]  # no chroma subsampling
    assert {path: (digest(path), path.stat().st_mtime_ns) for path in originals.iterdir()} == before
    assert not [path for path in (tmp_path / "cache").rglob("*") if "partial" in path.name]

    prepared[2].unlink()  # interrupted there: only this one is made again
    opened = []
    spy = lambda path, **options: opened.append(path) or open_picture(path, **options)  # noqa: E731
    monkeypatch.setattr("helpers.data.prepared.open_picture", spy)
    assert prepare(paths, tmp_path / "cache") == (prepared, [])
    assert opened == [paths[2]]


@pytest.mark.parametrize("kept", [0, 1, 1500, -1])
def test_an_empty_or_cut_copy_is_made_anew(tmp_path, kept):
    photo().save(tmp_path / "a.png")
    (copy,), _ = prepare([tmp_path / "a.png"], tmp_path / "cache")
    whole = copy.read_bytes()
    copy.write_bytes(whole[:kept])
    assert prepare([tmp_path / "a.png"], tmp_path / "cache") == ([copy], [])
    assert copy.read_bytes() == whole


def test_a_copy_of_a_copy_is_the_same_file_unless_it_is_cut(tmp_path):
    photo().save(tmp_path / "a.png")
    (copy,), _ = prepare([tmp_path / "a.png"], tmp_path / "cache")
    whole = copy.read_bytes()
    (again,), _ = prepare([copy], tmp_path / "cache")
    assert again != copy and again.read_bytes() == whole
    (smaller,), _ = prepare([copy], tmp_path / "cache", size=64)
    assert open_picture(smaller).size == (64, 64)
    (tmp_path / "cut.jpg").write_bytes(whole[:-9])
    (nothing,), ((path, reason),) = prepare([tmp_path / "cut.jpg"], tmp_path / "cache")
    assert nothing is None and path.name == "cut.jpg" and "cut.jpg" in reason


def test_prepare_notices_a_changed_original_and_another_size(tmp_path):
    path = tmp_path / "a.png"
    photo().save(path)
    (first,), _ = prepare([path], tmp_path / "cache")
    (other,), _ = prepare([path], tmp_path / "cache", size=64)
    photo(seed=9).save(path)
    os.utime(path, ns=(1, 1))
    (changed,), _ = prepare([path], tmp_path / "cache")
    assert len({first, other, changed}) == 3
    assert open_picture(other).size == (64, 64)


def test_prepare_names_and_skips_what_it_cannot_read(tmp_path):
    photo().save(tmp_path / "good.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "good.jpg").read_bytes()[:1500])
    (tmp_path / "text.jpg").write_text("no picture", encoding="utf-8")
    paths = [tmp_path / name for name in ("cut.jpg", "good.jpg", "text.jpg", "gone.jpg", "good.jpg")]
    prepared, skipped = prepare(paths, tmp_path / "cache")
    assert [copy is None for copy in prepared] == [True, False, True, True, False]
    assert prepared[1] == prepared[4]
    assert {path.name for path, _ in skipped} == {"cut.jpg", "text.jpg", "gone.jpg"}
    assert all(path.name in reason for path, reason in skipped)
    assert prepare([], tmp_path / "cache") == ([], [])


def test_prepare_stops_at_once_when_the_disk_is_full(tmp_path, monkeypatch):
    photo().save(tmp_path / "a.png")
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr("helpers.base.files.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(UserError, match="free"):
        prepare([tmp_path / "a.png"], tmp_path / "cache")


@pytest.fixture
def stick(tmp_path):
    (tmp_path / "stick").mkdir()
    for i in range(9):
        photo(40, 30, seed=i).save(tmp_path / "stick" / f"{i}.jpg")
    return sorted((tmp_path / "stick").iterdir())


def test_a_stick_pulled_out_ends_it_in_one_sentence_and_it_goes_on(tmp_path, stick, monkeypatch):
    def pulled(path, **options):
        if path.name == "3.jpg":
            path.parent.rename(tmp_path / "pocket")
        return open_picture(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, "open_picture", pulled)
        with pytest.raises(DiskError, match="plug their disk in again"):
            prepare(stick, tmp_path / "cache", workers=1)
    assert 1 <= len([*(tmp_path / "cache").rglob("*.jpg")]) <= 3
    (tmp_path / "pocket").rename(tmp_path / "stick")
    assert prepare(stick, tmp_path / "cache")[1] == []


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV, errno.ESTALE])
def test_a_disk_that_fails_is_told_from_one_bad_file(tmp_path, stick, monkeypatch, number):
    broken = {"3.jpg"}

    opening = Path.open

    def opened(path, *how, **options):
        if path.name in broken:
            raise OSError(number, os.strerror(number), str(path))
        return opening(path, *how, **options)

    monkeypatch.setattr(Path, "open", opened)
    prepared, skipped = prepare(stick, tmp_path / "cache")
    assert len([copy for copy in prepared if copy]) == 8
    assert [(path.name, "does not answer" in why) for path, why in skipped] == [("3.jpg", True)]
    broken |= {f"{i}.jpg" for i in range(4, 9)}
    with pytest.raises(DiskError, match=r"\.jpg cannot be used: the disk does not answer"):
        prepare(stick, tmp_path / "other")


def test_a_full_or_locked_disk_is_one_sentence_and_leaves_no_halves(tmp_path, stick, small_disk, monkeypatch):
    with small_disk(300), pytest.raises(DiskError, match="too large for its disk"):
        prepare(stick, tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]

    def locked(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", locked)
        with pytest.raises(DiskError, match="can only be read"):
            prepare(stick, tmp_path / "locked")
    assert prepare(stick, tmp_path / "cache")[1] == []


def test_pictures_that_stay_as_they_are_must_at_least_be_there(stick, monkeypatch):
    ask = Path.stat

    def refuse(path, **options):
        if path == stick[3]:
            raise PermissionError(13, "Permission denied", str(path))
        return ask(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    there, skipped = unprepared(stick)
    assert [path for path in there if path] == [path for path in stick if path != stick[3]]
    assert [path for path, _ in skipped] == [stick[3]] and "may not be read: change its rights" in skipped[0][
        1
    ]
