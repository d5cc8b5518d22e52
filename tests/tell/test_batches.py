"""Captions as batches."""

import pytest
import torch
from training_runs import CAPTIONS, VOCABULARY

from helpers.base.errors import UserError
from helpers.tell.batches import CaptionBatches


def test_batches_hold_every_caption_once_with_its_picture():
    features = torch.arange(4.0).unsqueeze(1)
    batches = CaptionBatches(features, CAPTIONS, VOCABULARY, batch_size=2)
    seen = []
    for pictures, captions in batches.epoch(torch.Generator().manual_seed(0)):
        assert (captions[:, 0] == VOCABULARY.START).all()
        assert (captions != VOCABULARY.PAD).any(0).all()  # no column of nothing but padding
        seen += [(int(p), VOCABULARY.decode(c)) for p, c in zip(pictures, captions, strict=True)]
    assert sorted(seen) == sorted((i, c) for i, group in enumerate(CAPTIONS) for c in group)
    assert len(batches) == 3


def test_chance_decides_which_version_of_a_picture_is_seen():
    n = len(CAPTIONS)
    features = torch.arange(2.0 * n).unsqueeze(1)  # the pictures, and once more, mirrored say
    batches = CaptionBatches(features, CAPTIONS, VOCABULARY, batch_size=2)
    seen, generator = set(), torch.Generator().manual_seed(0)
    for _ in range(20):
        one = [
            (int(p), VOCABULARY.decode(c))
            for f, words in batches.epoch(generator)
            for p, c in zip(f, words, strict=True)
        ]
        assert sorted((p % n, c) for p, c in one) == sorted((i, c) for i, g in enumerate(CAPTIONS) for c in g)
        seen |= {p for p, _ in one}
    assert seen == set(range(2 * n))
    with pytest.raises(UserError, match="features of 3 pictures, but captions of"):
        CaptionBatches(torch.zeros(3, 1), CAPTIONS, VOCABULARY)


def test_no_captions_is_said_in_a_sentence():
    with pytest.raises(UserError, match="no captions"):
        CaptionBatches(torch.zeros(2, 3), [[], []], VOCABULARY)
