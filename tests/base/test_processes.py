"""What several processes share."""

import pytest
import torch
from finetuning import finetune

from helpers.base import processes
from helpers.base.errors import UserError
from helpers.data.transforms import Transform
from helpers.show.encoder import Encoder
from helpers.tell.self_critical import practise


def test_every_caption_is_in_one_share(monkeypatch):
    shares = []
    for rank in range(3):
        monkeypatch.setattr(processes, "world", lambda: 3)
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        shares += processes.share(torch.arange(10)).tolist()
    assert sorted(shares) == list(range(10))


def test_what_cannot_be_shared_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(processes, "world", lambda: 2)
    encoder = Encoder("small", 8, weights=None)
    with pytest.raises(UserError, match="one process"):
        finetune(encoder, None, None, None, None, folder=tmp_path, transform=Transform())
    with pytest.raises(UserError, match="one process"):
        practise(encoder, None, None, None, None, folder=tmp_path)
