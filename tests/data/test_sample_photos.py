import sys
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from helpers.base.errors import UserError
from helpers.data import sample_photos as module
from helpers.data.sample_photos import photo_folder, sample_photos, some_photos


def test_scikit_learn_and_matplotlib_bring_photographs():
    photos = sample_photos()
    assert {"china", "flower", "grace_hopper"} <= {*photos}
    for path in photos.values():
        with Image.open(path) as image:
            assert min(image.size) > 200


def test_what_is_not_installed_or_came_without_its_pictures_is_left_out(monkeypatch, tmp_path):
    (tmp_path / "skimage" / "data").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "skimage" / "data" / "rocket.jpg")
    (tmp_path / "skimage" / "__init__.py").write_text("raise RuntimeError('it is imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert "rocket" in sample_photos() and "chelsea" not in sample_photos()
    monkeypatch.setitem(sys.modules, "sklearn", None)  # as if it were not installed
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))  # without a spec
    assert {*sample_photos()} == {"rocket"}


def test_without_any_the_reader_is_asked_for_a_folder(monkeypatch):
    monkeypatch.setattr(module, "_PHOTOS", {"no such package": ("photo.jpg",)})
    assert sample_photos() == {}
    for ask in (photo_folder, some_photos):
        with pytest.raises(UserError, match="a folder of your own"):
            ask()


def test_the_folder_of_samples_holds_copies_and_your_own_stays_as_it_is(home, tmp_path):
    folder = photo_folder()
    assert folder.is_relative_to(home)
    assert {path.stem for path in folder.iterdir()} == {*sample_photos()}
    assert photo_folder() == folder  # a second time nothing is in the way
    assert photo_folder(str(tmp_path)) == tmp_path


def test_photographs_are_read_small_by_name_the_first_ones(tmp_path, capsys):
    (tmp_path / "trip").mkdir()
    for name in ("b.jpg", "a.png", "trip/a.png"):
        Image.fromarray(np.zeros((90, 120, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "0.jpg").write_text("no picture")
    before = sorted(tmp_path.rglob("*"))
    photos = some_photos(tmp_path, n=2, side=60)
    assert [*photos] == ["a.png", "b.jpg"] and photos["b.jpg"].size == (60, 45)
    assert "0.jpg" in capsys.readouterr().out and sorted(tmp_path.rglob("*")) == before
    assert [*some_photos(tmp_path)] == ["a.png", "b.jpg", "trip/a.png"]
    assert {*some_photos()} == {*sample_photos()}


def test_a_folder_with_nothing_to_read_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match="no photograph in"):
        some_photos(tmp_path)
    (tmp_path / "0.jpg").write_text("no picture")
    with pytest.raises(UserError, match=r"0\.jpg"):
        some_photos(tmp_path)
    with pytest.raises(UserError):
        some_photos(tmp_path / "nowhere")
