"""The checks of the exercises of 07: attention."""

from functools import partial

import torch

from helpers.show.encoder import Encoder
from helpers.teach.exercises import exercise
from helpers.teach.hints import ambiguous, as_number, compare, dice, expect, some_decoder, torch_dice
from helpers.tell.decoder import AttentionDecoder


@exercise("7.1", "Attention that has learnt nothing looks everywhere alike. What it learns is to leave that.")
def even_attention(answer):
    """One over the number of places in the small CNN's grid."""
    grid = Encoder("small", 8, weights=None, grid=True).eval()
    side = grid.transform.size
    places = grid(torch.zeros(1, 3, side, side)).size(1)
    weight, row = as_number(answer), round(places**0.5)
    mistakes = {
        "that is how many places there are: what is the weight of each?": places,
        "so many places make a row. How many are there in all, and what is the weight of each?": row,
        "that is one over the side of the grid; it has as many rows as columns.": 1 / row,
        "that is the grid of the larger CNNs, 8 × 8.": 1 / 64,
        "that grid is finer: the CNN halves the sides once more.": 1 / (4 * places),
        "those are pixels. A place of the grid is many pixels wide: what does the CNN's last layer leave?": (
            1 / side**2
        ),
        "that counts the numbers of one place: its channels, not the places.": 1 / grid.feature_dim,
        "that is in per cent: a weight is a share, and all of them add up to 1.": 100 / places,
        "that is what all weights add up to.": 1,
        "a softmax gives no place a weight of nothing.": 0,
    }
    near = abs(weight * places - 1) < 0.05
    otherwise = "all weights are equal, and add up to 1: how many places share it?"
    if near:
        otherwise = "nearly. Write it as a fraction, 1 / …, and Python divides."
    elif 0 < weight < 1 and abs(1 / weight - round(1 / weight)) < 0.01:
        otherwise = f"then there would be {1 / weight:.0f} places. The encoder's shape (B, P, E) says P."
    compare(weight, 1 / places, mistakes, otherwise)


@exercise(
    "7.2", "Soft attention is no more than this: a weighted mean, with weights that the decoder chooses."
)
def attend(answer):
    """(scores (B, P), places (B, P, E)) -> the mean of the places (B, E), weighted by softmax(scores)."""
    chance = torch_dice()
    for b, p, e in ((2, 5, 3), (4, 4, 2), (1, 9, 6), (3, 3, 3)):
        scores, places = torch.randn(b, p, generator=chance) * 2, torch.randn(b, p, e, generator=chance)
        ways = {
            "the scores are no weights yet: a softmax makes weights of them.": scores,
            "softmax is over the places of each picture, not over the pictures.": scores.softmax(0),
            "that is the plain mean: it looks everywhere alike.": torch.full_like(scores, 1 / p),
            "the weights add up to 1 already: take the sum, not the mean.": scores.softmax(-1) / p,
            "right": scores.softmax(-1),
        }
        mistakes = {hint: (weights.unsqueeze(1) @ places).squeeze(1) for hint, weights in ways.items()}
        right = mistakes.pop("right")
        said = answer(scores.clone(), places.clone())
        vectors = isinstance(said, (list, tuple)) and any(isinstance(each, torch.Tensor) for each in said)
        expect(not vectors, "it should give one tensor: torch.stack makes one tensor of it.")
        said = torch.as_tensor(said)
        expect(said.shape != places.shape, "that is still one vector for each place: add them up.")
        flat = "the numbers may be right, but a dimension of 1 is left over: `squeeze` takes it away."
        expect(said.dim() != 3 or 1 not in said.shape[1:], flat)
        otherwise = "the shape is right; the weights are softmax(scores), one sum over places."
        if said.shape != right.shape:
            otherwise = f"it should give {(b, e)}, weights times places, summed over places; "
            otherwise += f"yours is {tuple(said.shape)}."
        compare(said, right, mistakes, otherwise)


@exercise("7.3", "Now you can point at the picture: that is how the drawings of attention are made.")
def where_it_looks(answer):
    """(weights (P,), side) -> (row, column) of the place with the greatest weight."""
    chance = torch_dice()
    for side in 20 * (3, 4, 5, 6, 7, 8):
        weights = torch.randn(side * side, generator=chance).softmax(0)
        row, column = divmod(int(weights.argmax()), side)
        mistakes = {
            "that is (column, row): the row comes first.": (column, row),
            "that is the place with the *smallest* weight.": divmod(int(weights.argmin()), side),
            "rows and columns are counted from 0.": (row + 1, column + 1),
            "that row and that column have the most weight in all; we ask for the one best place.": (
                int(weights.view(side, side).sum(1).argmax()),
                int(weights.view(side, side).sum(0).argmax()),
            ),
        }
        if ambiguous((row, column), mistakes):
            continue
        said = answer(weights.clone(), side)
        said = said.tolist() if hasattr(said, "tolist") else said
        expect(isinstance(said, (tuple, list)) and len(said) == 2, "it should return (row, column).")
        said = tuple(map(as_number, said))
        expect(all(map(float.is_integer, said)), "rows and columns are whole numbers: // instead of /.")
        compare(said, (row, column), mistakes, f"{side} places make a row: what are quotient and rest?")


@exercise(
    "7.4", "The attention of Transformers: no tanh, no extra layer, one matrix product (Vaswani et al. 2017)."
)
def dot_product_attention(answer):
    """An AttentionDecoder whose look(state) is softmax(query(h) · keys / sqrt(A))."""
    for one, size in enumerate(dice().sample(range(17, 40), 3)):  # how many numbers a key has
        decoder = some_decoder(partial(answer, attention_dim=size))
        b, p = dice().sample(range(2, 8), 2)
        b = 1 if one == 2 else b
        state = decoder.start(torch.randn(b, p, 6, generator=torch_dice()))
        h, _, _, keys = state
        said, dots = decoder.look(state), (keys @ decoder.query(h).unsqueeze(-1)).squeeze(-1)  # (B, P)
        expect(said is not None, "look() returned None. Is a return missing?")
        root, shape = size**0.5, tuple(getattr(said, "shape", ()))
        expect(b > 1 or shape != (p,), "there may be one picture: squeeze(-1), not squeeze().")
        mistakes = {
            "that is what AttentionDecoder does already.": AttentionDecoder.look(decoder, state),
            "those are scores: a softmax makes weights of them, which add up to 1.": dots / root,
            "the dot products should be divided by the root of the keys' length.": dots.softmax(-1),
            "divide the dot products *before* the softmax: weights add up to 1.": dots.softmax(-1) / root,
            "divide by the root of the keys' length, do not multiply.": (dots * root).softmax(-1),
            "softmax is over the places, the last dimension.": (dots / root).softmax(0),
            "divide by the *root* of the keys' length.": (dots / root**2).softmax(-1),
            "A is the length of a key, keys.size(2), not the number of places.": (dots / p**0.5).softmax(-1),
            "A is the length of a key, not that of the state h.": (dots / h.size(-1) ** 0.5).softmax(-1),
            "16 is the root of 256. Keys may have another length: read it off, keys.size(2).": (
                (dots / 16).softmax(-1)
            ),
        }
        otherwise = "the shape is right; the weights are softmax(query(h) · keys / root of A), over places."
        if shape != (b, p):
            otherwise = f"look(state) should give a weight for each place, (B, P), {(b, p)} here; "
            otherwise += f"yours is {shape}."
        compare(said, (dots / root).softmax(-1), mistakes, otherwise)


@exercise("7.5", "Nobody said which word was wrong: the score of the whole caption is enough to learn.")
def critic(answer):
    """(log_prob (B, S), rewards (B, S)) -> mean of -(reward - mean of the S - 1 others) × log_prob."""
    chance = torch_dice()
    for b, s in ((2, 5), (3, 3), (4, 2), (2, 2)):
        log_prob = -10 * torch.rand(b, s, generator=chance) - 1
        rewards = 3 * torch.rand(b, s, generator=chance)

        def loss(baseline, log_prob=log_prob, rewards=rewards):
            return -((rewards - baseline) * log_prob).mean()

        right = loss((rewards.sum(1, keepdim=True) - rewards) / (s - 1))
        mistakes = {
            "with that sign a step downhill makes the worse captions likelier.": -right,
            "the mean is of the *other* captions: here each is among its own rivals.": loss(
                rewards.mean(1, keepdim=True)
            ),
            "rivals are captions of the same picture, the other ones in the row.": loss(rewards.mean()),
            "rivals are captions of the same picture: rows are pictures, columns are captions.": loss(
                rewards.mean(0, keepdim=True)
            ),
            "the rewards alone make every caption likelier; subtract what the others got.": loss(0),
            "that is the sum; we ask for the mean over all captions.": right * b * s,
            "that is the sum for each picture; we ask for the mean over all captions.": right * s,
            "the others are S - 1, so divide their sum by that.": loss(
                (rewards.sum(1, keepdim=True) - rewards) / s
            ),
        }
        said = answer(log_prob.clone().requires_grad_(), rewards.clone())
        expect(getattr(said, "numel", lambda: 1)() == 1, "a loss is one number: take the mean.")
        otherwise = f"for rewards {[[round(x, 2) for x in row] for row in rewards.tolist()]} it gave {said}."
        compare(torch.as_tensor(said).reshape(()), right, mistakes, otherwise)
        flows = getattr(said, "requires_grad", False)
        expect(flows, "the number is right, but no gradient flows back to log_prob: keep it a tensor.")
