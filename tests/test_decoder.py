import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.decoder import Decoder
from helpers.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def decoder():
    torch.manual_seed(0)
    return Decoder(vocabulary_size=11, embedding_dim=6, hidden_dim=9).eval()


def test_shapes(decoder):
    context, captions = torch.randn(3, 6), torch.randint(4, 11, (3, 5))
    assert decoder(context, captions).shape == (3, 5, 11)
    state = decoder.start(context)
    assert all(part.shape == (3, 9) for part in state)
    logits, state = decoder.step(captions[:, 0], state)
    assert logits.shape == (3, 11) and all(part.shape[0] == 3 for part in state)


def test_word_by_word_equals_teacher_forcing(decoder):
    context, captions = torch.randn(4, 6), torch.randint(2, 11, (4, 7))
    at_once = decoder(context, captions)
    state = decoder.start(context)
    for t in range(7):
        logits, state = decoder.step(captions[:, t], state)
        torch.testing.assert_close(logits, at_once[:, t])


def test_the_picture_matters(decoder):
    words = torch.full((2, 3), 5)
    logits = decoder(torch.stack([torch.zeros(6), torch.ones(6)]), words)
    assert not torch.allclose(logits[0], logits[1])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5))
def test_padding_never_changes_the_logits_before_it(length, padding):
    torch.manual_seed(1)
    decoder = Decoder(11, 6, 9).eval()
    context, captions = torch.randn(2, 6), torch.randint(4, 11, (2, length))
    padded = torch.nn.functional.pad(captions, (0, padding), value=Vocabulary.PAD)
    torch.testing.assert_close(decoder(context, padded)[:, :length], decoder(context, captions))


def test_it_can_learn_one_batch_by_heart():
    torch.manual_seed(0)
    decoder = Decoder(11, 16, 32, dropout=0.0)
    context, captions = torch.randn(4, 16), torch.randint(4, 11, (4, 6))
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.02)
    for _ in range(150):
        logits = decoder(context, captions[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), captions[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1
