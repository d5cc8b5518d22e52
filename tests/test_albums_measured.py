"""What the benchmark of albums measures with: photographs as a camera's, an untrained captioner."""

import json

import albums
from PIL import Image

from helpers.tell.captioner import SHIPPED


def test_its_photographs_are_jpegs_of_one_size_and_all_different(tmp_path):
    albums.photograph(tmp_path / "photos", 3)
    files = sorted((tmp_path / "photos").iterdir())
    assert len({file.read_bytes() for file in files}) == 3
    for file in files:
        with Image.open(file) as image:
            assert (image.format, image.size) == ("JPEG", (640, 480))
        assert 30_000 < file.stat().st_size < 300_000


def test_a_captioner_is_one_in_a_file_or_an_untrained_one(capsys):
    assert albums.captioner_of(str(SHIPPED)).encoder.backbone == "small"
    assert albums.captioner_of("resnet18").encoder.backbone == "resnet18"
    albums.look_alone(str(SHIPPED), 64)
    assert json.loads(capsys.readouterr().out)["rate"] > 0


def test_a_run_says_how_long_it_took_and_how_much_memory(tmp_path, capsys):
    albums.photograph(tmp_path / "photos", 4)
    albums.again(str(tmp_path / "photos"), str(tmp_path / "out"), str(SHIPPED))
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["seconds"] > 0 and said["peak"] > 100 << 20 and said["albums"] >= 1
