import hashlib
import json
import os

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers.base.errors import UserError
from helpers.data import transforms
from helpers.data.transforms import Transform, open_picture, prepare, square, upright_rgb


def photo(width=320, height=200, seed=0):
    """A smooth, colourful picture in which every corner is different."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def pixels(image):
    return np.asarray(image, dtype=np.int16)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ------------------------------------------------------------------ every mode to honest RGB


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LA", "PA", "I", "F"]
)
def test_every_mode_becomes_rgb(mode):
    source = photo()
    image = source.convert("P").convert("PA") if mode == "PA" else source.convert(mode)
    rgb = upright_rgb(image)
    assert (rgb.mode, rgb.size) == ("RGB", source.size)
    expected = image.convert("L").convert("RGB") if mode in ["1", "L", "LA", "I", "F"] else source
    tolerance = {"P": 40, "PA": 40}.get(mode, 4)  # 256 colours are few
    assert np.abs(pixels(rgb) - pixels(expected)).mean() < tolerance


def test_grey_stays_grey(tmp_path):
    photo().convert("L").save(tmp_path / "grey.jpg")
    rgb = pixels(open_picture(tmp_path / "grey.jpg"))
    assert np.array_equal(rgb[..., 0], rgb[..., 1]) and np.array_equal(rgb[..., 0], rgb[..., 2])
    assert rgb.std() > 10


def test_cmyk_keeps_its_colours(tmp_path):
    for name, colour in (("red", (220, 20, 20)), ("white", (255, 255, 255)), ("black", (0, 0, 0))):
        Image.new("RGB", (40, 40), colour).convert("CMYK").save(tmp_path / f"{name}.jpg", quality=95)
        found = pixels(open_picture(tmp_path / f"{name}.jpg"))[20, 20]
        assert np.abs(found - colour).max() < 12, name


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_is_over_white(mode):
    image = Image.new("RGBA", (4, 1), (0, 0, 0, 255))
    image.putalpha(Image.fromarray(np.array([[0, 128, 255, 255]], dtype=np.uint8)))
    rgb = pixels(upright_rgb(image.convert(mode)))[0, :, 0]
    assert rgb[0] == 255 and abs(rgb[1] - 127) <= 1 and rgb[2] == 0


def test_palette_with_transparency(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([200, 0, 0, 0, 0, 200])
    image.putdata([0, 1])
    image.save(tmp_path / "p.png", transparency=0)
    assert pixels(open_picture(tmp_path / "p.png"))[0].tolist() == [[255, 255, 255], [0, 0, 200]]
    image.save(tmp_path / "q.png")
    assert pixels(open_picture(tmp_path / "q.png"))[0].tolist() == [[200, 0, 0], [0, 0, 200]]


def test_sixteen_bits_are_scaled_and_not_clipped_to_white(tmp_path):
    ramp = np.tile(np.linspace(0, 65535, 256).round().astype(np.uint16), (8, 1))
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    rgb = pixels(open_picture(tmp_path / "ramp.png"))[0, :, 1]
    assert np.abs(rgb - np.arange(256)).max() <= 1

    dark = Image.fromarray(np.full((2, 2), 200, dtype=np.uint16))  # nearly black out of 65,535
    assert pixels(upright_rgb(dark)).max() <= 1


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 1e7])
def test_float_and_32_bit_greys(top):
    ramp = np.tile(np.linspace(0, top, 256, dtype=np.float32), (4, 1))
    for values in (ramp, ramp.astype(np.int32)) if top > 1 else (ramp,):
        assert np.abs(pixels(upright_rgb(Image.fromarray(values)))[0, :, 0] - np.arange(256)).max() <= 1


def test_float_with_nan_and_infinity():
    values = np.array([[np.nan, np.inf, -np.inf, 0.5, 1.0]], dtype=np.float32)
    assert pixels(upright_rgb(Image.fromarray(values)))[0, :, 0].tolist() == [0, 0, 0, 128, 255]


# ------------------------------------------------------------------ the right way up


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, orientation):
    upright = photo(320, 200)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    found = open_picture(tmp_path / "turned.jpg")
    assert found.size == (320, 200)
    assert np.abs(pixels(found) - pixels(upright)).mean() < 4
    assert np.array_equal(pixels(upright_rgb(found)), pixels(found))  # not turned twice


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    photo().save(tmp_path / "x.jpg", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7fnonsense")
    assert open_picture(tmp_path / "x.jpg").size == (320, 200)


# ------------------------------------------------------------------ what is no picture


def test_unreadable_files_are_named(tmp_path):
    photo().save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    (tmp_path / "text.jpg").write_text("this is a letter", encoding="utf-8")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "apple.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "folder.jpg").mkdir()
    for name in ("cut.jpg", "text.jpg", "empty.png", "apple.heic", "folder.jpg", "missing.jpg"):
        with pytest.raises(UserError, match=name):
            open_picture(tmp_path / name)


def test_decompression_bomb(tmp_path, monkeypatch):
    photo().save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(UserError, match=r"bomb\.png has more pixels"):
        open_picture(tmp_path / "bomb.png")


# ------------------------------------------------------------------ Transform


def test_square_keeps_the_whole_picture():
    image = Image.new("RGB", (300, 100), "blue")
    image.paste("red", (0, 0, 150, 100))
    small = pixels(square(image))
    assert small.shape == (256, 256, 3)
    assert (small[:, 5] == (255, 0, 0)).all() and (small[:, -5] == (0, 0, 255)).all()
    assert square(square(image)) is not None and np.array_equal(pixels(square(square(image))), small)


def test_resizing_is_antialiased():
    stripes = np.zeros((1024, 1024), dtype=np.uint8)
    stripes[:, ::2] = 255  # one pixel black, one white: grey from afar
    inside = pixels(square(Image.fromarray(stripes)))[:, 2:-2]  # at the borders a stripe is cut
    assert np.abs(inside - 127.5).max() < 4


@settings(max_examples=20, deadline=None)
@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    size=st.sampled_from([32, 224, 256, 300]),
    mode=st.sampled_from(["L", "RGB", "RGBA", "CMYK", "P"]),
)
def test_transform_is_its_two_halves(width, height, size, mode):
    image, t = photo(width, height).convert(mode), Transform(size)
    assert t.pixels(image).shape == (3, size, size) and t.pixels(image).dtype == torch.uint8
    assert t(image).shape == (3, size, size) and t(image).dtype == torch.float32
    assert torch.equal(t(image), t.normalise(t.pixels(image)[None])[0])
    assert torch.equal(t.batch([image, image])[1], t(image))


def test_normalised_as_imagenet_weights_expect():
    image = photo()
    resized = pixels(square(square(image), 224)).transpose(2, 0, 1)
    mean, std = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, :, None, None]
    np.testing.assert_allclose(Transform()(image), (resized / 255 - mean) / std, atol=1e-5)


def test_config_round_trip():
    t = Transform(size=64, mean=[0.5, 0.5, 0.5], std=[0.25, 0.25, 0.25])
    assert t.config() == {"size": 64, "mean": [0.5] * 3, "std": [0.25] * 3, "flip": False, "crop": None}
    assert Transform(**t.config()) == t != Transform()
    assert Transform().batch([]).shape == (0, 3, 224, 224)
    with pytest.raises(UserError):
        Transform(size=0)
    with pytest.raises(UserError):
        Transform(std=(1, 1, 0))


# ------------------------------------------------------------------ prepare


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


def test_reduced_decoding_changes_nothing_visible(tmp_path):
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)).resize((4000, 3000))
    noise.save(tmp_path / "large.jpg", quality=95)
    quick, slow = open_picture(tmp_path / "large.jpg", at_least=256), open_picture(tmp_path / "large.jpg")
    assert slow.size == (4000, 3000) and min(quick.size) >= 512 and quick.width < 4000
    assert np.abs(pixels(square(quick)) - pixels(square(slow))).mean() < 2


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
    monkeypatch.setattr(
        transforms, "open_picture", lambda path, **o: opened.append(path) or open_picture(path, **o)
    )
    assert prepare(paths, tmp_path / "cache") == (prepared, [])
    assert opened == [paths[2]]


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


def test_a_flip_exchanges_left_and_right_and_nothing_else():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8))
    plain, flipped = Transform(size=256), Transform(size=256, flip=True)
    assert torch.equal(flipped(image), plain(image).flip(-1))
    assert not torch.equal(flipped(image), plain(image)) and flipped != plain


def test_a_crop_is_a_part_of_the_picture_and_survives_json():
    picture = Image.new("RGB", (256, 256), "red")
    picture.paste("blue", (128, 0, 256, 256))
    left = Transform(size=64, mean=(0, 0, 0), std=(1, 1, 1), crop=(0.0, 0.0, 0.5, 1.0))
    red, green, blue = left(picture)
    assert red.min() > 0.98 and green.max() < 0.02 and blue.max() < 0.02
    assert Transform(**json.loads(json.dumps(left.config()))) == left != Transform(size=64)
