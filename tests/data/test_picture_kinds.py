import importlib.util
import os
import struct
import sys

import numpy as np
import pytest
from PIL import Image
from test_transforms import photo, pixels

from helpers.base.errors import UserError
from helpers.data import picture_kinds
from helpers.data.picture_kinds import RAW_SUFFIXES
from helpers.data.transforms import open_picture

heif = pytest.mark.skipif(not importlib.util.find_spec("pillow_heif"), reason="pillow-heif is not installed")
avif = pytest.mark.skipif(not picture_kinds._reads_avif(), reason="this Pillow does not read AVIF")


def save_heic(path, image, **options):
    from pillow_heif import from_pillow

    from_pillow(image).save(path, quality=90, format="HEIF", **options)


def turned_exif(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


@heif
@pytest.mark.parametrize("name", ["IMG_1.HEIC", "messenger.jpg", "shot.png", "without"])
def test_heic_from_phones_is_opened_whatever_its_name(tmp_path, name):
    save_heic(tmp_path / name, photo())
    found = open_picture(tmp_path / name, at_least=64)
    assert found.mode == "RGB" and np.abs(pixels(found) - pixels(photo())).mean() < 4
    content = (tmp_path / name).read_bytes()
    assert np.array_equal(pixels(open_picture("s3://far/away.heic", content=content)), pixels(found))


@heif
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_heic_is_turned_once(tmp_path, orientation):
    save_heic(tmp_path / "a.heic", photo(), exif=turned_exif(orientation))
    plain = open_picture(tmp_path / "a.heic")
    photo().save(tmp_path / "a.jpg", exif=turned_exif(orientation), quality=95)
    wanted = open_picture(tmp_path / "a.jpg")
    assert plain.size == wanted.size and np.abs(pixels(plain) - pixels(wanted)).mean() < 5


@avif
@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("name", ["a.avif", "lies.jpg"])
def test_avif_is_opened_and_turned_once(tmp_path, orientation, name):
    photo().save(tmp_path / name, "AVIF", exif=turned_exif(orientation), quality=95)
    photo().save(tmp_path / "b.png", exif=turned_exif(orientation))
    found, wanted = open_picture(tmp_path / name), open_picture(tmp_path / "b.png")
    assert found.size == wanted.size and np.abs(pixels(found) - pixels(wanted)).mean() < 5


@pytest.mark.parametrize("name", ["a.heic", "a.jpg"])
def test_without_pillow_heif_a_sentence_says_how_to_get_it(tmp_path, monkeypatch, name):
    (tmp_path / name).write_bytes(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + b"\0" * 100)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UserError, match=rf"{name} is in HEIC.* pillow_heif: pip install -e .*\[phones\]"):
        open_picture(tmp_path / name)


def test_without_avif_a_sentence_says_upgrade(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf" + b"\0" * 100)
    monkeypatch.setitem(sys.modules, "PIL.AvifImagePlugin", None)
    with pytest.raises(UserError, match=r"a\.jpg is in AVIF.*--upgrade pillow"):
        open_picture(tmp_path / "a.jpg")


def tiff(*tags):
    """The first 8 bytes, then one directory of (tag, kind, count, value)."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4) + bytes(300)


GREY = [(256, 3, 1, 4), (257, 3, 1, 4), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 200)]
GREY += [(277, 3, 1, 1), (278, 3, 1, 4), (279, 4, 1, 16)]  # a picture of 4 × 4
DNG, THUMBNAIL = [(50706, 1, 4, 0x00000401)], [(254, 4, 1, 1), (330, 4, 1, 100)]


def test_a_plain_tiff_is_none_of_a_camera(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff(*GREY))
    assert open_picture(tmp_path / "a.tif").size == (4, 4)


@pytest.mark.parametrize(
    "name, content",
    [
        *[(f"a{suffix}", tiff(*GREY)) for suffix in RAW_SUFFIXES],
        ("A.NEF", b"of a kind that nobody knows"),
        ("a.jpg", tiff(*GREY, *DNG)),
        ("a.tif", tiff(*GREY, *THUMBNAIL)),
        ("a.jpg", b"II*\0\x10\0\0\0CR\x02\0" + bytes(100)),
        ("a.jpg", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(100)),
        ("a.jpg", b"FUJIFILMCCD-RAW 0201" + bytes(100)),
        ("a.jpg", b"IIU\0\x18\0\0\0" + bytes(100)),
        ("a.jpg", b"IIRO\x08\0\0\0" + bytes(100)),
    ],
)
def test_raw_is_named_by_content_or_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name} is in the format RAW.*export it as JPEG"):
        open_picture(tmp_path / name)


def test_a_jpeg_with_the_name_of_a_raw_is_a_jpeg(tmp_path):
    photo().save(tmp_path / "a.dng", "JPEG")
    assert open_picture(tmp_path / "a.dng").size == (320, 200)


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("a.jxl", b"\xff\x0a" + bytes(50), "format JPEG XL"),
        ("a.jpg", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), "format JPEG XL"),
        ("a.jxl", b"something else", "format JPEG XL"),
        ("a.heic", b"\0\0\0\x18ftypqt  \0\0\0\0qt  " + bytes(50), "is a film"),
        ("a.jpg", b"\n<!DOCTYPE HTML><html>404 not found</html>", "is a web page"),
        ("a.jpg", b"%PDF-1.4", "is a PDF"),
        ("a.jpg", b"", "is empty"),
        ("a.tif", tiff((256, 3, 1, 4)), "TIFF of a kind"),
        ("a.jpg", b"nothing at all", "no picture"),
    ],
)
def test_what_is_no_picture_is_named_for_what_it_is(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name} .*{told}"):
        open_picture(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
@pytest.mark.timeout(20)
def test_a_pipe_does_not_keep_us_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UserError, match=r"pipe\.jpg is no file"):
        open_picture(tmp_path / "pipe.jpg")


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG", "MPO"])
def test_of_many_frames_the_first_is_read(tmp_path, kind):
    frames = [photo(80, 50, seed) for seed in range(3)]
    frames[0].save(tmp_path / "many", kind, save_all=True, append_images=frames[1:], quality=95)
    found = pixels(open_picture(tmp_path / "many"))
    wrong = [np.abs(found - pixels(frame)).mean() for frame in frames]
    assert wrong[0] < 9 and 9 + 2 * wrong[0] < min(wrong[1:])


def test_other_kinds_keep_their_colours(tmp_path):
    from PIL import ImageCms

    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    ImageCms.profileToProfile(photo(), srgb, lab, outputMode="LAB").save(tmp_path / "lab.tif")
    photo().convert("CMYK").save(tmp_path / "cmyk.tif")
    photo().save(tmp_path / "a.jp2")
    for name in ("lab.tif", "cmyk.tif", "a.jp2"):
        assert np.abs(pixels(open_picture(tmp_path / name)) - pixels(photo())).mean() < 4, name


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_a_cut_picture_is_named(tmp_path, kind):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8)).save(
        tmp_path / "whole", kind
    )
    whole = (tmp_path / "whole").read_bytes()
    for part in (0.02, 0.5, 0.9):
        (tmp_path / "cut.jpg").write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(UserError, match=r"cut\.jpg"):
            open_picture(tmp_path / "cut.jpg")
