"""Plain beam search: exact where it can be, and as the textbook has it."""

import pytest
import torch
from random_decoders import END, Recorder, all_captions, random_decoder

from helpers.data.vocabulary import Vocabulary
from helpers.tell.decoding import beam_search, greedy


@pytest.mark.parametrize("length_penalty", [0.0, 0.7, 2.0])
@pytest.mark.parametrize("seed", range(100))
@torch.no_grad()
def test_a_beam_as_wide_as_all_prefixes_finds_the_true_best(seed, length_penalty):
    decoder, context = random_decoder(seed)
    for i, hypotheses in enumerate(beam_search(decoder, context, 27, 3, length_penalty)):
        truth = all_captions(decoder, context[i : i + 1], 3, length_penalty)[:5]
        assert [h.words for h in hypotheses[:5]] == [words for _, words in truth]
        assert [h.score(length_penalty) for h in hypotheses[:5]] == pytest.approx(
            [value for value, _ in truth], abs=1e-4
        )


@pytest.mark.parametrize("seed", range(20))
def test_a_beam_of_one_is_greedy(seed):
    decoder, context = random_decoder(seed)
    for one, other in zip(beam_search(decoder, context, 1, 8), greedy(decoder, context, 8), strict=True):
        assert one[0].words == other[0].words and one[0].finished == other[0].finished


def test_hypotheses_are_distinct_sorted_and_ranked_by_log_prob_not_by_length():
    decoder, context = random_decoder(3, words=12)
    for hypotheses in beam_search(decoder, context, 6, 8):
        assert len(hypotheses) == 6
        assert len({(tuple(h.words), h.finished) for h in hypotheses}) == 6
        assert [h.log_prob for h in hypotheses] == sorted((h.log_prob for h in hypotheses), reverse=True)
        assert all(isinstance(word, int) for h in hypotheses for word in h.words)
    for hypotheses in beam_search(decoder, context, 6, 8, length_penalty=1.0):
        scores = [h.log_prob / (len(h.words) + h.finished) for h in hypotheses]
        assert scores == sorted(scores, reverse=True)


def test_a_narrow_beam_is_what_the_textbook_says():
    """The same search, one picture and one beam at a time, in plain lists."""
    for seed in range(30):
        decoder, context = random_decoder(seed, words=10)
        for i, hypotheses in enumerate(beam_search(decoder, context, 3, 6)):
            assert [h.words for h in hypotheses] == plain_beam_search(decoder, context[i : i + 1], 3, 6)


@torch.no_grad()
def plain_beam_search(decoder, context, k, max_words):
    beams, over = [(0.0, [], decoder.start(context), Vocabulary.START)], []
    for t in range(1, max_words + 1):
        steps = []
        for value, words, state, last in beams:
            logits, after = decoder.step(torch.tensor([last]), state)
            log_probs = logits.log_softmax(-1)[0].tolist()
            steps += [(value + log_probs[w], [*words, w], after, w) for w in range(END, len(log_probs))]
        steps.sort(key=lambda step: step[0], reverse=True)
        over += [(v, w[:-1]) for v, w, _, last in steps[:k] if last == END and t < max_words]
        if t == max_words:
            over += [(v, w[:-1] if last == END else w) for v, w, _, last in steps[: 2 * k]]
        beams = [step for step in steps if step[3] != END][:k]
    return [words for _, words in sorted(over, key=lambda pair: pair[0], reverse=True)[:k]]


def test_a_search_without_any_end_is_as_long_as_it_may_be_and_one_that_is_decided_stops():
    decoder, context = random_decoder(4)
    recorder = Recorder(decoder)
    with torch.no_grad():
        decoder.fc.bias[END] = 1e4  # the empty caption has probability 1: no other can still win
    beam_search(recorder, context, 1, 20)
    assert len(recorder.rows) == 1
    with torch.no_grad():
        decoder.fc.bias[END] = -1e9
    recorder.rows.clear()
    beam_search(recorder, context, 3, 20)
    assert len(recorder.rows) == 20
