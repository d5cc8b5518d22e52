"""The checks of the exercises of 07: attention."""

import torch

from helpers.show.encoder import Encoder
from helpers.teach.exercises import exercise
from helpers.teach.hints import ambiguous, as_number, compare, expect, some_decoder, torch_dice
from helpers.tell.decoder import AttentionDecoder


@exercise("7.1", "Attention that has learnt nothing looks everywhere alike. What it learns is to leave that.")
def even_attention(answer):
    """One over the number of places in the small CNN's grid."""
    grid = Encoder("small", 8, weights=None, grid=True).eval()
    side = grid.transform.size
    places = grid(torch.zeros(1, 3, side, side)).size(1)
    mistakes = {
        "that is how many places there are: what is the weight of each?": places,
        "that is one over the side of the grid; it has as many rows as columns.": places**-0.5,
        "that is the grid of the larger CNNs, 8 × 8.": 1 / 64,
        "those are pixels. A place of the grid is many pixels wide: what does the CNN's last layer leave?": (
            1 / side**2
        ),
    }
    compare(as_number(answer), 1 / places, mistakes, "all weights are equal, and add up to 1.")


@exercise(
    "7.2", "Soft attention is no more than this: a weighted mean, with weights that the decoder chooses."
)
def attend(answer):
    """(scores (B, P), places (B, P, E)) -> the mean of the places (B, E), weighted by softmax(scores)."""
    chance = torch_dice()
    for b, p in ((2, 5), (4, 4), (1, 9)):
        scores, places = torch.randn(b, p, generator=chance) * 2, torch.randn(b, p, 3, generator=chance)
        ways = {
            "the scores are no weights yet: a softmax makes weights of them.": scores,
            "softmax is over the places of each picture, not over the pictures.": scores.softmax(0),
            "that is the plain mean: it looks everywhere alike.": torch.full_like(scores, 1 / p),
            "the weights add up to 1 already: take the sum, not the mean.": scores.softmax(-1) / p,
            "right": scores.softmax(-1),
        }
        mistakes = {hint: (weights.unsqueeze(1) @ places).squeeze(1) for hint, weights in ways.items()}
        right = mistakes.pop("right")
        said = torch.as_tensor(answer(scores.clone(), places.clone()))
        expect(said.shape != places.shape, "that is still one vector for each place: add them up.")
        otherwise = f"it should give {(b, 3)}, weights times places, summed over places;"
        compare(said, right, mistakes, f"{otherwise} yours is {tuple(said.shape)}.")


@exercise("7.3", "Now you can point at the picture: that is how the drawings of attention are made.")
def where_it_looks(answer):
    """(weights (P,), side) -> (row, column) of the place with the greatest weight."""
    chance = torch_dice()
    for side in 4 * (3, 4, 5, 6, 7, 8):
        weights = torch.randn(side * side, generator=chance).softmax(0)
        row, column = divmod(int(weights.argmax()), side)
        mistakes = {
            "that is (column, row): the row comes first.": (column, row),
            "that is the place with the *smallest* weight.": divmod(int(weights.argmin()), side),
            "rows and columns are counted from 0.": (row + 1, column + 1),
        }
        if ambiguous((row, column), mistakes):
            continue
        said = answer(weights.clone(), side)
        expect(isinstance(said, (tuple, list)) and len(said) == 2, "it should return (row, column).")
        said = tuple(map(int, said))
        compare(said, (row, column), mistakes, f"{side} places make a row: what are quotient and rest?")


@exercise(
    "7.4", "The attention of Transformers: no tanh, no extra layer, one matrix product (Vaswani et al. 2017)."
)
def dot_product_attention(answer):
    """An AttentionDecoder whose look(state) is softmax(query(h) · keys / sqrt(A))."""
    for _ in range(2):
        decoder, context = some_decoder(answer), torch.randn(3, 5, 6, generator=torch_dice())
        state = decoder.start(context)
        h, _, _, keys = state
        said, dots = decoder.look(state), (keys @ decoder.query(h).unsqueeze(-1)).squeeze(-1)  # (B, P)
        root, wide = keys.size(-1) ** 0.5, dots / keys.size(1) ** 0.5
        mistakes = {
            "that is what AttentionDecoder does already.": AttentionDecoder.look(decoder, state),
            "those are scores: a softmax makes weights of them, which add up to 1.": dots / root,
            "the dot products should be divided by the root of the keys' length.": dots.softmax(-1),
            "softmax is over the places, the last dimension.": (dots / root).softmax(0),
            "divide by the *root* of the keys' length.": (dots / root**2).softmax(-1),
            "A is the length of a key, keys.size(2), not the number of places.": wide.softmax(-1),
        }
        shapes = f"{tuple(dots.shape)} here; yours is {tuple(getattr(said, 'shape', ()))}"
        otherwise = f"look(state) should give a weight for each place, (B, P), {shapes}."
        compare(said, (dots / root).softmax(-1), mistakes, otherwise)
