import pytest
import torch

from helpers.show.encoder import ContextLayer, Encoder


@pytest.mark.parametrize("backbone, feature_dim", [("small", 384), ("resnet18", 512), ("mobilenet_v2", 1280)])
def test_every_backbone_gives_context_vectors(backbone, feature_dim):
    encoder = Encoder(backbone, embedding_dim=10, weights=None)
    images = torch.rand(2, 3, 96, 96)
    assert encoder.features(images).shape == (2, feature_dim)
    assert encoder(images).shape == (2, 10)


def test_resnet101_is_the_default_for_photographs():
    encoder = Encoder(weights=None)
    assert (
        encoder.backbone == "resnet101" and encoder.fc.in_features == 2048 and encoder.transform.size == 256
    )


def test_a_frozen_cnn_stays_in_eval_mode_and_its_batchnorm_does_not_drift():
    encoder = Encoder("small", 8, weights=None).train()
    before = {k: v.clone() for k, v in encoder.cnn.state_dict().items()}
    optimizer = torch.optim.SGD(encoder.parameters(), lr=1.0)
    for _ in range(3):
        encoder.train()
        encoder(torch.rand(4, 3, 96, 96)).sum().backward()
        optimizer.step()
    assert not any(module.training for module in encoder.cnn.modules())
    assert all(torch.equal(before[k], v) for k, v in encoder.cnn.state_dict().items())
    assert encoder.fc.training and not any(p.requires_grad for p in encoder.cnn.parameters())


def test_the_fingerprint_changes_with_the_weights():
    torch.manual_seed(0)
    one = Encoder("small", 8, weights=None)
    same = one.fingerprint()
    assert one.fingerprint() == same
    with torch.no_grad():
        one.cnn[0].weight[0, 0, 0, 0] += 1
    assert one.fingerprint() != same


@pytest.mark.parametrize(
    ("backbone", "shape"), [("small", (36, 192)), ("mobilenet_v2", (64, 1280)), ("resnet18", (64, 512))]
)
def test_a_grid_keeps_a_vector_for_every_place_whose_mean_is_the_pooled_one(backbone, shape):
    torch.manual_seed(0)
    grid = Encoder(backbone, 8, weights=None, grid=True).eval()
    images = torch.randn(2, 3, grid.transform.size, grid.transform.size)
    places = grid.trunk(images).detach()
    assert places.shape == (2, *shape) and grid.feature_dim == shape[1]
    assert grid(images).shape == (2, shape[0], 8)
    pooled = Encoder(backbone, 8, weights=None).eval()
    pooled.cnn.load_state_dict(grid.cnn.state_dict())
    torch.testing.assert_close(
        places.mean(1), pooled.trunk(images).detach()[:, -shape[1] :], atol=1e-4, rtol=1e-4
    )
    assert grid.fingerprint() != pooled.fingerprint()


@pytest.mark.parametrize("shape", [(50, 8), (50, 4, 8), (1, 8)])
def test_the_context_layer_takes_away_what_all_pictures_share(shape):
    layer = ContextLayer(8, 3)
    features = 5 + 2 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    features[..., 0] = 0.0  # never fires
    torch.testing.assert_close(
        layer(features), torch.nn.functional.linear(features, layer.weight, layer.bias)
    )
    layer.standardise(features.half())

    layer.weight.data.copy_(torch.eye(3, 8)), layer.bias.data.zero_()
    seen = layer(features).flatten(0, -2)[:, 1:]
    assert layer(features).isfinite().all()
    if len(features) > 1:
        assert seen.mean(0).abs().max() < 0.01 and (seen.std(0) - 1).abs().max() < 0.02
