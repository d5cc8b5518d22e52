"""What the checks are made of: chance for their inputs, comparing, and the hint of a mistake."""

import random
from itertools import combinations, count
from math import isclose, isfinite

import torch

from helpers.tell.decoder import Decoder

_draws = count()


class Hint(Exception):
    """What to look at next."""


def expect(condition, hint: str) -> None:
    """Raise a Hint unless `condition` holds."""
    if not condition:
        raise Hint(hint)


def compare(said, right, mistakes: dict, otherwise: str) -> None:
    """Quiet if `said` is `right`; else the hint whose wrong value it is (hint -> value), or `otherwise`."""
    if not same(said, right):
        for hint, wrong in mistakes.items():
            expect(not same(said, wrong), hint)
        raise Hint(otherwise)


def ambiguous(right, mistakes: dict) -> bool:
    """Whether on this input a mistake would look right, or like another mistake: draw another input."""
    return any(same(one, other) for one, other in combinations([right, *mistakes.values()], 2))


def same(one, other) -> bool:
    """Whether two values agree: fractions (float) and tensors but for rounding, anything else exactly."""
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=0.005)
    if hasattr(other, "shape"):
        one, other = (torch.as_tensor(value).detach().cpu().float() for value in (one, other))
        return one.shape == other.shape and torch.allclose(one, other, atol=1e-4, rtol=1e-3)
    return one == other


def as_number(answer) -> float:
    """The answer as a plain number, also out of a tensor or an array with one."""
    expect(not isinstance(answer, (str, bytes, bool)), f"the answer is a number, not {answer!r}.")
    try:
        value = float(answer.detach() if hasattr(answer, "detach") else answer)
    except (TypeError, ValueError, RuntimeError):
        raise Hint(f"the answer is one number, and this is a {type(answer).__name__}.") from None
    expect(isfinite(value), f"{value} is no finite number.")
    return value


def dice() -> random.Random:
    """Chance for the inputs of a check: other numbers at every call, the same ones in every session."""
    return random.Random(f"exercise {next(_draws)}")


def torch_dice() -> torch.Generator:
    """The same for PyTorch."""
    return torch.Generator().manual_seed(dice().randrange(10**6))


def some_decoder(kind=Decoder) -> Decoder:
    """An untrained decoder of 11 words, with weights large enough that mistakes show."""
    torch.manual_seed(dice().randrange(10**6))
    decoder = kind(11, 6, 8).eval()
    for weight in decoder.parameters():
        weight.data.mul_(2)
    return decoder
