"""Numbers as NumPy arrays, wherever they come from, and their digest."""

import hashlib

import numpy as np

from helpers.base.errors import UserError


def as_array(values, dtype=None) -> np.ndarray:
    """The numbers in an array, a list, a tensor or a list of tensors, as an array; an array is not copied.

    A tensor may be on a GPU, be part of a graph, or hold bfloat16: NumPy itself takes none of these. For all
    that computes on the CPU.
    """
    if isinstance(values, (list, tuple)) and any(hasattr(value, "detach") for value in values):
        values = [as_array(value) for value in values]
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.double() if values.is_floating_point() else values
    return np.asarray(values, dtype)


def as_vectors(values) -> np.ndarray:
    """Vectors (N, D) as an array; UserError unless they are rows of finite numbers, at least one."""
    try:
        vectors = as_array(values)
        finite, shape = bool(np.isfinite(vectors).all()), vectors.shape
    except (TypeError, ValueError, RuntimeError):  # text; rows of different lengths; no numbers at all
        finite, shape = False, type(values).__name__
    if not finite or vectors.ndim != 2 or not vectors.size:
        raise UserError(f"Vectors are finite numbers (N, D), one row for each of N, not {shape}.")
    return vectors


def digest(state: dict, facts: str = "") -> str:
    """Sixteen hex digits that change when `facts` do, or a name or a tensor of `state` (a `state_dict`)."""
    import torch  # takes seconds, and who sorts captions can do without

    found = hashlib.sha256(facts.encode())
    for name, value in state.items():
        found.update(name.encode())
        found.update(value.detach().cpu().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()[:16]
