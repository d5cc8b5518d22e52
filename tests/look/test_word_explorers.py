import io
from collections import Counter
from datetime import UTC, datetime

import ipywidgets
import pytest
from matplotlib.figure import Figure
from PIL import Image

from helpers.look.word_explorers import (
    beam_explorer,
    sampling_explorer,
    upload_explorer,
    uploaded,
    vocabulary_explorer,
)
from helpers.show.sight import Sight
from helpers.sort.clustering import cluster_captions

TIME = datetime(2024, 1, 1, tzinfo=UTC)
GREY = Image.new("RGB", (20, 20), "grey")


def test_every_explorer_has_a_figure_to_stand_in(shown, tiny_captioner):
    vocabulary_explorer(Counter("aabb"), ["a b"])
    beam_explorer(tiny_captioner, GREY)
    sampling_explorer(tiny_captioner, GREY)
    upload_explorer(tiny_captioner, example=GREY)
    assert len(shown.figures) == 4 and all(isinstance(figure, Figure) for figure in shown.figures)


def test_threshold_moves_words_to_unk(shown):
    vocabulary_explorer(Counter({"a": 40, "dog": 7, "ibex": 1}), ["A dog.", "An ibex"])
    slider, area = shown[0].children
    assert "<mark>ibex" in area.value and "<mark>dog" not in area.value
    assert "<b>2</b> words are kept: <b>97.92%</b>" in area.value
    slider.value = 0
    assert "<mark>ibex" not in area.value
    vocabulary_explorer(Counter({"a": 90, "dog": 70}), ["A dog."], 80)
    slider, area = shown[1].children
    assert slider.value == 80 and "<mark>dog" in area.value


def test_beam_width_is_the_number_of_captions(shown, tiny_captioner):
    beam_explorer(tiny_captioner, GREY)
    width, penalty, area = shown[0].children
    narrow = area.value
    width.value = 5
    assert [page.count("<tr><td") for page in (narrow, area.value)] == [3, 5]
    assert area.value.count("<path") > narrow.count("<path") > 3
    before = area.value
    penalty.value = 2.0
    assert area.value != before


def test_dice_and_temperature_change_what_is_drawn(shown, tiny_captioner):
    sampling_explorer(tiny_captioner, GREY, n=6)
    temperature, top_p, dice, area = shown[0].children
    first = area.value
    dice.value = 3
    assert area.value != first
    dice.value = 0
    assert area.value == first and first.count("<tr><td") == 6
    temperature.value, top_p.value = 0.1, 0.05
    assert "1 different captions of 6" in area.value  # hardly any chance is left: six times the same


def old_upload(name, content):
    """What a FileUpload of ipywidgets 7 holds."""
    return {name: {"metadata": {"name": name, "type": "", "size": 1, "lastModified": 1}, "content": content}}


def new_upload(name, content):
    """And of ipywidgets 8."""
    return ({"name": name, "type": "", "size": 1, "content": memoryview(content), "last_modified": TIME},)


upload = old_upload if ipywidgets.__version__.startswith("7.") else new_upload


def test_the_last_of_several_files_counts_in_old_and_new_ipywidgets():
    assert uploaded(old_upload("a", b"1") | old_upload("b", b"2")) == ("b", b"2")
    assert uploaded(new_upload("a", b"1") + new_upload("b", b"2")) == ("b", b"2")


def test_an_uploaded_picture_gets_a_caption_and_a_group_and_another_file_a_sentence(shown, tiny_captioner):
    clusters = cluster_captions(["a red wall", "a blue dog", "a green wall"], 2)
    upload_explorer(tiny_captioner, clusters)
    chooser, _, area = shown[0].children
    assert "Choose a picture" in area.value and shown.figures == [None]
    chooser.set_trait("value", upload("<notes>.txt", b"no picture"))
    assert "&lt;notes&gt;.txt cannot be read" in area.value and "<img" not in area.value
    png = io.BytesIO()
    Image.new("L", (30, 20)).save(png, format="PNG")
    chooser.set_trait("value", upload("grey.png", png.getvalue()))
    caption = tiny_captioner.caption([Image.new("RGB", (30, 20))])[0]
    assert f"<b>{caption}</b>" in area.value and "cannot be read" not in area.value
    assert area.value.count('scope="row"') >= len(caption.split())
    assert any(f"It would join the group <b>{name}</b>" in area.value for name in clusters.names)


def test_a_captioner_with_sight_tells_what_it_sees_and_whether_it_knows_the_like(shown, tiny_captioner):
    upload_explorer(tiny_captioner, example=GREY)
    assert "The CNN sees" not in shown[0].children[-1].value
    sight = tiny_captioner.sight = Sight(tiny_captioner.encoder.feature_dim, ["<cup>"], dimensions=2)
    sight.distances.fill_(1e9)  # how far held-out pictures lie
    upload_explorer(tiny_captioner, example=GREY)
    assert "The CNN sees: &lt;cup&gt; 100%. Familiar:" in shown[1].children[-1].value
    sight.distances.fill_(-1)
    upload_explorer(tiny_captioner, example=GREY)
    assert "Unsure: it looks like nothing" in shown[2].children[-1].value


def test_a_picture_is_read_from_a_path_and_the_newest_counts(shown, tiny_captioner, tmp_path):
    upload_explorer(tiny_captioner)
    chooser, place, area = shown[0].children
    Image.new("RGB", (30, 20), "red").save(tmp_path / "my photo.png")
    said = tiny_captioner.caption([tmp_path / "my photo.png"])[0]
    for path in (tmp_path / "my photo.png", f'"{tmp_path / "my photo.png"}"'):
        place.value = str(path)
        assert f"<b>{said}</b>" in area.value and "<img" in area.value
        place.value = str(tmp_path / "<none>.png")
        assert "There is no file" in area.value and "&lt;none&gt;.png" in area.value
    place.value = str(tmp_path / "my photo.png")
    chooser.set_trait("value", upload("notes.txt", b"no picture"))
    assert place.value == "" and "notes.txt cannot be read" in area.value
    place.value = str(tmp_path)
    assert "There is no file" in area.value


@pytest.mark.parametrize("raised, said", [(None, "about 10 MB, on Colab 1 MB"), ("256000000", "(256 MB)")])
def test_it_says_how_large_a_file_may_be(shown, tiny_captioner, monkeypatch, raised, said):
    monkeypatch.delenv("SHOW_TELL_SORT_UPLOAD", raising=False)
    if raised:
        monkeypatch.setenv("SHOW_TELL_SORT_UPLOAD", raised)
    upload_explorer(tiny_captioner, example=GREY)
    chooser, _, area = shown[0].children
    assert said in area.value and "write its path" in area.value
    png = io.BytesIO()
    GREY.save(png, format="PNG")
    chooser.set_trait("value", upload("grey.png", png.getvalue()))
    assert said in area.value, "also at the second picture, which may be larger"
