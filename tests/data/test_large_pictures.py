"""Panoramas and bombs: what they take is measured in processes of their own."""

import struct
import subprocess
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image
from test_transforms import photo, pixels

from helpers.base.errors import UserError
from helpers.data import large_pictures
from helpers.data.large_pictures import LARGE
from helpers.data.transforms import open_picture

PEAK = """
import resource, sys
from pathlib import Path
from helpers.data.large_pictures import load_small
from helpers.data.odd_pictures import picture_error
from helpers.data.picture_kinds import opened, stream

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in map(Path, sys.argv[2:]):
    try:
        with stream(path) as file, opened(file, path) as image:  # as open_picture does, but without PyTorch
            print(*load_small(image, int(sys.argv[1]) or None).size)
    except Exception as error:
        print(picture_error(path, error))
more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(more // (1 << 20 if sys.platform == "darwin" else 1 << 10))
"""


def write_png(path, width, height):
    """A blue PNG with a palette, written row by row."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer, rows = zlib.compressobj(1), bytes(100 * (1 + width))
    packed = b"".join([packer.compress(rows) for _ in range(height // 100)]) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)) + chunk(b"PLTE", b"\0\0\xc8")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b""))


def opened_alone(at_least, *paths):
    """What came of them in a process of its own, and by how many MB that grew; no warning is let pass."""
    pytest.importorskip("resource", reason="memory cannot be measured so on this system")
    command = [sys.executable, "-W", "error", "-c", PEAK, str(at_least), *map(str, paths)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert said.returncode == 0 and not said.stderr, said.stderr
    *told, grown = said.stdout.splitlines()
    return told, int(grown)


@pytest.mark.parametrize("at_least, size", [(0, "10000 5000"), (256, "2500 1250")])
def test_a_jpeg_of_200_megapixels_is_opened_small(tmp_path, at_least, size):
    Image.new("L", (20_000, 10_000)).save(tmp_path / "wide.jpg")
    told, grown = opened_alone(at_least, tmp_path / "wide.jpg")
    assert told == [size] and grown < 150  # whole it would be 200


def test_a_png_of_200_megapixels_is_opened_small(tmp_path):
    write_png(tmp_path / "wide.png", 20_000, 10_000)
    told, grown = opened_alone(256, tmp_path / "wide.png")
    assert told == ["1053 527"] and grown < 300  # 200 of the palette's numbers; all in RGB are 800 more


def test_bombs_end_in_a_sentence(tmp_path):
    for name, height in (("a.png", 60_000), ("b.jpg", 14_000)):
        write_png(tmp_path / name, 20_000, 100)
        whole = bytearray((tmp_path / name).read_bytes())
        whole[20:24] = struct.pack(">I", height)
        whole[29:33] = struct.pack(">I", zlib.crc32(whole[12:29]))
        (tmp_path / name).write_bytes(whole)
    head = struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHH", 40, 60_000, 60_000, 1, 24)
    (tmp_path / "c.bmp").write_bytes(b"BM" + head + bytes(24))
    photo().save(tmp_path / "d.jpg", progressive=True)
    whole = (tmp_path / "d.jpg").read_bytes()
    at = whole.index(b"\xff\xc2") + 5  # which must be kept whole: its height and width
    (tmp_path / "d.jpg").write_bytes(whole[:at] + struct.pack(">HH", 60_000, 60_000) + whole[at + 4 :])
    paths = sorted(tmp_path.iterdir())
    told, grown = opened_alone(256, *paths)
    assert len(told) == 4 and grown < 100
    for path, sentence in zip(paths, told, strict=True):
        assert f"{path.name} has more pixels than fit into memory" in sentence


@pytest.fixture
def low(monkeypatch):
    """As if more than 10,000 pixels were many."""
    monkeypatch.setattr(large_pictures, "LARGE", 10_000)
    monkeypatch.setattr(large_pictures, "STRIP", 5_000)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "F", "PA-transparent"])
def test_every_mode_is_made_small(tmp_path, low, mode):
    source = photo(400, 250)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(source.convert("L")).astype(np.uint16) * 257)
    elif mode == "PA-transparent":
        image = source.convert("P")
        image.info["transparency"] = 3
    else:
        image = source.convert(mode)
    image.save(tmp_path / "a.tif" if mode in ("CMYK", "F") else tmp_path / "a.png")
    (path,) = tmp_path.glob("a.*")
    found = open_picture(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_pictures, "LARGE", LARGE)
        wanted = open_picture(path).reduce(4)
    assert found.size == (100, 63) and found.mode == "RGB"
    assert np.abs(pixels(found) - pixels(wanted)).mean() < 1.5


def test_a_large_picture_is_turned_too(tmp_path, low):
    exif = Image.Exif()
    exif[0x0112] = 6
    for suffix in ("png", "tif", "jpg", "webp"):
        photo(400, 250).save(tmp_path / f"a.{suffix}", exif=exif)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(large_pictures, "LARGE", LARGE)
            wanted = open_picture(tmp_path / f"a.{suffix}").resize((63, 100), Image.Resampling.BOX)
        found = open_picture(tmp_path / f"a.{suffix}")
        assert found.width < found.height and found.width * found.height <= 10_000
        assert np.abs(pixels(found.resize((63, 100))) - pixels(wanted)).mean() < 4, suffix


def test_it_stays_twice_as_large_as_needed(tmp_path, low):
    photo(400, 250).save(tmp_path / "a.png")
    assert open_picture(tmp_path / "a.png", at_least=10).size == (34, 21)


def test_large_ones_are_read_one_at_a_time_and_no_thread_changes_a_limit(tmp_path, low, monkeypatch):
    limit, at_once, most = Image.MAX_IMAGE_PIXELS, [], []
    shrunk = large_pictures._shrunk

    def watched(image, factor):
        at_once.append(1)
        most.append(len(at_once))
        small = shrunk(image, factor)
        at_once.pop()
        return small

    monkeypatch.setattr(large_pictures, "_shrunk", watched)
    photo(400, 250).save(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        threads = [threading.Thread(target=open_picture, args=(tmp_path / "a.png",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == [1] * 8 and limit == Image.MAX_IMAGE_PIXELS == large_pictures.MOST


def test_pillows_own_limits_end_in_the_same_sentence(tmp_path, monkeypatch):
    photo().save(tmp_path / "bomb.png")
    for limit in (1000, 40_000):  # refused, warned of
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserError, match=r"bomb\.png has more pixels"):
                open_picture(tmp_path / "bomb.png")
