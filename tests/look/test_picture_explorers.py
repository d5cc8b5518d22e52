import torch
from matplotlib.figure import Figure
from torch import nn

from helpers.data import datasets
from helpers.look.picture_explorers import data_explorer, encoder_explorer


def test_pictures_are_found_by_word_and_by_place(shown, tiny_set, tiny_captioner):
    dataset = datasets.load(tiny_set, "train")  # 16 pictures, walls of four colours
    data_explorer(dataset, tiny_captioner)
    word, place, number, area = shown[0].children
    assert isinstance(shown.figures[0], Figure)
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
    assert "24 of 24" in area.value and place.layout.display == "none" and "Its captions" not in area.value
    word.value = "dog"
    assert "No caption" in area.value


def test_the_encoder_shows_classes_maps_and_neighbours(shown, tiny_set, tiny_captioner):
    dataset, encoder = datasets.load(tiny_set, "train"), tiny_captioner.encoder
    torch.manual_seed(0)
    classifier = nn.Sequential(encoder.cnn, nn.Linear(encoder.feature_dim, 3))
    classes = ["<wall>", "sea", "sky"]
    encoder_explorer(dataset, encoder, tiny_captioner.transform, classifier, classes, n=3)
    number, layer, near_by, area, go = shown[0].children
    assert isinstance(shown.figures[0], Figure)
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
