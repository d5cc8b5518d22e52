"""Which picture is meant by a name."""

import sys
import unicodedata

import pytest
from test_listings import picture

from helpers.base.errors import UserError
from helpers.data.named_pictures import NamedPictures


@pytest.mark.parametrize(
    "name",
    [
        *("a/Éte.JPG", "Éte.JPG", "éte.jpg", "A/ÉTE.jpg", ".\\a\\Éte.JPG", "./a/Éte.JPG", "Éte", "a/éte"),
        *("/home/me/x/a/Éte.JPG", "C:\\me\\Éte.JPG", "../pictures/Éte.JPG", "https://a.b/c/%C3%89te.JPG?x=1"),
        unicodedata.normalize("NFD", "Éte.JPG"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_found(tmp_path, name, form):
    path = picture(tmp_path / "a" / unicodedata.normalize(form, "Éte.JPG"))
    picture(tmp_path / "a" / "b.jpg")
    found = NamedPictures(tmp_path).find(name)
    assert found and found.samefile(path)


@pytest.mark.parametrize("name", ["b/x.png", "x.jpg", "x.png.1", "y", "", ".", "/", "..", "x.png\0"])
def test_not_found(tmp_path, name):
    picture(tmp_path / "a" / "x.png")
    assert NamedPictures(tmp_path).find(name) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere these are one file")
def test_never_one_of_several(tmp_path):
    for name in ("a.jpg", "A.JPG", "b.jpg", "B.png"):
        picture(tmp_path / name)
    pictures = NamedPictures(tmp_path)
    assert pictures.find("A.jpg") is None and pictures.find("b") is None
    assert pictures.find("A.JPG") == tmp_path / "A.JPG"


def test_the_very_path_comes_before_others_of_that_name(tmp_path):
    for name in ("x.png", "thumbs/x.png", "thumbs/y.png", "small/y.png"):
        picture(tmp_path / name)
    pictures = NamedPictures(tmp_path)
    assert pictures.find("x.png") == tmp_path / "x.png"
    with pytest.raises(UserError, match="twice"):
        pictures.find("y.png")


def test_two_folders_elsewhere_are_not_one_picture_here(tmp_path):
    picture(tmp_path / "1.jpg")
    pictures = NamedPictures(tmp_path)
    assert pictures.find("/data/train/1.jpg") == pictures.find("/data/train/1.jpg") == tmp_path / "1.jpg"
    with pytest.raises(UserError, match="may both mean"):
        pictures.find("/data/test/1.jpg")
