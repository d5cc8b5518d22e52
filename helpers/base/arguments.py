"""Arguments that make no sense, named in a sentence before anything is computed with them."""

import math
import operator
import os
import reprlib
from pathlib import Path

from helpers.base.errors import UserError


def require_whole(at_least: int = 1, at_most: int | None = None, /, *, or_none=False, **given) -> None:
    """UserError unless each of `given` is a whole number, be it NumPy's, between the limits.

    True is no number. With `or_none`, None will do, too.
    """
    limits = f"{at_least} or more" if at_most is None else f"from {at_least} to {at_most:,}"
    for name, value in given.items():
        if value is None and or_none:
            continue
        try:
            fits = at_least <= operator.index(value) <= (math.inf if at_most is None else at_most)
        except TypeError:
            fits = False
        if not fits or _is_flag(value):
            choice = ", or None" if or_none else ""
            raise UserError(f"{name} is {reprlib.repr(value)}: it must be a whole number, {limits}{choice}.")


def require_number(*, at_least=-math.inf, above=-math.inf, at_most=math.inf, **given) -> None:
    """UserError unless each of `given` is a finite number between the limits. True is none."""
    limits = {"at least": at_least, "above": above, "at most": at_most}
    limits = " and ".join(f"{text} {limit:g}" for text, limit in limits.items() if math.isfinite(limit))
    for name, value in given.items():
        try:
            fits = math.isfinite(value) and at_least <= value <= at_most and value > above
        except (TypeError, ValueError, OverflowError, RuntimeError):  # text; a tensor of several numbers
            fits = False
        if not fits or _is_flag(value):
            raise UserError(f"{name} is {reprlib.repr(value)}: it must be a number, {limits}.")


def _is_flag(value) -> bool:
    """True or False, be it NumPy's, whose older ones pass for numbers."""
    return type(value).__name__ in ("bool", "bool_")


def require_sizes(dropout: float, tied: bool, vocabulary_size: int, **sizes) -> None:
    """UserError unless a decoder of these sizes can be made."""
    require_whole(4, vocabulary_size=vocabulary_size)
    require_whole(**sizes)
    require_number(at_least=0, at_most=1, dropout=dropout)


def text_list(texts, what: str = "captions") -> list[str]:
    """A list of strings out of a list, a tuple, an array, a generator …; UserError if it holds others.

    what: how the user calls them.
    """
    texts = _listed(texts, f"{what}: a list of strings is needed")
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise UserError(f"{what}: number {i} is {_kind(text)}, where a string belongs.")
    return texts


def caption_lists(captions, what: str = "captions") -> list[list[str]]:
    """For each picture a list of strings; UserError if it is anything else."""
    groups = _listed(captions, f"{what}: a list is needed, of a list of strings for each picture")
    return [text_list(group, f"{what} of picture {i}") for i, group in enumerate(groups)]


def check_captions(references, candidates) -> tuple[list[list[str]], list[str]]:
    """Both as lists. UserError unless there is one caption for each picture, and a reference at least."""
    if isinstance(references, dict) or isinstance(candidates, dict):
        raise UserError(
            "Dicts of captions are not taken: give two lists, [references[i] for i in ids] and so on."
        )
    references = caption_lists(references, "references")
    candidates = text_list(candidates, "candidates")
    if len(references) != len(candidates):
        raise UserError(
            f"There are references for {len(references)} pictures but {len(candidates)} captions: "
            "give exactly one caption for each picture, in the same order."
        )
    if len(candidates) == 0:
        raise UserError("There is nothing to score: give at least one picture with its caption.")
    for i, sentences in enumerate(references):
        if not sentences:
            raise UserError(f"Picture {i} has no references: leave it out, it can't be scored without them.")
    return references, candidates


def _listed(values, wanted: str) -> list:
    if isinstance(values, str | bytes | dict) or getattr(values, "ndim", 1) != 1:
        raise UserError(f"{wanted}, not {_kind(values)}.")
    try:
        return [*values]
    except TypeError:
        raise UserError(f"{wanted}, not {_kind(values)}.") from None


def _kind(value) -> str:
    """What `value` is, in the user's words."""
    kinds = {str: "a single string", bytes: "bytes", dict: "a dict", list: "a list", tuple: "a tuple"}
    return kinds.get(type(value), reprlib.repr(value))


def as_path(path) -> Path:
    """`path`, with ~ for the home folder; UserError if it is none."""
    if not isinstance(path, str | os.PathLike) or not str(path).strip() or "\0" in str(path):
        raise UserError(f"{reprlib.repr(path)} is no path: give the name of a file or folder.")
    return Path(path).expanduser()


def file_to_write(path) -> Path:
    """A path at which a file can be written, its folder made; UserError if a folder is there already."""
    path = as_path(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder: give the name of a file in it.")
    folder_to_write(path.parent)
    return path


def folder_to_write(path) -> Path:
    """A folder, made if it is not there; UserError if a file is in its place, or it cannot be made."""
    path = as_path(path)
    in_the_way = next((part for part in (path, *path.parents) if part.is_file()), None)
    if in_the_way:
        raise UserError(f"{in_the_way} is a file where a folder is needed: choose another name.")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {path} cannot be made ({error.strerror}): choose another.") from None
    return path
