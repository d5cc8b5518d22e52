"""How the learning rate goes from step to step."""

from torch.optim.lr_scheduler import OneCycleLR


def one_cycle(optimizer, learning_rate, steps: int, warm_up: float = 0.3) -> OneCycleLR:
    """Rise to `learning_rate` (or one for each group) in the share `warm_up` of `steps`, fall along a cosine.

    Smith and Topin, 2018. torch's own divides by the steps of the rise less one and by those of the fall, and
    the only step of a run learns nothing there. Where that matters, one step more is planned than is taken.
    """
    steps = max(2, steps)
    if warm_up * steps in (1, steps):
        steps += 1
    return OneCycleLR(optimizer, learning_rate, steps, pct_start=warm_up)
