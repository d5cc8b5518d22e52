"""The checks of the exercises of 02: the CNN."""

import torch
from torch import nn

from helpers.teach.exercises import exercise
from helpers.teach.hints import as_number, compare, dice, expect, torch_dice
from helpers.tell.captioner import SHIPPED, Captioner


@exercise("2.1", "All the rest, the CNN, stands still: so its features can be computed once and kept.")
def what_learns_in_the_encoder(answer):
    """How many parameters of the shipped encoder learn."""
    encoder = Captioner.load(SHIPPED, device="cpu").encoder
    everything = sum(p.numel() for p in encoder.parameters())
    learns = sum(p.numel() for p in encoder.parameters() if p.requires_grad)
    mistakes = {
        "those are all parameters: which of them does training change?": everything,
        "those are the frozen ones.": everything - learns,
        "those are fc's weights. Something else in fc learns, too.": encoder.fc.weight.numel(),
    }
    otherwise = "count the numbers (numel) in those parameters that learn."
    compare(as_number(answer), learns, mistakes, otherwise)


@exercise("2.2", "With it you can read off what each layer of a CNN leaves, before you build it.")
def size_after_a_convolution(answer):
    """(size, kernel, stride, padding) -> the size that comes out."""
    chance = dice()
    for i in range(30):
        kernel, stride = chance.randrange(1, 6), chance.randrange(1, 4)
        padding = chance.randrange(1, 3) if i >= 10 else 0
        size = chance.randrange(kernel, 40)
        right = nn.Conv1d(1, 1, kernel, stride, padding)(torch.zeros(1, 1, size)).size(-1)
        said = as_number(answer(size, kernel, stride, padding))
        case = f"size {size}, kernel {kernel}, stride {stride}, padding {padding} gives {said:g}"
        expect(said == int(said), f"{case}: there is no half pixel. Round down.")
        one_end = (size + padding - kernel) // stride + 1
        expect(said == right or said != one_end, f"{case}: the padding is added at both ends.")
        expect(said != right - 1, f"{case}, one too few: the first place counts, too.")
        expect(said == right, f"{case}, but a convolution gives {right}.")


@exercise("2.3", "Near pictures, near vectors: if this finds like pictures, the features are good.")
def most_alike(answer):
    """(features (N, F), i) -> the other row with the greatest cosine."""
    chance = torch_dice()
    for _ in range(5):
        features = torch.randn(12, 6, generator=chance) * (1 + 9 * torch.rand(12, 1, generator=chance))
        unit, others = nn.functional.normalize(features, dim=1), torch.eye(12).bool()
        right, dot, distance = (
            table.masked_fill(others, -torch.inf).argmax(1).tolist()
            for table in (unit @ unit.T, features @ features.T, -torch.cdist(features, features))
        )
        said = [as_number(answer(features.clone(), i)) for i in range(12)]
        expect(said == [int(i) for i in said], "that is a cosine; we ask for the *number* of the picture.")
        mistakes = {
            "every picture is most like itself, but we ask for *another* one.": list(range(12)),
            "a long vector is not a like vector: make all of them of length one first.": dot,
            "that is the smallest distance; the cosine looks at directions alone.": distance,
            "without picture i those after it have moved up by one: keep it, and lower its cosine.": [
                best - (best > i) for i, best in enumerate(right)
            ],
        }
        compare(said, right, mistakes, "take the greatest cosine, leaving out the picture itself.")


@exercise("2.4", "Off with its head: that is transfer learning, in three lines.")
def a_new_head(answer):
    """(model with `fc`, embedding_dim) -> the model, frozen but for a new `fc`."""
    for _ in range(3):
        features, dim = dice().randrange(5, 30), dice().randrange(3, 20)
        model = nn.Sequential()
        model.add_module("body", nn.Sequential(nn.Linear(7, features), nn.BatchNorm1d(features), nn.ReLU()))
        model.add_module("fc", nn.Linear(features, 1000))
        old, body = model.fc, model.body
        model = answer(model, dim)
        expect(hasattr(model, "fc"), "return the model, with the new layer as its `fc`.")
        expect(model.fc is not old, "`fc` is still the old head.")
        takes = getattr(model.fc, "in_features", features)
        expect(takes == features, "the new layer takes as many numbers as the old one did: fc.in_features.")
        said = model.eval()(torch.rand(2, 7))
        expect(said.shape == (2, dim), f"{dim} numbers were asked for a picture, {said.size(-1)} came.")
        learns = [p.requires_grad for p in model.fc.parameters()]
        expect(all(learns), "the new layer is frozen, too: freeze first, then put it there.")
        frozen = not any(p.requires_grad for p in body.parameters())
        expect(frozen, "the CNN would still learn: its parameters have requires_grad.")


@exercise("2.5", "A CNN that drifts gives other features in the test than in training. Many ship that.")
def frozen_means_frozen(answer):
    """A class with `cnn` and `fc` whose train() leaves the CNN in eval mode."""
    cnn = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Sequential(nn.BatchNorm1d(6)))
    model = answer(cnn, nn.Sequential(nn.Linear(6, 3), nn.Dropout(0.5)))
    before = [value.clone() for value in cnn.state_dict().values()]
    for mode in (True, False, True):
        returned = model.train(mode)
        expect(returned is model, "train() returns the model itself, as that of nn.Module does.")
        in_training = any(part.training for part in cnn.modules())
        expect(not in_training, f"after train({mode}) the CNN, or a layer in it, is in training mode.")
        expect(model.fc[1].training == mode, f"after train({mode}) `fc` should be in that mode.")
        cnn(torch.rand(8, 4))
    same = all(torch.equal(a, b) for a, b in zip(before, cnn.state_dict().values(), strict=True))
    expect(same, "BatchNorm's statistics have drifted.")
