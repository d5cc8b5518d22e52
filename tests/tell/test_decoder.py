import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.data.vocabulary import Vocabulary
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.decoding import beam_search, greedy
from helpers.tell.transformer import TransformerDecoder

KINDS = [Decoder, AttentionDecoder, TransformerDecoder]


def made(kind, **options):
    torch.manual_seed(0)
    return kind(**{"vocabulary_size": 11, "embedding_dim": 8, "hidden_dim": 9} | options).eval()


def pictures(kind, n, embedding_dim=8):
    """Context for `n` pictures: a vector, or a grid of four places."""
    return torch.randn(n, *([4] if kind is AttentionDecoder else []), embedding_dim)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes(kind):
    decoder, context, captions = made(kind), pictures(kind, 3), torch.randint(4, 11, (3, 5))
    assert decoder(context, captions).shape == (3, 5, 11)
    state = decoder.start(context)
    assert all(part.shape[0] == 3 for part in state)
    logits, after = decoder.step(captions[:, 0], state)
    assert logits.shape == (3, 11)
    assert all(part.shape[0] == 3 for part in after)


@pytest.mark.parametrize("kind", KINDS)
def test_word_by_word_equals_teacher_forcing(kind):
    decoder, context, captions = made(kind), pictures(kind, 4), torch.randint(2, 11, (4, 7))
    at_once = decoder(context, captions)
    state = decoder.start(context)
    for t in range(7):
        logits, state = decoder.step(captions[:, t], state)
        torch.testing.assert_close(logits, at_once[:, t])


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_matters(kind):
    words = torch.full((2, 3), 5)
    logits = made(kind)(pictures(kind, 2), words)
    assert not torch.allclose(logits[0], logits[1])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5))
def test_padding_never_changes_the_logits_before_it(kind, length, padding):
    decoder, context = made(kind), pictures(kind, 2)
    captions = torch.randint(4, 11, (2, length))
    padded = torch.nn.functional.pad(captions, (0, padding), value=Vocabulary.PAD)
    torch.testing.assert_close(decoder(context, padded)[:, :length], decoder(context, captions))


@pytest.mark.parametrize("kind", KINDS)
def test_captions_of_different_lengths_share_a_batch_without_work_on_padding(kind):
    decoder, context = made(kind), pictures(kind, 3)
    captions = torch.tensor([[2, 4, 5, 0, 0], [2, 6, 7, 8, 9], [2, 0, 0, 0, 0]])
    lengths = torch.tensor([3, 5, 1])
    hidden = decoder.hidden(context, captions, lengths)
    assert hidden.shape[:2] == (3, 5)
    for i, n in enumerate(lengths):
        alone = decoder.hidden(context[i : i + 1], captions[i : i + 1, :n])
        torch.testing.assert_close(hidden[i : i + 1, :n], alone)
        assert kind is TransformerDecoder or (hidden[i, n:] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_learn_one_batch_by_heart(kind):
    decoder = made(kind, embedding_dim=16, hidden_dim=32, dropout=0.0)
    context, captions = pictures(kind, 4, 16), torch.randint(4, 11, (4, 6))
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.02)
    for _ in range(150):
        logits = decoder(context, captions[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), captions[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_any_search_reads_any_decoder(kind):
    decoder, context = made(kind), pictures(kind, 5)
    one = beam_search(decoder, context, 1, 6)
    assert [h[0].words for h in one] == [h[0].words for h in greedy(decoder, context, 6)]
    together = beam_search(decoder, context, 3, 6)
    alone = [beam_search(decoder, context[i : i + 1], 3, 6)[0] for i in range(5)]
    assert [[h.words for h in hs] for hs in together] == [[h.words for h in hs] for hs in alone]


def test_attention_is_a_share_of_every_place_and_follows_what_was_said():
    decoder, context = made(AttentionDecoder), pictures(AttentionDecoder, 3)
    state = decoder.start(context)
    before = decoder.look(state)
    assert before.shape == (3, 4)
    torch.testing.assert_close(before.sum(1), torch.ones(3))
    _, state = decoder.step(torch.tensor([5, 5, 5]), state)
    assert not torch.allclose(decoder.look(state), before)


def test_the_order_of_the_places_means_nothing_to_attention():
    decoder, context = made(AttentionDecoder), pictures(AttentionDecoder, 2)
    captions = torch.randint(4, 11, (2, 5))
    torch.testing.assert_close(decoder(context.flip(1), captions), decoder(context, captions))


def test_keys_are_computed_once_a_picture():
    decoder, context = made(AttentionDecoder), pictures(AttentionDecoder, 2)
    calls = []
    decoder.key.register_forward_hook(lambda *_: calls.append(1))
    decoder(context, torch.randint(4, 11, (2, 8)))
    greedy(decoder, context, 8)
    assert len(calls) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_tied_words_go_out_as_they_come_in(kind):
    decoder, plain = made(kind, tied=True), made(kind)
    context, captions = pictures(kind, 3), torch.randint(4, 11, (3, 5))
    logits = decoder(context, captions)
    state = decoder.start(context)
    assert logits.shape == (3, 5, 11)
    torch.testing.assert_close(decoder.step(captions[:, 0], state)[0], logits[:, 0])
    with torch.no_grad():
        decoder.embedding.weight[10] = 0.0  # a word that never goes in here …
    changed = decoder(context, captions.clamp(max=9)) - made(kind, tied=True)(context, captions.clamp(max=9))
    assert changed[..., 10].any() and not changed[..., :10].any()  # … has another score now, and it alone
    count = {d: sum(p.numel() for p in d.parameters()) for d in (decoder, plain)}
    assert count[decoder] < count[plain] + 9 * 8 + 8
