import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from helpers.base.errors import UserError
from helpers.sort.clustering import cluster_captions
from helpers.sort.described import cluster_descriptions, content_weights, text_of
from helpers.sort.naming import REST
from helpers.sort.vectors import singular
from helpers.tell.describing import Description

SEEN = ["beach sea", "kitchen oven", "street car", "mountain lake"]
KINDS = np.repeat(range(4), [40, 30, 30, 20])


def descriptions(kinds=KINDS, seed=0):
    """Captions that err, words of which some are right, and features that tell kinds apart."""
    draw = np.random.default_rng(seed)
    middles = draw.integers(0, 200, (len(SEEN) + 5, 64))
    for kind in kinds:
        features = (middles[kind] + draw.integers(0, 55, 64)).astype(np.uint8)
        words = {"a": 1.0, "man": 0.9, str(draw.choice(["dog", "ball", "boy"])): 0.4}
        if kind < len(SEEN):
            words |= {word: round(draw.uniform(0.2, 0.9), 2) for word in SEEN[kind].split()}
        yield Description("a man", words, {"x": 0.5}, 0.5, features)


def test_the_right_number_of_groups_with_names_that_half_of_the_texts_hold():
    described = [*descriptions()]
    groups = cluster_descriptions(described)
    assert groups.k == 4 and adjusted_rand_score(KINDS, groups.labels) > 0.95
    assert {name for title in groups.names for name in title.lower().split(" and ")} <= {
        *" ".join(SEEN).split()
    }
    for title, g in zip(groups.names, range(4), strict=True):
        texts = [
            text_of(each).content for each, label in zip(described, groups.labels, strict=True) if label == g
        ]
        for word in title.lower().split(" and "):
            assert sum(singular(word) in text for text in texts) >= len(texts) / 2
    backwards = cluster_descriptions(described[::-1])
    assert backwards.names == groups.names and (backwards.labels[::-1] == groups.labels).all()


def test_small_groups_become_one_that_comes_last():
    kinds = np.concatenate([KINDS, [4, 4, 5, 5, 6, 7, 8]])
    groups = cluster_descriptions([*descriptions(kinds)])
    assert groups.k <= 5 and (groups.k == 4 or groups.names[-1] == REST == "Others")
    assert cluster_descriptions([*descriptions(kinds)], k=3).k == 3


def test_with_few_pictures_and_without_features_it_goes_on_as_ever():
    few = [*descriptions([0, 0, 1, 1, 2])]
    assert 1 <= cluster_descriptions(few).k <= 5 and cluster_descriptions(few[:1]).k == 1
    said = ["a dog on grass", "a dog in a park", "a boat at sea", "boats on the sea"]
    plain = [Description(caption, dict.fromkeys(caption.split(), 1.0)) for caption in said]
    ours, captions = cluster_descriptions(plain, 2), cluster_captions(said, 2)
    assert ours.names == captions.names and (ours.labels == captions.labels).all()
    with pytest.raises(UserError, match="There are no"):
        cluster_descriptions([])
    with pytest.raises(UserError, match="choose k between 1 and 5"):
        cluster_descriptions(few, k=6)


def test_a_photographs_words_are_cut_as_captions_are():
    words = {"a": 1.0, "Dogs": 0.5, "dog": 0.2, "woman": 0.9, "traffic light": 0.3, "standing": 0.8}
    assert content_weights(words) == {"dog": 0.5, "traffic": 0.3}
    assert content_weights({"a": 1.0, "woman": 0.9}) == {"woman": 0.9}
    text = text_of(
        Description("a dog outside", {"dog": 0.9, "outside": 0.9, "sea": 0.3, "walking": 0.5, "cow": 0.01})
    )
    assert text.content == ["dog", "sea"] and text.spoken[-2:] == ["", "sea"]
