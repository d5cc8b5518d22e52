import pytest
import torch
from finetuning import finetune, layers, unfreeze
from training_runs import without_seconds

from helpers.base.errors import UserError
from helpers.data.datasets import load
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import Encoder
from helpers.tell.decoder import Decoder


@pytest.mark.parametrize(
    "backbone, blocks", [("small", 2), ("mobilenet_v2", 2), ("resnet18", 1), ("efficientnet_lite0", 2)]
)
@pytest.mark.parametrize("grid", [False, True])
def test_only_the_last_blocks_can_learn(backbone, blocks, grid):
    encoder = Encoder(backbone, 8, weights=None, grid=grid)
    chosen = unfreeze(encoder, blocks)
    learns = [p.requires_grad for p in encoder.cnn.parameters()]
    assert learns == sorted(learns) and 0 < sum(learns) < len(learns)  # a tail, neither none nor all
    assert len(chosen) == sum(learns)
    encoder.fc(encoder.trunk(torch.rand(2, 3, 64, 64))).sum().backward()
    assert [p.grad is not None for p in encoder.cnn.parameters()] == learns
    unfreeze(encoder, 1)
    assert sum(p.requires_grad for p in encoder.cnn.parameters()) < len(chosen) or blocks == 1
    with pytest.raises(UserError, match="layers to unfreeze"):
        unfreeze(encoder, len(layers(encoder.trunk)) + 1)


def tuned(folder, tiny_set, models=None, **options):
    torch.manual_seed(0)
    encoder, train_set = Encoder("small", 16, weights=None), load(tiny_set, "train")
    vocabulary = Vocabulary.build([c for group in train_set.captions for c in group], 0)
    decoder = Decoder(len(vocabulary), 16, 32)
    encoder, decoder = models or (encoder, decoder)
    before = {name: value.clone() for name, value in encoder.cnn.state_dict().items()}
    options = {"transform": Transform(size=32), "device": torch.device("cpu"), "patience": 99} | options
    parts = encoder, decoder, vocabulary, train_set, load(tiny_set, "val")
    history = finetune(*parts, folder=folder, blocks=2, batch_size=4, cnn_learning_rate=1e-3, **options)
    return encoder, decoder, before, history


def test_the_last_block_learns_and_batch_norm_does_not_drift(tiny_set, tmp_path):
    encoder, _, before, history = tuned(tmp_path, tiny_set, epochs=5, learning_rate=1e-2)
    changed = {
        name for name, value in encoder.cnn.state_dict().items() if not torch.equal(value, before[name])
    }
    last = {name for name, p in [*encoder.cnn.named_parameters()][-3:]}  # a convolution, and BatchNorm's two
    assert changed == last
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert not any(p.requires_grad for p in encoder.cnn.parameters())  # frozen again in the end


def test_it_goes_on_where_it_stopped(tiny_set, tmp_path):
    def stop(history):
        raise KeyboardInterrupt

    whole = tuned(tmp_path / "whole", tiny_set, epochs=2)
    tuned(tmp_path / "halves", tiny_set, epochs=2, on_epoch=stop)
    resumed = tuned(tmp_path / "halves", tiny_set, epochs=2)
    assert_same(whole, resumed)


def assert_same(one, other):
    assert without_seconds(one[3]) == without_seconds(other[3])
    for model, its_like in zip(one[:2], other[:2], strict=True):
        for a, b in zip(model.state_dict().values(), its_like.state_dict().values(), strict=True):
            assert torch.equal(a, b)


def test_in_the_same_notebook_it_goes_on_with_the_cnn_that_it_has_changed_and_with_no_other(
    tiny_set, tmp_path
):
    def stop(history):
        raise KeyboardInterrupt

    whole = tuned(tmp_path / "whole", tiny_set, epochs=2)
    halves = tuned(tmp_path / "halves", tiny_set, epochs=2, on_epoch=stop)
    assert_same(whole, tuned(tmp_path / "halves", tiny_set, epochs=2, models=halves[:2]))
    other = Encoder("small", 16, weights=None)
    for models in ((other, halves[1]), (halves[0], Decoder(len(halves[1].embedding.weight), 16, 32))):
        with pytest.raises(UserError, match="other weights"):
            tuned(tmp_path / "halves", tiny_set, epochs=2, models=models)
