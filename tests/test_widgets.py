"""Each explorer is shown, its controls are moved, and what it draws must follow."""

import io
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime

import ipywidgets
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from helpers.base.errors import UserError
from helpers.data import datasets
from helpers.look import stage, stepper
from helpers.look.picture_explorers import data_explorer, encoder_explorer
from helpers.look.stepper import caption_stepper
from helpers.look.word_explorers import beam_explorer, sampling_explorer, upload_explorer, vocabulary_explorer
from helpers.sort.clustering import cluster_captions

TIME = datetime(2024, 1, 1, tzinfo=UTC)
GREY = Image.new("RGB", (20, 20), "grey")


def test_strings_and_figures_become_html():
    assert stage.html_of("<b>bold</b>") == "<b>bold</b>"
    figure = Figure(figsize=(2, 1))
    figure.subplots().set_title("a < b", loc="left")
    html = stage.html_of((figure, "<i>it</i>"))
    assert html.startswith("<img") and html.endswith("<i>it</i>") and 'alt="a &lt; b"' in html
    assert Image.open(io.BytesIO(stage.png_of(figure))).size == (180, 90)


def test_without_a_kernel_a_line_or_a_figure_stands_in_for_the_control(monkeypatch):
    seen = []
    monkeypatch.setattr(stage, "display", lambda bundle, **_: seen.append(bundle))
    stage.show(ipywidgets.IntSlider())
    assert "when the notebook runs" in seen[0]["text/plain"] and "image/png" not in seen[0]
    stage.explore(lambda n: (Figure(figsize=(n, 1)), "words"), n=ipywidgets.IntSlider(2))
    assert Image.open(io.BytesIO(b64decode(seen[1]["image/png"]))).size == (180, 90)


def test_the_drawing_follows_the_slider_and_a_mistake_of_the_user_is_a_sentence(shown):
    def draw(n):
        if n == 7:
            raise UserError("Seven is <too> many.")
        return f"<b>{n * n}</b>"

    slider = ipywidgets.IntSlider(1, 0, 9)
    stage.explore(draw, n=slider)
    area = shown[0].children[-1]
    slider.value = 5
    assert "<b>25</b>" in area.value
    slider.value = 7
    assert "Seven is &lt;too&gt; many." in area.value and "<b>25" not in area.value


def test_every_explorer_has_a_figure_to_stand_in(shown, tiny_set, tiny_captioner):
    dataset = datasets.load(tiny_set, "test")
    data_explorer(dataset)
    vocabulary_explorer(Counter("aabb"), ["a b"])
    caption_stepper(tiny_captioner, GREY)
    beam_explorer(tiny_captioner, GREY)
    sampling_explorer(tiny_captioner, GREY)
    upload_explorer(tiny_captioner, example=GREY)
    assert len(shown.figures) == 6 and all(isinstance(figure, Figure) for figure in shown.figures)


def test_pictures_are_found_by_word_and_by_place(shown, tiny_set, tiny_captioner):
    dataset = datasets.load(tiny_set, "train")  # 16 pictures, walls of four colours
    data_explorer(dataset, tiny_captioner)
    word, place, number, area = shown[0].children
    assert "16 of 16" in area.value and "The machine says" in area.value and number.max == 15
    number.value = 15
    word.value = "gre wall"
    assert "4 of 16" in area.value and "<mark>green</mark>" in area.value
    assert number.max == 3 and number.value == 3, "the slider goes over what was found"
    place.value = "red"
    assert "No caption red has" in area.value and "<img" not in area.value
    word.value, number.value = "", 2
    assert "4 of 16" in area.value and "008.png, red" in area.value
    assert 'alt="A red wall."' in area.value
    word.value = "<script>"
    assert "<script>" not in area.value


def test_a_folder_without_captions_can_be_browsed(shown, tiny_set):
    data_explorer(datasets.load(tiny_set / "images"))
    word, place, _, area = shown[0].children
    assert "24 of 24" in area.value and place.layout.display == "none" and "People say" not in area.value
    word.value = "dog"
    assert "No caption" in area.value


def test_the_encoder_shows_classes_maps_and_neighbours(shown, tiny_set, tiny_captioner):
    dataset, encoder = datasets.load(tiny_set, "train"), tiny_captioner.encoder
    torch.manual_seed(0)
    classifier = nn.Sequential(encoder.cnn, nn.Linear(encoder.feature_dim, 3))
    classes = ["<wall>", "sea", "sky"]
    encoder_explorer(dataset, encoder, tiny_captioner.transform, classifier, classes, n=3)
    number, layer, near_by, area, go = shown[0].children
    assert "&lt;wall&gt;" in area.value and "16 feature maps of 48 × 48" in area.value
    assert area.value.count('alt="A red wall."') == 4, "itself and three walls of its colour"
    first = area.value
    layer.value = layer.max
    assert "24 feature maps of 6 × 6" in area.value and area.value != first
    near_by.value = "features"
    assert "The nearest pictures by features" in area.value
    number.value = 1
    assert 'alt="A green wall."' in area.value and 'alt="A red wall."' not in area.value
    go.children[0].click()
    assert number.value % 4 == 1 and number.value != 1, "the nearest is another green wall"


def test_threshold_moves_words_to_unk(shown):
    vocabulary_explorer(Counter({"a": 40, "dog": 7, "ibex": 1}), ["A dog.", "An ibex"])
    slider, area = shown[0].children
    assert "<mark>ibex" in area.value and "<mark>dog" not in area.value
    assert "<b>2</b> words are kept: <b>97.92%</b>" in area.value
    slider.value = 0
    assert "<mark>ibex" not in area.value


def parts_of(shown):
    *rows, steps, area = shown[0].children
    return [row.children[0] for row in rows], steps.children, area


def test_the_stepper_says_the_word_that_was_clicked_and_takes_it_back(shown, tiny_captioner):
    caption_stepper(tiny_captioner, GREY, n=6)
    words, (other, back, _, again), area = parts_of(shown)
    before = [button.description for button in words]
    assert back.disabled and "after START" in area.value
    next(button for button in words if button.description == "blue").click()
    assert "<b>blue …</b>" in area.value and "after blue" in area.value and not back.disabled
    other.value = "zebra"  # not in the vocabulary
    other.value = "dog"
    assert "<b>blue dog …</b>" in area.value and other.value == ""
    back.click()
    assert "<b>blue …</b>" in area.value
    again.click()
    assert [button.description for button in words] == before and back.disabled


def test_the_stepper_goes_on_alone_from_where_one_is(shown, tiny_captioner):
    caption_stepper(tiny_captioner, GREY, n=6)
    words, (other, back, on, again), area = parts_of(shown)
    other.value = "wall"
    on.click()
    context = tiny_captioner.context([GREY])
    said = stepper.go_on(tiny_captioner, context, [tiny_captioner.vocabulary["wall"]])
    names = " ".join(tiny_captioner.vocabulary.words[i].strip("<>") for i in said)
    assert f"<b>{names}</b>" in area.value and names.startswith("wall ")
    assert all(button.disabled for button in words) and on.disabled and not again.disabled
    back.click()
    assert not on.disabled and not words[0].disabled


def test_log_p_is_the_sum_over_the_words(tiny_captioner):
    context = tiny_captioner.context([GREY])
    said = [tiny_captioner.vocabulary[word] for word in ("a", "red", "dog")]
    _, probabilities = tiny_captioner.listen(context, said)
    expected = []
    for t, i in enumerate(said):
        before = [tiny_captioner.vocabulary.words[j] for j in said[:t]]
        expected.append(
            dict(tiny_captioner.next_words(context, before, 99))[tiny_captioner.vocabulary.words[i]]
        )
    torch.testing.assert_close(stepper.chances(probabilities[:-1], said), torch.tensor(expected))


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


def upload(name, content):
    return ({"name": name, "type": "", "size": 1, "content": content, "last_modified": TIME},)


def test_an_uploaded_picture_gets_a_caption_and_a_group_and_another_file_a_sentence(shown, tiny_captioner):
    clusters = cluster_captions(["a red wall", "a blue dog", "a green wall"], 2)
    upload_explorer(tiny_captioner, clusters)
    chooser, area = shown[0].children
    assert "Choose a picture" in area.value and shown.figures == [None]
    chooser.value = upload("<notes>.txt", b"no picture")
    assert "&lt;notes&gt;.txt cannot be read" in area.value and "<img" not in area.value
    png = io.BytesIO()
    Image.new("L", (30, 20)).save(png, format="PNG")
    chooser.value = upload("grey.png", png.getvalue())
    caption = tiny_captioner.caption([Image.new("RGB", (30, 20))])[0]
    assert f"<b>{caption}</b>" in area.value and "cannot be read" not in area.value
    assert area.value.count('scope="row"') >= len(caption.split())
    assert any(f"It would join the group <b>{name}</b>" in area.value for name in clusters.names)


@pytest.mark.parametrize("words", ["", "x"])
def test_a_word_that_is_none_changes_nothing(shown, tiny_captioner, words):
    caption_stepper(tiny_captioner, GREY)
    _, (other, *_), area = parts_of(shown)
    before = area.value
    other.value = words
    assert area.value == before
