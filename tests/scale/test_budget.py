"""Hours and cost on paper."""

import time

import pytest
import timing
import torch

from helpers.data.datasets import load
from helpers.scale import budget
from helpers.scale.budget import Rates, measure, plan
from helpers.sort.clustering import cluster_captions
from helpers.tell.captioner import SHIPPED, Captioner

RATES = Rates(decode=100, encode=1000, say=1000, sort=1e9, picture_bytes=100_000)


def test_the_slowest_stage_sets_the_pace():
    row = plan(3_600_000, 1, RATES, cores=8, price=2.0)
    assert row["slowest"] == "caption"  # 500 a second; eight cores decode 800
    assert row["hours"] == pytest.approx(2.0, rel=1e-4)
    assert row["cost"] == pytest.approx(4.0, rel=1e-4)
    assert plan(1e6, 1, RATES, cores=2)["slowest"] == "decode"
    assert plan(1e6, 1, RATES, network=1e6)["slowest"] == "network"


def test_twice_the_devices_take_half_the_time_and_cost_the_same():
    one, two = plan(1e6, 8, RATES), plan(1e6, 16, RATES)
    assert two["hours"] == pytest.approx(one["hours"] / 2)
    assert two["cost"] == pytest.approx(one["cost"])


def test_sorting_comes_after():
    slow = Rates(decode=1e9, encode=1e9, say=1e9, sort=10, picture_bytes=1)
    assert plan(3600 * 80, 1, slow, cores=8)["hours"] == pytest.approx(1.0, rel=1e-3)


def test_the_clock_starts_and_stops_when_the_gpu_has_nothing_left_to_do(monkeypatch):
    told = []
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda: told.append("wait"))
    monkeypatch.setattr(time, "perf_counter", lambda: told.append("clock") or 0.0)
    for timed in (budget._timed, timing.seconds):
        told.clear()
        timed(lambda: told.append("work"))
        assert told == ["wait", "clock", "work", "wait", "clock"]


def test_rates_are_measured(tiny_set):
    captioner, pictures = Captioner.load(SHIPPED, device="cpu"), load(tiny_set, "train")
    captions = ["a dog on the beach", "a cat in the kitchen", "a dog in the park"]
    rates = measure(captioner, pictures.paths[:4], captions, cluster_captions(captions, k=2))
    assert all(value > 0 for value in vars(rates).values())
