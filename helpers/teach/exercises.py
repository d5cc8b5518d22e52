"""Exercises that check themselves.

    check("3.2", answer)    says right, or what to look at next, or not tried yet; it never raises

The checks are short functions, those of notebook 03 in `checks_03`. Each tries the answer on inputs drawn
anew and ends quietly if all is well; `expect` and `compare` of `hints` stop it with a hint. `solutions` puts
exercises into the notebooks.
"""

import dis
import inspect
import textwrap
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module

import torch

from helpers.scenes.draw import paint
from helpers.scenes.drawn_set import scene_of, truth_of
from helpers.scenes.words import captions
from helpers.teach.hints import Hint, expect

MODULES = [f"helpers.teach.checks_{notebook:02}" for notebook in range(9)]
CHECKS = {}  # number -> (function, why it matters)
EMPTY = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "COPY_FREE_VARS", "MAKE_CELL"}


def exercise(number: str, because: str):
    """Register the decorated function as the check of an exercise; `because` is said when it is right."""

    def register(function):
        CHECKS[number] = function, because
        return function

    return register


def check(number: str, answer) -> None:
    """Print whether `answer` solves the exercise, or what to look at next; whatever the answer is."""
    print(textwrap.fill(f"{number} {verdict(number, answer)}", 100, subsequent_indent="    "))


def verdict(number: str, answer) -> str:
    """What `check` prints: it begins with "right", "not yet" or "not tried yet"."""
    number = str(number)
    for module in MODULES:
        import_module(module)
    if number not in CHECKS:
        return f"is no exercise. There are {', '.join(sorted(CHECKS))}."
    if (empty := untouched(answer)) is not None:
        return f"not tried yet{empty}."
    function, because = CHECKS[number]
    try:
        with torch.random.fork_rng(devices=[]):  # chance in the notebook goes on as if nothing had been
            function(_returning(answer) if inspect.isfunction(answer) else answer)
    except Hint as hint:
        return f"not yet: {hint}"
    except (Exception, SystemExit) as error:
        said = str(error).partition("\n")[0][:200]
        return f"not yet: it stopped with {type(error).__name__}: {said} (run it yourself to see where)"
    return f"right. {because}"


def untouched(answer) -> str | None:
    """None, or if the answer is still `...`: the empty methods of a class, else an empty string."""
    if inspect.isclass(answer):
        methods = [(name, part) for name, part in vars(answer).items() if inspect.isfunction(part)]
        empty = ", ".join(f"`{name}`" for name, part in methods if untouched(part) is not None)
        return f": {empty} still to do" if empty else None
    parts = answer if isinstance(answer, (list, tuple)) else [answer]
    if any(part is ... for part in parts) or (inspect.isfunction(answer) and _does_nothing(answer)):
        return ""
    return None


def _does_nothing(function) -> bool:
    steps = list(dis.get_instructions(function))
    constants = [step.argval for step in steps if "CONST" in step.opname]
    return {step.opname for step in steps} <= EMPTY and all(value in (None, ...) for value in constants)


def _returning(function):
    def tried(*arguments):
        value = function(*arguments)
        expect(value is not None, "your function returned None. Is a `return` missing?")
        return value

    return tried


@dataclass(frozen=True)
class Practice:
    """A scene that is in no split: five captions, the truth, and the picture, painted when asked for."""

    scene: object

    @cached_property
    def captions(self) -> list[str]:
        """Five ways to say what is there, by the grammar of the scenes."""
        return captions(self.scene)

    @cached_property
    def truth(self) -> dict:
        """What is there: see `helpers.scenes.drawn_set.truth_of`."""
        return truth_of(self.scene)

    @cached_property
    def image(self):
        """The picture (PIL)."""
        return paint(self.scene)


@lru_cache(8)
def practice(n: int = 24, name: str = "practice") -> tuple[Practice, ...]:
    """`n` scenes to practise on, always the same: nothing is downloaded, nothing is written."""
    return tuple(Practice(scene_of(0, name, i)) for i in range(n))
