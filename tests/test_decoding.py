import itertools
import math

import pytest
import torch

from helpers.common import UserError
from helpers.decoder import Decoder
from helpers.decoding import beam_search, greedy, sample
from helpers.vocabulary import Vocabulary

END = Vocabulary.END


def random_decoder(seed, words=7, sharpness=4.0):
    torch.manual_seed(seed)
    decoder = Decoder(words, embedding_dim=5, hidden_dim=8).eval()
    with torch.no_grad():
        decoder.fc.weight *= sharpness
        decoder.fc.bias.normal_()
    return decoder, torch.randn(3, 5)


def teacher_forced(decoder, context, hypothesis):
    """The log-probability of a hypothesis for context (1, E), computed in one pass."""
    said = [*hypothesis.words, END] if hypothesis.finished else hypothesis.words
    fed = torch.tensor([[Vocabulary.START, *said[:-1]]])
    log_probs = decoder(context, fed).log_softmax(-1)[0]
    return sum(log_probs[t, word].item() for t, word in enumerate(said))


def all_captions(decoder, context, max_words, length_penalty):
    """Every caption the model can say with its ranking score, best first."""
    allowed = range(END + 1, decoder.config["vocabulary_size"])
    found = []
    for n in range(max_words + 1):
        for words in itertools.product(allowed, repeat=n):
            said = [*words, END] if n < max_words else list(words)
            fed = torch.tensor([[Vocabulary.START, *said[:-1]]])
            log_probs = decoder(context, fed).log_softmax(-1)[0]
            value = sum(log_probs[t, word].item() for t, word in enumerate(said))
            found.append((value / len(said) ** length_penalty, list(words)))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("length_penalty", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(12))
def test_a_beam_as_wide_as_all_prefixes_finds_the_true_best(seed, length_penalty):
    decoder, context = random_decoder(seed)
    with torch.no_grad():
        for i, hypotheses in enumerate(beam_search(decoder, context, 27, 3, length_penalty)):
            best, words = all_captions(decoder, context[i : i + 1], 3, length_penalty)[0]
            assert hypotheses[0].words == words
            assert hypotheses[0].score(length_penalty) == pytest.approx(best, abs=1e-4)


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


@pytest.mark.parametrize("seed", range(20))
def test_a_beam_of_one_is_greedy(seed):
    decoder, context = random_decoder(seed)
    for one, other in zip(beam_search(decoder, context, 1, 8), greedy(decoder, context, 8), strict=True):
        assert one[0].words == other[0].words and one[0].finished == other[0].finished


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


def test_sampling_follows_the_distribution_and_its_generator():
    decoder, context = random_decoder(5)
    many = context[:1].expand(4000, -1)

    def run(seed, **options):
        generator = torch.Generator().manual_seed(seed)
        drawn = sample(decoder, many, generator=generator, max_words=1, **options)
        return [h[0].words[0] if h[0].words else END for h in drawn]

    assert run(0) == run(0) != run(1)
    logits, _ = decoder.step(torch.tensor([Vocabulary.START]), decoder.start(context[:1]))
    probs = logits[0, END:].softmax(-1)  # the words that may be said, among themselves
    drawn = torch.tensor(run(2))
    frequencies = torch.stack([(drawn == END + i).float().mean() for i in range(len(probs))])
    spread = (probs * (1 - probs) / 4000).sqrt()
    assert ((frequencies - probs).abs() < 4.5 * spread + 1e-6).all()

    best = END + int(probs.argmax())
    assert set(run(3, top_k=1)) == set(run(3, top_p=1e-6)) == set(run(3, temperature=1e-3)) == {best}
    assert len(set(run(3, top_k=2))) == 2
    nucleus = probs.sort(descending=True).values.cumsum(0)
    assert len(set(run(3, top_p=0.8))) <= int((nucleus < 0.8).sum()) + 1


def test_dropout_is_off_while_decoding():
    decoder, context = random_decoder(2)
    decoder.train()
    assert math.isclose(greedy(decoder, context)[0][0].log_prob, greedy(decoder, context)[0][0].log_prob)


def test_settings_that_make_no_sense_are_refused():
    decoder, context = random_decoder(0)
    for options in ({"temperature": 0}, {"top_k": 0}, {"top_p": 0.0}):
        with pytest.raises(UserError):
            sample(decoder, context, **options)
    with pytest.raises(UserError):
        beam_search(decoder, context, beam_width=0)
