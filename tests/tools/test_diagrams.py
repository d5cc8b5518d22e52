import io
from types import SimpleNamespace

import pytest
from PIL import Image

from helpers.data.datasets import NAMES
from tools import diagrams

pytestmark = pytest.mark.filterwarnings("error")


class Dataset:
    captions = [
        ["A very long caption that nobody would put over a chain of boxes."],
        ["A dog is on the beach."],
    ] * 6
    labels = ["beach", "street", "park", "farm"] * 3

    def __getitem__(self, i):
        return SimpleNamespace(image=Image.new("RGB", (80, 60), (20 * i, 90, 90)))


def words(figure):
    figure.savefig(io.BytesIO())
    return [text.get_text() for text in figure.axes[0].texts]


def test_overview_tells_the_short_caption_and_sorts_by_place():
    said = words(diagrams.encoder_decoder(Dataset()))
    assert {"Show", "Tell", "Sort", "START", "a", "dog", "is", "on", "the"} <= set(said)
    assert {"beach", "street", "park"} <= set(said) and "farm" not in said


def test_resnet_shapes_are_the_models_own():
    stages, weights, feature_dim, classes = diagrams._resnet_facts()
    assert [shape for _, _, shape in stages[1:6]] == [
        (64, 112, 112), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7),
    ]  # fmt: skip  # table 1 of He et al., 2016
    assert [made_of for _, made_of, _ in stages[2:6]] == ["3 blocks", "4 blocks", "23 blocks", "3 blocks"]
    assert (feature_dim, classes) == (2048, 1000)
    assert weights + 2049 * 1000 == 44_549_160  # all of ResNet-101


def test_resnet_figure_names_the_new_layers_size():
    said = words(diagrams.resnet101(embedding_dim=512))
    assert {"512", "1024×14×14", "23 blocks", "trained: 1.0 million"} <= set(said)


def test_unrolled_decoder_feeds_each_word_back():
    said = words(diagrams.unrolled_decoder(("a", "cat", "END")))
    assert said.count("LSTM") == 4 and said.count("a") == said.count("cat") == 2 and said.count("END") == 1
    assert "$t = -1$" in said and "$t = 3$" not in said


def test_split_shows_every_data_set_that_can_be_loaded():
    said = words(diagrams.data_split())
    assert {"60,000", "4,000", "80,000", "5,000"} <= set(said)
    assert {name.split()[0].lower() for name in diagrams.SPLITS} == set(NAMES)
