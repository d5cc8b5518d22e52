"""Captions as batches of numbers, each beside the features of its picture."""

import torch
from torch import nn

from helpers.base.arguments import caption_lists, require_whole
from helpers.base.device import upload
from helpers.base.errors import UserError
from helpers.base.processes import share
from helpers.data.vocabulary import Vocabulary


class CaptionBatches:
    """Batches of (features, captions) in an order that depends only on a generator.

    Every caption of every picture is one example. features (N, F) stay where they are, on disk or in memory,
    unless `device` is a GPU and half of its free memory holds them. They may also be (V * N, F), all pictures
    in V versions, as they are and mirrored: chance takes one. Where several processes train, each gets its
    share of every batch.
    """

    def __init__(self, features, captions: list[list[str]], vocabulary, batch_size: int = 128, device=None):
        require_whole(batch_size=batch_size)
        captions = caption_lists(captions)
        encoded = [(i, vocabulary.encode(c)) for i, group in enumerate(captions) for c in group]
        if not encoded:
            raise UserError("There are no captions to learn from in this data set.")
        if not len(features) or len(features) % len(captions):
            raise UserError(
                f"There are features of {len(features)} pictures, but captions of {len(captions)}."
            )
        self.features, self.batch_size = _near(features, device), int(batch_size)
        self.pictures, self.versions = len(captions), len(features) // len(captions)
        self.picture = torch.tensor([i for i, _ in encoded])  # (M,)
        self.lengths = torch.tensor([len(ids) for _, ids in encoded])  # (M,)
        self.words = int(self.lengths.sum()) - len(encoded)  # that are to be said: START is not
        self.captions = nn.utils.rnn.pad_sequence(
            [torch.tensor(ids) for _, ids in encoded], batch_first=True, padding_value=Vocabulary.PAD
        )  # (M, T)

    def __len__(self) -> int:
        return -(-len(self.picture) // self.batch_size)

    def epoch(self, generator: torch.Generator):
        """Yield features (B, F) and captions (B, T), each batch as long as its longest caption."""
        for rows in torch.randperm(len(self.picture), generator=generator).split(self.batch_size):
            version = torch.randint(self.versions, (len(rows),), generator=generator)
            which = share(self.picture[rows] + self.pictures * version)
            features = self.features[upload(which, self.features.device)]
            yield features, self.captions[share(rows), : self.lengths[rows].max()]


def _near(features: torch.Tensor, device: torch.device | None) -> torch.Tensor:
    if device and device.type == "cuda" and features.nbytes < torch.cuda.mem_get_info(device)[0] / 2:
        return features.to(device)
    return features
