"""A training whose loss is no longer a number is stopped: nothing good comes of it any more."""

import torch

from helpers.base.errors import UserError


def check_finite(losses: torch.Tensor, epoch: int, and_now: str) -> None:
    """UserError when one of the losses (batches,) of an epoch (from 0) is no number: which, and what to do.

    and_now: what becomes of what has been learnt so far.
    """
    if not losses.sum().isfinite():
        batch = int((~losses.isfinite()).nonzero()[0])
        raise UserError(
            f"The loss is no longer a number, since batch {batch + 1} of epoch {epoch + 1} (step "
            f"{epoch * len(losses) + batch + 1}). Lower the learning rate or the clipping, or look for "
            f"features that are not finite. {and_now}"
        )
