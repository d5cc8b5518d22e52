"""Answers to the exercises, right and wrong: what is said of them. Those that stand in notebooks/solutions
are tried in `test_solutions`."""

import itertools

import pytest
import torch
from exercise_answers import other_right_answers, wrong_answers

from helpers.teach import hints
from helpers.teach.exercises import CHECKS, check, untouched, verdict

verdict("0.1", ...)
NUMBERS = sorted(CHECKS)


@pytest.fixture(autouse=True)
def same_dice(monkeypatch):
    """The same inputs in every run, whatever other tests ran before in this process."""
    monkeypatch.setattr(hints, "_draws", itertools.count())


@pytest.mark.parametrize("number", NUMBERS)
def test_wrong_answers_get_a_hint_that_fits(number):
    assert len(wrong_answers()[number]) >= 2
    for answer, piece in wrong_answers()[number]:
        for _ in range(1 if number == "6.4" else 3):  # other inputs every time
            text = verdict(number, answer)
            assert text.startswith("not yet: ") and piece in text, (piece, text)


@pytest.mark.parametrize("number", NUMBERS)
def test_other_right_answers_are_right_every_time(number):
    for answer in other_right_answers().get(number, []):
        for _ in range(1 if number == "6.4" else 10):
            assert verdict(number, answer).startswith("right."), verdict(number, answer)


CONSTANTS = (
    None,
    0,
    1,
    0.5,
    True,
    False,
    "",
    "a dog",
    [],
    [2, 3],
    set(),
    (0, 0),
    torch.zeros(3, 5, 11),
    torch.ones(1),
)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_constant_passes_for_a_function(number):
    if callable(wrong_answers()[number][0][0]):
        for constant in CONSTANTS:
            text = verdict(number, lambda *_, constant=constant: constant)
            assert not text.startswith("right"), (constant, text)


def raising(*_):
    raise RuntimeError("no such luck\nand more")


def leaving(*_):
    raise SystemExit


def endless(*_):
    return endless(*_)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_check_never_raises(number, capsys):
    odd = (None, "", "nine", [], {}, object(), object, float("nan"), float("inf"), torch.zeros(0), raising)
    for answer in (*odd, leaving, endless, lambda: 3, type("Empty", (), {})):
        check(number, answer)
        told = capsys.readouterr().out
        assert told.startswith(f"{number} not yet: "), (answer, told)
    if callable(wrong_answers()[number][0][0]) and number not in ("2.5", "3.5", "7.4"):
        assert "RuntimeError: no such luck (run it" in verdict(number, raising)


def test_an_unknown_number_is_a_sentence(capsys):
    check("9.9", 3)
    assert "9.9 is no exercise. There are 0.1, 0.2" in capsys.readouterr().out


def test_what_counts_as_untouched():
    def dots(a, b=2): ...

    def with_a_docstring():
        """Says what to do."""
        ...

    def closure():
        def inner():
            ...
            return dots

        return inner

    class Half:
        size = 3

        def start(self):
            return 1

        def step(self): ...

    for answer in (..., dots, with_a_docstring, lambda: ..., lambda x: None, [1, ...], (..., 2)):
        assert untouched(answer) == "", answer
    for answer in (
        0,
        None,
        False,
        "",
        [],
        lambda x: x,
        lambda: 3,
        print,
        dict,
        closure,
        torch.zeros(2),
        Half(),
    ):
        assert untouched(answer) is None, answer
    assert untouched(Half) == ": `step` still to do"


def test_a_forgotten_return_is_not_called_untouched():
    def forgot(caption):
        caption.lower().split()

    assert "Is a `return` missing?" in verdict("1.2", forgot)


def test_a_check_leaves_chance_as_it_was():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    for number in ("3.4", "4.4", "7.4"):
        verdict(number, wrong_answers()[number][0][0])
    assert torch.equal(torch.rand(2), expected)


def test_answers_learnt_by_heart_do_not_pass():
    """Who remembers what was right the last time is wrong the next time: the inputs are drawn anew."""
    heard = []
    for _ in range(5):
        verdict("2.2", lambda *asked: heard.append(asked) or 10**9)
    assert len(set(heard)) > 1
