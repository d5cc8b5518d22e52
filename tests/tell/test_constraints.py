"""Words that must be said, and captions that must differ; the search itself is tested in test_decoding."""

import itertools

import pytest
import torch
from random_decoders import END, all_captions, random_decoder, teacher_forced

from helpers.tell.constraints import Constraints
from helpers.tell.decoding import beam_search


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
@pytest.mark.parametrize("must_include", [[5], [4, 6], [6, 4, 5]])
@pytest.mark.parametrize("seed", range(25))
@torch.no_grad()
def test_the_best_caption_with_certain_words_is_found(seed, must_include, length_penalty):
    decoder, context = random_decoder(seed)
    found = beam_search(decoder, context, 27, 4, length_penalty, must_include=must_include)
    for i, hypotheses in enumerate(found):
        truth = all_captions(
            decoder, context[i : i + 1], 4, length_penalty, lambda words: set(must_include) <= set(words)
        )
        assert [h.words for h in hypotheses[:3]] == [words for _, words in truth[:3]]
        assert hypotheses[0].score(length_penalty) == pytest.approx(truth[0][0], abs=1e-4)


@pytest.mark.parametrize("beam_width", [1, 3])
def test_a_narrow_beam_says_the_words_however_unlikely_they_are(beam_width):
    decoder, context = random_decoder(1, words=12)
    with torch.no_grad():
        decoder.fc.bias[[7, 9]] = -30.0
    for hypotheses in beam_search(decoder, context, beam_width, 8, must_include=[7, 9, 7]):
        assert len(hypotheses) == beam_width
        assert all({7, 9} <= set(h.words) for h in hypotheses)
    for hypotheses in beam_search(decoder, context, beam_width, 2, must_include=[7, 9]):
        assert all(sorted(h.words) == [7, 9] for h in hypotheses)  # there is room for nothing else
        assert len({tuple(h.words) for h in hypotheses}) == len(hypotheses)


def test_what_must_not_be_and_what_must_be_go_together():
    decoder, context = random_decoder(2, words=9)
    for hypotheses in beam_search(decoder, context, 4, 6, must_include=[8], forbid=[4, 5]):
        assert all(8 in h.words and not {4, 5} & set(h.words) for h in hypotheses)


def test_banks_know_which_words_they_have_and_where_one_comes_from():
    banks = Constraints([7, 9], 20)
    assert banks.has.tolist() == [[False, False], [True, False], [False, True], [True, True]]
    assert banks.source[3].tolist() == [2, 1]  # to have both: say 7 where 9 is there, or 9 where 7 is there


def different_words(hypotheses):
    pairs = itertools.combinations([set(h.words) for h in hypotheses], 2)
    return sum(len(one ^ other) for one, other in pairs)


@pytest.mark.parametrize("options", [{}, {"must_include": [9]}])
def test_groups_of_beams_say_different_things(options):
    alike = apart = 0
    for seed in range(20):
        decoder, context = random_decoder(seed, words=16, sharpness=8.0)
        plain = beam_search(decoder, context, 4, 8, **options)
        diverse = beam_search(decoder, context, 4, 8, groups=4, diversity=5.0, **options)
        for i, (one, other) in enumerate(zip(plain, diverse, strict=True)):
            alike, apart = alike + different_words(one), apart + different_words(other)
            assert len({tuple(h.words) for h in other}) == len(other)
            assert [h.log_prob for h in other] == sorted((h.log_prob for h in other), reverse=True)
            with torch.no_grad():
                for h in other:  # the diversity ranks the beams; it does not touch the probability
                    assert h.log_prob == pytest.approx(
                        teacher_forced(decoder, context[i : i + 1], h), abs=1e-4
                    )
    assert apart > 1.3 * alike


def test_without_diversity_every_group_finds_the_same():
    decoder, context = random_decoder(3, words=12)
    same = beam_search(decoder, context, 6, 8, groups=3, diversity=0.0)
    assert [[h.words for h in one] for one in same] == [
        [h.words for h in one] for one in beam_search(decoder, context, 2, 8)
    ]


def test_the_first_group_is_a_search_of_its_own():
    decoder, context = random_decoder(6, words=12)
    diverse = beam_search(decoder, context, 4, 8, groups=2, diversity=2.0)
    for some, first in zip(diverse, beam_search(decoder, context, 2, 8), strict=True):
        assert {tuple(h.words) for h in first} <= {tuple(h.words) for h in some}
    assert END not in {word for one in diverse for h in one for word in h.words}
