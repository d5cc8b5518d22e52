import torch

from helpers.tell.decoding import beam_search
from helpers.tell.transformer import TransformerDecoder


def made():
    torch.manual_seed(0)
    return TransformerDecoder(vocabulary_size=11, embedding_dim=8, hidden_dim=9).eval()


def test_a_transformer_reads_vectors_and_grids_and_never_looks_ahead():
    decoder = made()
    captions = torch.randint(4, 11, (2, 6))
    changed = captions.clone()
    changed[:, 4:] = 7
    for context in (torch.randn(2, 8), torch.randn(2, 4, 8)):
        before, after = decoder(context, captions), decoder(context, changed)
        torch.testing.assert_close(before[:, :4], after[:, :4])
        assert not torch.allclose(before[:, 4:], after[:, 4:])


def test_a_transformer_s_step_computes_one_word_only():
    decoder, seen = made(), []
    decoder.layers[0].feed.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape))
    beam_search(decoder, torch.randn(2, 8), 3, 5)
    assert {shape[1] for shape in seen} == {1}
