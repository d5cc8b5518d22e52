"""Learning rates, also of runs that are over at once."""

import pytest
import torch

from helpers.base.schedules import one_cycle


def rates(steps, warm_up, learning_rate=1.0):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], learning_rate)
    schedule, seen = one_cycle(optimizer, learning_rate, steps, warm_up), []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return seen


@pytest.mark.parametrize("warm_up", [0.0, 0.1, 0.2, 0.25, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("steps", [*range(13), 20, 100])
def test_any_number_of_steps_can_be_taken_and_every_one_learns(steps, warm_up):
    seen = rates(steps, warm_up)
    assert len(seen) == steps and all(0 < rate <= 1 for rate in seen)
    assert not seen or max(seen) > 0.01  # the only step of a run is not wasted


def test_it_rises_and_falls():
    seen = rates(100, 0.2)
    assert seen.index(max(seen)) == 19 and seen[0] == pytest.approx(0.04) and seen[-1] < 0.001
