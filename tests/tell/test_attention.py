import pytest
import torch
from PIL import Image

from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import Encoder
from helpers.tell.attention import covered, inside_boxes, looks
from helpers.tell.captioner import Captioner
from helpers.tell.decoder import AttentionDecoder

PICTURES = [Image.new("RGB", (50, 30), colour) for colour in ("red", "green", "blue")]


@pytest.fixture
def captioner():
    torch.manual_seed(0)
    vocabulary = Vocabulary.build(["a red wall", "a green wall", "a blue dog"])
    decoder = AttentionDecoder(len(vocabulary), 12, 20, attention_dim=7)
    return Captioner(Encoder("small", 12, weights=None, grid=True), decoder, vocabulary, device="cpu")


def test_every_word_has_its_map_and_the_words_are_the_caption(captioner):
    looked = looks(captioner, PICTURES)
    assert [" ".join(words) for words, _ in looked] == captioner.caption(PICTURES)
    for words, maps in looked:
        assert maps.shape == (len(words), 36)
        torch.testing.assert_close(maps.sum(1), torch.ones(len(words)))


def test_the_maps_are_those_of_the_state_that_says_the_word(captioner):
    words, maps = looks(captioner, PICTURES[:1])[0]
    said = [Vocabulary.START, *(captioner.vocabulary[word] for word in words)]
    with torch.inference_mode():
        state = captioner.decoder.start(captioner.context(PICTURES[:1]))
        for t in range(len(words)):
            torch.testing.assert_close(maps[t : t + 1], captioner.decoder.look(state))
            _, state = captioner.decoder.step(torch.tensor(said[t : t + 1]), state)


def test_a_captioner_without_attention_says_so(tiny_captioner):
    with pytest.raises(UserError, match="07_attention"):
        looks(tiny_captioner, PICTURES)


def test_boxes_cover_places_of_the_grid_in_the_picture_s_own_shape():
    left_half = covered([[0, 0, 100, 50]], width=200, height=50, side=2)
    assert left_half.tolist() == [1, 0, 1, 0]
    assert covered([[0, 0, 50, 25]], 200, 50, 2).tolist() == [0.5, 0, 0, 0]
    twice = covered([[0, 0, 100, 50], [0, 0, 100, 50]], 200, 50, 2)
    assert twice.tolist() == [1, 0, 1, 0]  # two boxes on one spot are one spot


def test_attention_on_the_named_thing_counts_and_words_without_a_thing_do_not():
    truth = {"objects": [{"name": "dog", "box": [0, 0, 10, 20]}, {"name": "cat", "box": [10, 0, 10, 20]}]}
    maps = torch.tensor([[0.25] * 4, [0.5, 0.1, 0.3, 0.1], [1.0, 0, 0, 0], [0.0, 1, 0, 0]])
    got = inside_boxes([(["a", "dog", "sits", "horse"], maps)], [truth], [(20, 20)])
    assert got == pytest.approx({"inside": 0.8, "area": 0.5, "words": 1})
    assert inside_boxes([(["a"], maps[:1])], [truth], [(20, 20)])["words"] == 0
