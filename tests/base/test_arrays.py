import numpy as np
import pytest
import torch

from helpers.base.arrays import as_array, digest


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_tensor_in_any_precision_with_gradients(dtype):
    weight = torch.nn.Parameter(torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=dtype))
    assert as_array(weight * 2).tolist() == [[2, 4], [6, 8]]
    assert as_array(weight, np.float32).dtype == np.float32


def test_what_is_an_array_is_not_copied():
    array = np.ones(3, np.float32)
    assert as_array(array) is array and as_array(array, np.float64).dtype == np.float64


def test_lists_of_numbers_and_of_tensors():
    assert as_array([1, 2]).tolist() == [1, 2] and as_array(torch.tensor([1, 2])).dtype == np.int64
    assert as_array([torch.tensor(0.5, requires_grad=True), 2.0]).tolist() == [0.5, 2]
    assert as_array([torch.ones(2), torch.zeros(2)]).shape == (2, 2) and as_array([]).shape == (0,)


def test_a_digest_changes_with_facts_names_and_weights_of_any_precision():
    weight, count = torch.ones(2, 3), torch.tensor(7)
    states = [{"a": weight}, {"b": weight}, {"a": weight + 1e-6}, {"a": weight.bfloat16()}, {"a": count}]
    seen = [digest(state) for state in states] + [digest(states[0], "facts")]
    assert len(set(seen)) == len(seen) and digest({"a": weight.clone()}) == seen[0]
