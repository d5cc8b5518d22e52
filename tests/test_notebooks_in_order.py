"""What one notebook leaves, the next takes up: 02 trains the CNN, 04 the captioner, which 05 and 06 use."""

import re

import pytest
from notebook_checks import check_places, run, tagged

pytestmark = pytest.mark.notebooks


@pytest.fixture(scope="module")
def own(make_home):
    return make_home()


@pytest.fixture(scope="module")
def encoder(own):
    return run("02_encoder", own)


@pytest.fixture(scope="module")
def training(own, encoder):
    return run("04_training", own)


@pytest.fixture(scope="module")
def inference(own, training):
    return run("05_inference", own)


def prints(notebook):
    return "".join(o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", []))


def test_02_learns_its_classes(encoder):
    assert tagged(encoder, "precision")["mean average precision"] >= 0.9


def test_04_trains_on_what_02_has_learnt(training, own):
    assert "Catching up" not in prints(training)
    assert (own / "checkpoints" / "scenes-small" / "captioner.pt").exists()


def test_05_says_of_scenes_what_is_true(inference):
    assert "Catching up" not in prints(inference)
    judged = tagged(inference, "judged")
    assert judged["place"] >= 0.90 and judged["place_of_named"] >= 0.95
    assert judged["main"] >= 0.85 and judged["different"] >= 150


def test_06_finds_the_places_in_what_04_has_learnt_to_say(training, own):
    notebook = run("06_clustering", own)
    assert "Catching up" not in prints(notebook)
    check_places(notebook)


def test_05_sampling_scores_lower_than_searching(inference):
    (cell,) = [c for c in inference.cells if "scores" in c.metadata.get("tags", [])]
    ways, *rows = cell.outputs[0].text.splitlines()
    assert re.fullmatch(r"greedy +beam \d +sampling", ways.strip())
    for row in rows:
        values = [float(value) for value in re.findall(r"(\d\.\d+) \(", row)]
        assert values[1] > values[2], row
