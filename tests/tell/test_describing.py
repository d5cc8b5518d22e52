from itertools import chain

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.base.device import in_parallel
from helpers.base.errors import UserError
from helpers.show.sight import Sight
from helpers.tell.describing import Description, at_a_time, describe_pictures


def pictures(n=5):
    draw = np.random.default_rng(0)
    return [Image.fromarray(draw.integers(0, 255, (40, 60, 3), dtype=np.uint8)) for _ in range(n)]


@pytest.fixture
def seeing(tiny_captioner):
    """The tiny captioner, which sees three classes."""
    sight = Sight(tiny_captioner.encoder.feature_dim, ["Chihuahua", "wall", "alp"], dimensions=4)
    sight.learn(torch.rand(20, tiny_captioner.encoder.feature_dim), torch.rand(20, sight.mean.numel()))
    tiny_captioner.sight = sight.eval()
    return tiny_captioner


def test_the_caption_is_what_the_captioner_says(seeing):
    for beam_width in (1, 3):
        described = describe_pictures(seeing, pictures(), beam_width)
        assert [each.caption for each in described] == seeing.caption(pictures(), beam_width=beam_width)


def test_words_weigh_what_the_decoder_and_the_classes_give_them(seeing):
    (one,) = describe_pictures(seeing, pictures(1))
    assert set(one.words) <= {*seeing.vocabulary.words[4:], "chihuahua", "dog", "wall", "mountain"}
    assert all(0.05 <= weight <= 1 for weight in one.words.values()) and {"dog", "mountain"} <= set(one.words)
    assert list(one.classes.values()) == sorted(one.classes.values(), reverse=True)
    assert 0 <= one.familiarity <= 1
    assert one.features.dtype == np.uint8 and one.features.max() == 255
    first = seeing.next_words(seeing.context(pictures(1)), [], n=1)[0]
    assert one.words[first[0]] >= round(first[1], 2) - 0.01, "at one step or another"


def test_a_picture_is_described_alike_beside_whatever_others(seeing):
    together = describe_pictures(seeing, pictures(), batch_size=3)
    for i, picture in enumerate(pictures()):
        (alone,) = describe_pictures(seeing, [picture])
        assert alone.caption == together[i].caption and alone.classes.keys() == together[i].classes.keys()
        assert alone.words == pytest.approx(together[i].words, abs=0.011)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert describe_pictures(seeing, pictures(1))[0].words == pytest.approx(together[0].words, abs=0.011)
    finally:
        torch.set_num_threads(threads)


def test_batches_are_described_alike_side_by_side(seeing):
    threads, batches = torch.get_num_threads(), [pictures(9)[i : i + 2] for i in range(0, 9, 2)]
    torch.set_num_threads(3)
    try:
        hands = at_a_time(seeing)
        found = [*in_parallel(lambda some: describe_pictures(seeing, some), batches, hands)]
    finally:
        torch.set_num_threads(threads)
    alone = [describe_pictures(seeing, some) for some in batches]
    assert hands == 3 and [*map(len, found)] == [2, 2, 2, 2, 1]
    for one, other in zip(chain.from_iterable(found), chain.from_iterable(alone), strict=True):
        assert one.caption == other.caption and one.words == pytest.approx(other.words, abs=0.011)


def test_others_than_captioners_on_a_cpu_describe_one_batch_at_a_time(seeing, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    assert at_a_time(seeing) == 4 and at_a_time(object()) == 1
    seeing.device = torch.device("cuda")
    assert at_a_time(seeing) == 1
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    seeing.device = torch.device("cpu")
    assert at_a_time(seeing) == 1


def test_one_pass_through_the_cnn_serves_all(seeing, monkeypatch):
    looks, look = [], seeing.encoder.features
    monkeypatch.setattr(seeing.encoder, "features", lambda images: looks.append(len(images)) or look(images))
    describe_pictures(seeing, pictures(), batch_size=2)
    assert looks == [2, 2, 1]
    looks.clear()
    describe_pictures(seeing, 6 * pictures())
    assert looks == [8, 8, 8, 6]  # its maps take memory


def test_captioners_of_any_kind_are_described_by_what_they_say(tiny_captioner):
    class Writer:
        def caption(self, some, beam_width=3):
            return [f"A dog, {beam_width} walls."] * len(some)

    plain = Description("A dog, 2 walls.", {"a": 1.0, "dog": 1.0, "2": 1.0, "walls": 1.0})
    assert describe_pictures(Writer(), pictures(2), 2) == [plain, plain]
    (blind,) = describe_pictures(tiny_captioner, pictures(1))
    assert blind.classes == {} and blind.familiarity is None and blind.features is None and blind.words
    tiny_captioner.sight = Sight(tiny_captioner.encoder.feature_dim, dimensions=4)
    assert describe_pictures(tiny_captioner, pictures(1))[0].familiarity is not None
    assert describe_pictures(tiny_captioner, []) == []


@pytest.mark.parametrize("given", ["a dog", [], ["a dog"], 3 * ["a dog"], ["a dog", None], None])
def test_who_gives_anything_but_a_sentence_a_picture_is_told(given):
    class Writer:
        def caption(self, some, beam_width=3):
            return given

    with pytest.raises(UserError, match=r"Writer\.caption must give .* each of 2 pictures"):
        describe_pictures(Writer(), pictures(2))
