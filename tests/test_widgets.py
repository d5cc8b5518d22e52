"""Each explorer is shown, its controls are moved, and what it draws must follow."""

import io
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime

import ipywidgets
import pytest
from matplotlib.figure import Figure
from PIL import Image

from helpers import widgets

TIME = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def shown(monkeypatch):
    """The controls as `show` got them, and what was drawn beneath them, in order."""
    drawn, controls = [], []

    def view_of(result):
        drawn.append(result)
        return ipywidgets.HTML()

    monkeypatch.setattr(widgets, "view_of", view_of)
    monkeypatch.setattr(widgets, "show", lambda control, figure=None: controls.append(control))
    return drawn, controls


def test_figures_become_pictures_and_strings_html():
    assert widgets.view_of("<b>bold</b>").value == "<b>bold</b>"
    figure = Figure(figsize=(2, 1))
    assert Image.open(io.BytesIO(widgets.view_of(figure).value)).size == (180, 90)
    assert len(widgets.view_of((figure, "<b>bold</b>")).children) == 2


def test_without_a_kernel_a_line_stands_in_for_the_control(monkeypatch):
    seen = []
    monkeypatch.setattr(widgets, "display", lambda bundle, raw: seen.append(bundle))
    widgets.show(ipywidgets.IntSlider())
    assert "when the notebook runs" in seen[0]["text/plain"] and "image/png" not in seen[0]
    widgets.explore(lambda n: (Figure(figsize=(n, 1)), "words"), n=ipywidgets.IntSlider(2))
    assert Image.open(io.BytesIO(b64decode(seen[1]["image/png"]))).size == (180, 90)


def test_the_drawing_follows_the_slider(shown):
    slider = ipywidgets.IntSlider(1, 0, 9)
    widgets.explore(lambda n: n * n, n=slider)
    slider.value = 5
    assert shown[0] == [1, 25]


def test_threshold_moves_words_to_unk(shown):
    widgets.vocabulary_explorer(Counter({"a": 40, "dog": 7, "ibex": 1}), ["A dog.", "An ibex"])
    slider = shown[1][0].children[0]
    slider.value = 0
    before, after = shown[0]
    assert "<mark>ibex" in before and "<mark>dog" not in before and "<mark>ibex" not in after


def test_the_stepper_says_the_word_that_was_chosen(shown, tiny_captioner):
    widgets.caption_stepper(tiny_captioner, Image.new("RGB", (20, 20)))
    choice, say, again = shown[1][0].children[0].children
    choice.value = "blue"
    say.click()
    assert shown[0][-1].axes[0].get_title(loc="left").startswith("blue")
    choice.value = "<END>"
    say.click()
    assert say.disabled
    again.click()
    assert not say.disabled and "blue" not in shown[0][-1].axes[0].get_title(loc="left")


def test_beam_width_is_the_number_of_captions(shown, tiny_captioner):
    widgets.beam_explorer(tiny_captioner, Image.new("RGB", (20, 20)))
    width = shown[1][0].children[0]
    width.value = 5
    assert [table.count("<tr><td>") for _, table in shown[0]] == [3, 5]
    narrow, wide = (len(tree.axes[0].texts) for tree, _ in shown[0])
    assert wide > narrow > 10  # words and numbers


def test_dice_and_temperature_change_what_is_drawn(shown, tiny_captioner):
    widgets.sampling_explorer(tiny_captioner, Image.new("RGB", (20, 20)), n=6)
    temperature, top_p, dice = shown[1][0].children[:3]
    dice.value = 3
    dice.value = 0
    temperature.value, top_p.value = 0.1, 0.05
    first, other, again, *_, sure = shown[0]
    assert first == again != other
    assert all(table.count("<tr><td>") == 6 for table in shown[0])
    assert len(set(sure.split("<tr>")[2:-1])) == 1  # hardly any chance is left: six times the same


def test_live_curves_replace_themselves(monkeypatch):
    updates = []

    class Handle:
        def update(self, figure):
            updates.append(figure)

    monkeypatch.setattr(widgets, "display", lambda figure, display_id: Handle())
    live = widgets.LiveCurves()
    row = {"epoch": 1, "train_loss": 2.0, "val_loss": 2.1, "CIDEr": 0.1}
    live([row])
    live([row, row | {"epoch": 2}])
    assert len(updates) == 1


def test_a_file_that_is_no_picture_gets_a_sentence(shown, tiny_captioner):
    widgets.upload_explorer(tiny_captioner)
    chooser = shown[1][0].children[0]
    png = io.BytesIO()
    Image.new("L", (30, 20)).save(png, format="PNG")
    for name, content in (("<notes>.txt", b"no picture"), ("grey.png", png.getvalue())):
        chooser.value = ({"name": name, "type": "", "size": 1, "content": content, "last_modified": TIME},)
    assert "Choose a picture" in shown[0][0]
    assert "&lt;notes&gt;.txt cannot be read" in shown[0][1]
    assert isinstance(shown[0][2], Figure)
