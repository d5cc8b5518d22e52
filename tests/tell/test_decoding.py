"""Greedy, beam search, sampling."""

import math

import pytest
import torch
from random_decoders import END, Recorder, all_captions, random_decoder, teacher_forced
from scipy.stats import chisquare

from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary
from helpers.tell.decoding import beam_search, greedy, sample


@pytest.mark.parametrize("search", [greedy, beam_search, sample])
@pytest.mark.parametrize("seed", range(5))
def test_log_prob_is_that_of_teacher_forcing(search, seed):
    decoder, context = random_decoder(seed)
    options = {"generator": torch.Generator().manual_seed(seed)} if search is sample else {}
    with torch.no_grad():
        for i, hypotheses in enumerate(search(decoder, context, max_words=6, **options)):
            for hypothesis in hypotheses:
                expected = teacher_forced(decoder, context[i : i + 1], hypothesis)
                assert hypothesis.log_prob == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_gives_what_each_picture_gives_alone(seed):
    decoder, context = random_decoder(seed, words=12)
    for i, together in enumerate(beam_search(decoder, context, 4, 8)):
        alone = beam_search(decoder, context[i : i + 1], 4, 8)[0]
        assert [h.words for h in together] == [h.words for h in alone]


@pytest.mark.parametrize("search", [greedy, beam_search, sample])
def test_nothing_crashes_when_no_caption_finishes(search):
    decoder, context = random_decoder(0)
    with torch.no_grad():
        decoder.fc.bias[END] = -1e9
    for hypotheses in search(decoder, context, max_words=5):
        assert all(len(h.words) == 5 and not h.finished for h in hypotheses)


@pytest.mark.parametrize("search", [greedy, beam_search, sample])
def test_specials_are_never_said_and_decoding_stops_at_end(search):
    decoder, context = random_decoder(1)
    with torch.no_grad():
        decoder.fc.bias[[Vocabulary.PAD, Vocabulary.UNK, Vocabulary.START]] = 50.0
    for hypotheses in search(decoder, context, max_words=6):
        assert all(word > END for h in hypotheses for word in h.words)
    with torch.no_grad():
        decoder.fc.bias[END] = 1e4
    for hypotheses in search(decoder, context, max_words=6):
        assert hypotheses[0].words == [] and hypotheses[0].finished


@pytest.mark.parametrize(("search", "beams"), [(greedy, 1), (beam_search, 5), (sample, 1)])
def test_pictures_that_are_decided_cost_nothing_more(search, beams):
    decoder, _ = random_decoder(0, words=12)
    with torch.no_grad():
        decoder.fc.bias[END] += 1.5
    recorder = Recorder(decoder)
    torch.manual_seed(0)
    context = 3 * torch.randn(40, 5)
    together = search(recorder, context, max_words=30)
    assert recorder.rows[0] == 40 * beams
    assert recorder.rows == sorted(recorder.rows, reverse=True) and recorder.rows[-1] < 40 * beams / 2
    if search is not sample:
        alone = [search(decoder, context[i : i + 1], max_words=30)[0] for i in range(40)]
        assert [[h.words for h in one] for one in together] == [[h.words for h in one] for one in alone]


@pytest.mark.parametrize("search", [greedy, beam_search, sample])
def test_large_sets_are_decoded_in_parts_so_that_memory_stays_small(search):
    decoder, _ = random_decoder(0)
    recorder = Recorder(decoder)
    context = torch.randn(2500, 5)
    many = search(recorder, context, max_words=4)
    assert len(many) == 2500 and max(recorder.rows) <= 1280
    if search is not sample:
        one = search(decoder, context[2222:2223], max_words=4)[0]
        assert [h.words for h in many[2222]] == [h.words for h in one]


def chi_square(drawn, probs):
    """The p-value of the hypothesis that `drawn` (word numbers) follow `probs` (V,)."""
    expected = {w: p * len(drawn) for w, p in enumerate(probs.tolist()) if p > 0}
    counts = {w: drawn.count(w) for w in expected}
    assert sum(counts.values()) == len(drawn), "a word of probability 0 was drawn"
    scale = len(drawn) / sum(expected.values())
    return chisquare([*counts.values()], [value * scale for value in expected.values()]).pvalue


@pytest.mark.parametrize(
    "options", [{}, {"temperature": 0.6}, {"temperature": 2.0}, {"top_k": 3}, {"top_p": 0.8}, {"forbid": [5]}]
)
def test_twenty_thousand_samples_follow_the_distribution(options):
    decoder, context = random_decoder(5, words=10)
    generator = torch.Generator().manual_seed(0)
    many = context[:1].expand(20_000, -1)
    drawn = [h[0] for h in sample(decoder, many, max_words=1, generator=generator, **options)]
    logits, _ = decoder.step(torch.tensor([Vocabulary.START]), decoder.start(context[:1]))
    ruled_out = [Vocabulary.PAD, Vocabulary.UNK, Vocabulary.START, *options.get("forbid", [])]
    logits = logits[0].double() / options.get("temperature", 1.0)
    logits[ruled_out] = -math.inf
    probs, order = logits.softmax(-1).sort(descending=True)
    kept = options.get("top_k", 10)
    if "top_p" in options:  # the first words that together reach p
        kept = int((probs.cumsum(0) < options["top_p"]).sum()) + 1
        assert 1 < kept < 7
    exact = torch.zeros(10, dtype=torch.double).scatter(0, order[:kept], probs[:kept] / probs[:kept].sum())
    said = [h.words[0] if h.words else END for h in drawn]
    assert chi_square(said, exact) > 0.001
    exact[order[[0, 1]]] = exact[order[[1, 0]]]
    assert chi_square(said, exact) < 1e-9  # the test can fail


@torch.no_grad()
def test_whole_captions_are_drawn_as_often_as_they_are_likely():
    decoder, context = random_decoder(8, words=7)
    captions = all_captions(decoder, context[:1], 2)
    number = {tuple(words): i for i, (_, words) in enumerate(captions)}
    generator = torch.Generator().manual_seed(0)
    drawn = sample(decoder, context[:1].expand(20_000, -1), generator=generator, max_words=2)
    values = torch.tensor([value for value, _ in captions]).exp()
    first = decoder.step(torch.tensor([Vocabulary.START]), decoder.start(context[:1]))[0].softmax(-1)[0]
    exact = []  # PAD, UNK and START are ruled out, and the rest is drawn in proportion, at every step
    for (_, words), value in zip(captions, values.tolist(), strict=True):
        weight = first[END:].sum().item()
        if words:
            fed = torch.tensor([[Vocabulary.START, words[0]]])
            weight *= decoder(context[:1], fed).softmax(-1)[0, 1, END:].sum().item()
        exact.append(value / weight)
    assert sum(exact) == pytest.approx(1, abs=1e-4)
    likely = [i for i, p in enumerate(exact) if p * 20_000 > 5]
    counts = torch.bincount(torch.tensor([number[tuple(h[0].words)] for h in drawn]), minlength=len(exact))
    rest = 20_000 - counts[likely].sum().item()
    observed, expected = [*counts[likely].tolist(), rest], [exact[i] * 20_000 for i in likely]
    expected.append(20_000 - sum(expected))
    if expected[-1] < 5:
        observed, expected = [*observed[:-2], sum(observed[-2:])], [*expected[:-2], sum(expected[-2:])]
    assert chisquare(observed, expected).pvalue > 0.001


def test_sampling_obeys_its_generator_and_its_settings():
    decoder, context = random_decoder(5)
    many = context[:1].expand(500, -1)

    def run(seed, **options):
        generator = torch.Generator().manual_seed(seed)
        return [h[0].words for h in sample(decoder, many, generator=generator, max_words=3, **options)]

    assert run(0) == run(0) != run(1)
    best = [greedy(decoder, context[:1], max_words=3)[0][0].words] * 500
    assert run(3, top_k=1) == run(3, top_p=1e-6) == run(3, temperature=1e-3) == best
    # What a picture is given does not depend on how soon its neighbours are through.
    more = sample(decoder, many[:7], generator=torch.Generator().manual_seed(9), max_words=30)
    one = sample(decoder, many[:7], generator=torch.Generator().manual_seed(9), max_words=30)
    assert more == one


@pytest.mark.parametrize("search", [greedy, beam_search, sample])
def test_forbidden_words_are_not_said(search):
    decoder, context = random_decoder(2, words=9)
    favourite = greedy(decoder, context[:1])[0][0].words[0]
    for hypotheses in search(decoder, context, forbid=[favourite]):
        assert all(favourite not in h.words for h in hypotheses)
        for hypothesis in hypotheses:
            assert all(word > END for word in hypothesis.words)


def test_dropout_is_off_while_decoding():
    decoder, context = random_decoder(2)
    decoder.train()
    assert math.isclose(greedy(decoder, context)[0][0].log_prob, greedy(decoder, context)[0][0].log_prob)


def test_settings_that_make_no_sense_are_refused():
    decoder, context = random_decoder(0)
    for options in ({"temperature": 0}, {"top_k": 0}, {"top_p": 0.0}):
        with pytest.raises(UserError):
            sample(decoder, context, **options)
    for options, says in (
        ({"beam_width": 0}, "beam_width"),
        ({"max_words": 0}, "max_words"),
        ({"length_penalty": -1}, "length_penalty"),
        ({"beam_width": 5, "groups": 2}, "shared out evenly"),
        ({"must_include": [END]}, "may not be said"),
        ({"must_include": [5], "forbid": [5]}, "may not be said"),
        ({"must_include": [4, 5, 6], "max_words": 2}, "too many"),
    ):
        with pytest.raises(UserError, match=says):
            beam_search(decoder, context, **options)
