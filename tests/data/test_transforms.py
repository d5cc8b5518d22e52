import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers.base.errors import UserError
from helpers.data.transforms import Transform, open_picture, square, upright_rgb


def photo(width=320, height=200, seed=0):
    """A smooth, colourful picture in which every corner is different."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def pixels(image):
    return np.asarray(image, dtype=np.int16)


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


def test_reduced_decoding_changes_nothing_visible(tmp_path):
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)).resize((4000, 3000))
    noise.save(tmp_path / "large.jpg", quality=95)
    quick, slow = open_picture(tmp_path / "large.jpg", at_least=256), open_picture(tmp_path / "large.jpg")
    assert slow.size == (4000, 3000) and min(quick.size) >= 512 and quick.width < 4000
    assert np.abs(pixels(square(quick)) - pixels(square(slow))).mean() < 2


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
