"""The loss, and the words that it is a mean of."""

import torch

from helpers.data.vocabulary import Vocabulary
from helpers.tell.decoder import Decoder
from helpers.tell.losses import caption_loss, teacher_forced_loss, with_own_words


def test_padding_weighs_nothing():
    logits, targets = torch.randn(2, 4, 9), torch.randint(4, 9, (2, 4))
    padded = torch.nn.functional.pad(targets, (0, 3), value=Vocabulary.PAD)
    longer = torch.cat([logits, torch.randn(2, 3, 9)], dim=1)
    torch.testing.assert_close(caption_loss(longer, padded), caption_loss(logits, targets))


def test_padding_costs_nothing_and_changes_nothing():
    decoder, context = Decoder(9, 5, 8).eval(), torch.randn(3, 5)
    captions = torch.tensor([[2, 4, 5, 3, 0, 0], [2, 6, 3, 0, 0, 0], [2, 4, 5, 6, 7, 3]])
    logits, targets = decoder(context, captions[:, :-1]), captions[:, 1:]
    plain = caption_loss(logits, targets)
    torch.testing.assert_close(teacher_forced_loss(decoder, context, captions), plain)
    seen = []
    decoder.fc.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape))
    teacher_forced_loss(decoder, context, torch.nn.functional.pad(captions, (0, 4)))
    assert seen == [(10, 8)]  # the words to be said, and not one PAD


def test_label_smoothing_and_own_words_change_what_they_should():
    torch.manual_seed(0)
    decoder, context = Decoder(9, 5, 8).eval(), torch.randn(300, 5)
    captions = torch.tensor([[2, 4, 5, 6, 3, 0]]).expand(300, -1)
    plain = teacher_forced_loss(decoder, context, captions)
    log_probs = decoder(context, captions[:, :-2]).log_softmax(-1)  # (B, 4, 9)
    expected = 0.8 * plain - 0.2 * log_probs.mean()
    torch.testing.assert_close(teacher_forced_loss(decoder, context, captions, 0.2), expected)

    inputs = captions[:, :-1]
    assert torch.equal(with_own_words(decoder, context, inputs, 0.0), inputs)
    mixed = with_own_words(decoder, context, inputs, 0.5)
    assert (mixed[:, 0] == Vocabulary.START).all() and (mixed[:, 5:] == inputs[:, 5:]).all()
    changed = (mixed != inputs)[:, 1:4].float().mean()
    assert 0.35 < changed < 0.5  # half of them, less those that were right
    with torch.no_grad():
        decoder.fc.bias[7] = 1e4  # it would always say 7
    assert (with_own_words(decoder, context, inputs, 1.0)[:, 1:5] == 7).all()
    assert teacher_forced_loss(decoder, context, captions, own_words=1.0).isfinite()


def test_reading_own_words_hides_no_weight_from_its_gradient():
    """Before torch 2.11 a weight that autocast had cast without gradients got none in the same block."""
    torch.manual_seed(0)
    decoder, context = Decoder(9, 5, 8, dropout=0.0), torch.randn(3, 5)
    captions = torch.tensor([[2, 4, 5, 3, 0, 0], [2, 6, 3, 0, 0, 0], [2, 4, 5, 6, 7, 3]])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        teacher_forced_loss(decoder, context, captions, own_words=0.5).backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in decoder.parameters())
