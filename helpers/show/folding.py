"""A frozen CNN as it runs fastest: BatchNorm folded in, channels last, in the precision that pays."""

import threading

import torch
from torch import nn
from torch.fx.experimental.optimization import fuse

from helpers.base.device import autocast

_one_at_a_time = threading.Lock()  # while torch.fx traces a module, it changes how all are called


class Folded:
    """Keeps a folded copy of a CNN, and makes it anew when a weight has changed or moved."""

    def __init__(self):
        self.facts, self.weights, self.cnn = [], [], None

    def __call__(self, trunk: nn.Module, images: torch.Tensor) -> torch.Tensor:
        """What `trunk`, in eval mode, makes of images (B, 3, H, W), in float32."""
        weights = [*trunk.state_dict(keep_vars=True).values()]  # kept, so that no other gets their addresses
        facts = facts_of(weights)
        with _one_at_a_time:
            if facts != self.facts:
                self.cnn = fuse(trunk).to(memory_format=torch.channels_last)
                self.facts, self.weights = facts, weights
        with autocast(images.device):
            return self.cnn(images.contiguous(memory_format=torch.channels_last)).float()


@torch.no_grad()
def facts_of(weights: list[torch.Tensor]) -> list:
    """What changes when a weight does: where it lies, how often it was written, how long it is.

    PyTorch does not count what a fused optimizer writes, nor what is written through `.data`.
    """
    written = [(w.data_ptr(), None if w.is_inference() else w._version) for w in weights]
    return written + torch.stack([w.float().norm() for w in weights]).tolist()
