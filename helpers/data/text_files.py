"""Text and JSON from anywhere: with a byte-order mark, from a Korean Windows, from Notepad."""

import codecs
import json
import re
from pathlib import Path

from charset_normalizer import from_bytes

from helpers.base.errors import UserError

_MARKS = {  # the longer ones first: UTF-32's begins like UTF-16's
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f]")  # what no text holds
_SIGNS = "[‘’“”„…–—«»¿¡ºª°€£•´·\xa0]{0,2}"
_WESTERN = re.compile(f"{_SIGNS}(?:[ß-öø-ÿšžœ]{{1,2}}|[À-ÖØ-ÞŠŽŒ][ß-öø-ÿšžœ]?)?{_SIGNS}")
_CENTRAL = {"Croatian", "Czech", "Hungarian", "Polish", "Slovak", "Slovene"}
_HEAD = 1 << 16  # bytes


def read_text(path: Path) -> tuple[str, str]:
    """(text, note) of a file: lines end with \\n; the note, often "", says which encoding it is in.

    Raises:
        UserError: no such file, or bytes that are no text; it names the line.
    """
    return _decoded(_bytes(path), path)


def read_head(path: Path) -> str:
    """The first lines of a file, 64 KB at most; UserError as `read_text`."""
    data = _bytes(path, _HEAD)
    return _decoded(data.rpartition(b"\n")[0] if len(data) == _HEAD else data, path)[0]


def read_json(path: Path) -> tuple[object, str]:
    """(content, note) of a JSON file, as `read_text`; UserError, with the line, if it is damaged."""
    text, note = read_text(path)
    try:
        return json.loads(text), note
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read as JSON ({error}). Get a whole copy of it.") from None


def _bytes(path: Path, most: int = -1) -> bytes:
    try:
        if not path.is_file() and path.exists():  # a pipe would never end
            raise UserError(f"{path} is no file, but a folder, pipe or device: name a captions file.")
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from None


def _decoded(data: bytes, path: Path) -> tuple[str, str]:
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    marked = encoding is not None
    if not marked and data.count(0) > len(data) // 20:  # UTF-16 without its mark, or no text at all
        encoding = "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
    damaged = 0  # the line of the first bytes that are no letters
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        damaged = data.count(b"\n", 0, error.start) + 1
        encoding = encoding if marked else None if encoding else _guess(data)
        if not encoding:
            raise _no_text(path, damaged) from None
        text = data.decode(encoding, "replace")
        damaged = damaged if "\ufffd" in text else 0
    wide = not marked and encoding in ("utf-16-le", "utf-16-be")
    controls = list(_CONTROL.finditer(text))
    if wide and ("\0" in text or 4 * sum(map(str.isascii, text)) < len(text)):  # not even a comma
        raise _no_text(path, data.count(b"\n", 0, data.index(0)) + 1)
    if "\0" in text or len(controls) > 1 + len(text) // 50:  # one or two stray ones do no harm
        raise _no_text(path, text.count("\n", 0, controls[0].start()) + 1)
    note = ""
    if damaged:
        note = f"{path.name} is damaged in line {damaged} or more: the letters there become \ufffd."
    elif encoding not in (None, "utf-8", "utf-8-sig"):
        note = f"{path.name} is read as {encoding}, not UTF-8. If its letters are wrong, save it as UTF-8."
    return text.replace("\r\n", "\n").replace("\r", "\n"), note


def _no_text(path: Path, line: int) -> UserError:
    return UserError(f"{path}, line {line}, is not text. Save it as UTF-8, or get a whole copy of it.")


def _guess(data: bytes) -> str | None:
    """The likeliest encoding of what is not (all) UTF-8; None if there is none."""
    faults = data.decode("utf-8", "replace").count("\ufffd")
    if sum(not letter.isascii() for letter in data.decode("utf-8", "ignore")) > 4 * faults:
        return "utf-8"  # but damaged
    odd = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_HEAD]
    best = from_bytes(odd, cp_exclusion=["utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_7"]).best()
    central = best and best.language in _CENTRAL and len(odd) > 1000  # a few words tell no language
    if not central and _is_western(odd):
        return "latin-1" if not re.search(rb"[\x80-\x9f]", odd) else "cp1252"
    return best.encoding if best else None


def _is_western(data: bytes) -> bool:
    """Whether all is Western European: few letters beside the ASCII ones, never a row of them."""
    runs = re.findall(rb"[\x80-\xff]+", data)
    return all(_WESTERN.fullmatch(run.decode("cp1252", "replace")) for run in runs)
