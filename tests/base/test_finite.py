import pytest
import torch

from helpers.base.errors import UserError
from helpers.base.finite import check_finite


def test_the_first_batch_that_went_wrong_is_named():
    check_finite(torch.ones(4), 0, "")
    with pytest.raises(UserError, match=r"since batch 3 of epoch 2 \(step 7\).*rate.*Begin anew\.") as told:
        check_finite(torch.tensor([1, 1, torch.nan, torch.inf]), 1, "Begin anew.")
    assert "\n" not in str(told.value)
