from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_transforms import photo, pixels

from helpers.base.errors import UserError
from helpers.data.transforms import open_picture, upright_rgb


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


def test_a_picture_that_one_may_not_read_is_no_damaged_one(tmp_path, monkeypatch):
    photo().save(tmp_path / "secret.png")

    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UserError, match=r"secret\.png may not be read: change its rights"):
        open_picture(tmp_path / "secret.png")


def test_decompression_bomb(tmp_path, monkeypatch):
    photo().save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(UserError, match=r"bomb\.png has more pixels"):
        open_picture(tmp_path / "bomb.png")
