"""What is asked of the methods that group: looked at before they begin."""

import numpy as np

from helpers.base.arguments import require_whole
from helpers.base.arrays import as_vectors
from helpers.base.errors import UserError


def vectors_for(vectors, k: int | None = None) -> np.ndarray:
    """Vectors (N, D) as an array; UserError unless `k` groups can be made of them."""
    vectors = as_vectors(vectors)
    require_whole(1, len(vectors), or_none=True, k=k)
    return vectors


def require_choice(vectors: np.ndarray, ks: list[int]) -> None:
    """UserError unless there are numbers of groups among which a silhouette can choose."""
    if len(vectors) < 3 or not ks:
        raise UserError(f"There is nothing to choose: {len(vectors)} vectors, {len(ks)} numbers of groups.")
    for k in ks:
        require_whole(2, len(vectors) - 1, k=k)


def require_method(method, seed: int) -> None:
    """UserError unless `method` can be called, and `seed` is one for scikit-learn."""
    if not callable(method):
        raise UserError(
            f"{method!r} is no method: pass the function itself, k_means, agglomerative or hdbscan."
        )
    require_whole(0, 2**32 - 1, seed=seed)
