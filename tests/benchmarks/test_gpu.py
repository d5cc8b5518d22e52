"""The script for the day when there is a GPU: on pretended ones, so that it can't be wrong on that day."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import gpu
import gpu_parts
import pretend_gpu
import pytest
import torch
from test_pretended_gpu import pytestmark as where_a_gpu_can_be_pretended

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "benchmarks" / "README.md").read_text(encoding="utf-8")
RUN = (
    "import sys, pretend_gpu; pretend_gpu.install(sys.argv[1]); import gpu; sys.exit(gpu.main(sys.argv[2:]))"
)


def captions(*ciders: float) -> dict:
    values = {f"seed {i}": value for i, value in enumerate(ciders)}
    row = {"what": "captions", "unit": "CIDEr", "values": values, "busy": None, "peak": None}
    return {"versions": "some", "parts": {"captions": [row | {"seconds an epoch": 1.0}]}}


def a_row(what: str) -> dict:
    return {
        "what": what,
        "unit": "captions/s",
        "values": {"ours": 4.0, "plain": 2.0},
        "busy": 87,
        "peak": 2**30,
    }


@pytest.fixture
def out(tmp_path):
    return tmp_path / "gpu.json"


def with_marks(function):
    for mark in where_a_gpu_can_be_pretended:
        function = mark(function)
    return function


@with_marks
@pytest.mark.parametrize("card", ["T4", "H100"])
def test_all_parts_run_on(card, out, tmp_path):
    smi = tmp_path / "bin" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text("#!/bin/sh\necho 87\n")
    smi.chmod(0o755)
    out.write_text(json.dumps({"CPU": captions(0.0, 0.0)}))
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "tests"), str(PROJECT / "benchmarks")])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "SHOW_TELL_SORT_PRECISION": ""}
    environment["PATH"] = os.pathsep.join([str(smi.parent), os.environ["PATH"]])
    command = [sys.executable, "-c", RUN, card, "--tiny", "--out", str(out)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    figures, name = json.loads(out.read_text()), pretend_gpu.CARDS[card].name
    assert list(figures) == ["CPU", name] and list(figures[name]["parts"]) == list(gpu.PARTS)
    rows = [row for part in figures[name]["parts"].values() for row in part]
    assert len(rows) >= 7 and all(row["peak"] > 0 for row in rows)
    assert all(value > 0 for row in rows for value in row["values"].values() if row["unit"] != "CIDEr")
    assert rows[0]["busy"] == 87 or os.name != "posix"
    assert gpu.table(figures) in run.stdout and "1 seed; as good as the CPU's" in run.stdout


@pytest.mark.parametrize("trouble", ["", "The NVIDIA driver is too old for this PyTorch: update it."])
def test_without_a_gpu_it_says_what_to_do(monkeypatch, capsys, trouble):
    monkeypatch.setattr(gpu, "usable", lambda kind: (False, trouble))
    assert gpu.main([]) == 2
    said = capsys.readouterr().err
    assert said.startswith(trouble or "There is no NVIDIA GPU here.") and "--tiny" in said


def of_parts(monkeypatch, *seconds, **parts):
    monkeypatch.setattr(gpu, "PARTS", {name: (part, *(seconds or [100])) for name, part in parts.items()})


def test_an_interruption_loses_nothing(monkeypatch, out):
    def first(*_):
        yield a_row("one")
        raise KeyboardInterrupt

    of_parts(monkeypatch, first=first, second=lambda *_: [a_row("two")])
    assert gpu.main(["--device", "cpu", "--out", str(out)]) == 130
    assert gpu.main(["--device", "cpu", "--out", str(out), "--only", "second"]) == 0
    assert json.loads(out.read_text())["CPU"]["parts"] == {"first": [a_row("one")], "second": [a_row("two")]}


def test_figures_of_other_versions_do_not_stay(monkeypatch, out):
    of_parts(monkeypatch, one=lambda *_: [a_row("one")])
    out.write_text(json.dumps({"CPU": captions(2.0), "Tesla T4": captions(2.0)}))
    gpu.main(["--device", "cpu", "--out", str(out)])
    figures = json.loads(out.read_text())
    assert list(figures["CPU"]["parts"]) == ["one"] and figures["Tesla T4"] == captions(2.0)


def test_what_fails_does_not_keep_the_rest_from_being_measured(monkeypatch, capsys, out):
    of_parts(monkeypatch, first=lambda *_: 1 / 0, second=lambda *_: [a_row("two")])
    assert gpu.main(["--device", "cpu", "--out", str(out)]) == 1
    assert list(json.loads(out.read_text())["CPU"]["parts"]) == ["second"]
    assert "--only first" in capsys.readouterr().out


def test_the_whole_ends_when_its_time_is_over(monkeypatch, capsys, out):
    now, ends = [1000.0], []

    def slow(device, sizes, until):
        ends.append(until - now[0])
        now[0] += 300
        yield a_row(str(len(ends)))

    monkeypatch.setattr(gpu.time, "monotonic", lambda: now[0])
    of_parts(monkeypatch, 200, a=slow, b=slow, c=slow)
    gpu.measure(["a", "b", "c"], torch.device("cpu"), gpu.TINY, out)
    assert ends == [200, 160] and "--only c" in capsys.readouterr().out
    assert sum(seconds for _, seconds in gpu_parts.PARTS.values()) <= gpu.SECONDS < 8 * 60


def test_a_training_whose_time_is_over_is_no_result(monkeypatch, tmp_path):
    name = gpu_parts.draw_scenes(tmp_path / "few", sizes=gpu_parts.TINY.scenes, workers=1)
    sizes = gpu_parts.replace(gpu_parts.TINY, recipe={"epochs": 2, "word_threshold": 0})
    captioner, history = gpu_parts.learn(name, 0, tmp_path / "run", torch.device("cpu"), sizes, until=0.0)
    assert captioner is None and len(history) == 1


def test_captions_are_as_good_within_the_spread_of_seeds():
    cpu = [1.9, 2.0, 2.1]  # their spread is 0.1
    assert gpu.as_good([1.71, 1.71], cpu) and not gpu.as_good([1.6, 1.79], cpu)


@pytest.mark.parametrize("found, code", [(2.0, 0), (1.0, 1)])
def test_worse_captions_than_those_of_the_cpu_are_an_error(monkeypatch, capsys, out, found, code):
    of_parts(monkeypatch, captions=lambda *_: captions(found)["parts"]["captions"])
    monkeypatch.setattr(gpu, "device_to_measure", lambda *_: torch.device("meta"))
    out.write_text(json.dumps({"CPU": captions(1.9, 2.1)}))
    assert gpu.main(["--out", str(out)]) == code
    assert ("NOT as good" in capsys.readouterr().out) == bool(code)


def test_the_readme_shows_the_figures_and_says_what_is_open():
    figures = gpu.read(gpu.FIGURES)
    assert gpu.table(figures) in README
    assert ("All rows of a GPU are open" in README) == (set(figures) <= {"CPU"})
    for machine, entry in figures.items():
        assert set(entry["parts"]) <= set(gpu.PARTS), machine
        for row in entry["parts"].get("captions", []):  # of another recipe they say nothing
            assert {**row["recipe"], "seed": 0} == asdict(gpu_parts.recipe_of(gpu.Sizes()))
