"""The checks of the exercises of 02: the CNN."""

from copy import deepcopy

import torch
from torch import nn

from helpers.teach.exercises import exercise
from helpers.teach.hints import Hint, as_number, compare, dice, expect, same, torch_dice
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
        padding = chance.randrange(3, 7) if i >= 10 else 0  # so many that each mistake shows
        size = chance.randrange(kernel, 40)
        right = nn.Conv1d(1, 1, kernel, stride, padding)(torch.zeros(1, 1, size)).size(-1)
        said = as_number(answer(size, kernel, stride, padding))
        case = f"size {size}, kernel {kernel}, stride {stride}, padding {padding} gives {said:g}"
        expect(said == int(said), f"{case}: there is no half pixel. Round down.")
        bare, one_end = ((size + more - kernel) // stride + 1 for more in (0, padding))
        expect(said == right or said != bare, f"{case}: there is padding, too.")
        expect(said == right or said != one_end, f"{case}: the padding is added at both ends.")
        expect(said != right - 1, f"{case}, one too few: the first place counts, too.")
        expect(said != right + 1, f"{case}, one too many: the kernel must lie within the map. Round down.")
        expect(said == right, f"{case}, but a convolution gives {right}.")


@exercise("2.3", "Near pictures, near vectors: if this finds like pictures, the features are good.")
def most_alike(answer):
    """(features (N, F), i) -> the other row with the greatest cosine."""
    chance = torch_dice()
    for kind in ["many"] * 4 + ["opposite", "twins"] * 2:
        features = torch.randn(12, 6, generator=chance) * (1 + 9 * torch.rand(12, 1, generator=chance))
        if kind == "opposite":  # three that look away from each other
            features = torch.tensor([[2.0, 0.1], [-1.0, 1.6], [-1.0, -1.9]])[:, torch.randperm(2)]
        asked = range(len(features))
        if kind == "twins":  # one picture, and the same again, twice as bright
            a, b = asked = torch.randperm(12, generator=chance)[:2].tolist()
            features[b] = 2 * features[a]
        said = [as_number(answer(features.clone(), i)) for i in asked]
        expect(said == [int(i) for i in said], "that is a cosine; we ask for the *number* of the picture.")
        if kind == "twins":
            hint = (
                "another picture may be exactly as like as the picture itself: leave out number i, no other."
            )
            expect(said == [b, a], hint)
            continue
        unit, own = nn.functional.normalize(features, dim=1), torch.eye(len(features)).bool()
        cosine, dot, near = unit @ unit.T, features @ features.T, -torch.cdist(features, features)
        right, by_dot, by_distance, by_size = (
            table.masked_fill(own, -torch.inf).argmax(1).tolist()
            for table in (cosine, dot, near, cosine.abs())
        )
        mistakes = {
            "every picture is most like itself, but we ask for *another* one.": list(asked),
            "a long vector is not a like vector: make all of them of length one first.": by_dot,
            "that is the smallest distance; the cosine looks at directions alone.": by_distance,
            "a cosine near -1 is the opposite of like: mind the sign.": by_size,
            "without picture i those after it have moved up by one: keep it, and lower its cosine.": [
                best - (best > i) for i, best in enumerate(right)
            ],
        }
        wrong = {i for i in asked if said[i] != right[i]}
        if wrong and all(said[i] == i and cosine[i, right[i]] < 0 for i in wrong):
            raise Hint("a cosine may be below 0: lower that of picture i to less than -1.")
        compare(said, right, mistakes, "take the greatest cosine, leaving out the picture itself.")
    hint = "a cosine may be -1: lower that of picture i to less than -1."
    expect(as_number(answer(torch.tensor([[1.0, 0.0], [-2.0, 0.0]]), 0)) == 1, hint)


@exercise("2.4", "Off with its head: that is transfer learning, in three lines.")
def a_new_head(answer):
    """(model with `fc`, embedding_dim) -> the model, frozen but for a new `fc`."""
    for _ in range(3):
        features, dim = dice().randrange(5, 30), dice().randrange(3, 20)
        model = nn.Sequential()
        model.add_module("body", nn.Sequential(nn.Linear(7, features), nn.BatchNorm1d(features), nn.ReLU()))
        model.add_module("fc", nn.Linear(features, 1000))
        old, body, pictures = model.fc, deepcopy(model.body).eval(), torch.rand(2, 7)
        model = answer(model, dim)
        expect(hasattr(model, "fc"), "return the model, with the new layer as its `fc`.")
        expect(model.fc is not old, "`fc` is still the old head.")
        expect(isinstance(model.fc, nn.Linear), "one linear layer takes the *place* of the old one.")
        expect(
            model.fc.in_features == features,
            "the new layer takes as many numbers as the old one: fc.in_features.",
        )
        said = model.eval()(pictures)
        expect(said.shape == (2, dim), f"{dim} numbers were asked for a picture, {said.size(-1)} came.")
        kept = same(said, model.fc(body(pictures)))
        expect(kept, "the CNN gives other features than before: leave it as it was trained.")
        learns = [p.requires_grad for p in model.fc.parameters()]
        expect(all(learns), "the new layer is frozen, too: freeze first, then put it there.")
        others = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
        expect(
            not any(p.requires_grad for p in others),
            "the CNN would still learn: its parameters have requires_grad.",
        )


@exercise("2.5", "A CNN that drifts gives other features in the test than in training. Many ship that.")
def frozen_means_frozen(answer):
    """A class with `cnn` and `fc` whose train() leaves the CNN in eval mode."""
    inner = nn.Sequential(nn.BatchNorm1d(6), nn.Dropout(0.2))
    for fc in (
        nn.Sequential(nn.Linear(6, 3), nn.Dropout(0.5)),
        nn.Linear(6, 3),
        nn.Sequential(nn.Sequential()),
    ):
        cnn = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), deepcopy(inner))
        model = answer(cnn, fc)
        before = deepcopy(cnn.state_dict())
        for name, mode in (
            ("train(False)", False),
            ("train()", True),
            ("eval()", False),
            ("train(True)", True),
        ):
            call = model.eval if name == "eval()" else model.train
            returned = call() if name in ("eval()", "train()") else call(mode)
            expect(returned is model, "train() returns the model itself, as that of nn.Module does.")
            in_training = any(part.training for part in cnn.modules())
            expect(not in_training, f"after {name} the CNN, or a layer in it, is in training mode.")
            in_mode = all(part.training == mode for part in fc.modules())
            expect(in_mode, f"after {name} `fc`, with everything in it, should be in that mode.")
            expect(
                model.training == mode,
                f"after {name} the model itself still says that training is {not mode}.",
            )
            cnn(torch.rand(8, 4))
        now = cnn.state_dict()
        expect(
            all(torch.equal(now[key], before[key]) for key in before), "BatchNorm's statistics have drifted."
        )
        learns = all(p.requires_grad for p in fc.parameters())
        expect(learns, "train() sets a mode; `fc` should go on learning: leave requires_grad alone.")
