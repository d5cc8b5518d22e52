"""A picture and a caption in each row or line: tables, Flickr's lists, JSON Lines; whoever made them."""

import json
import re
from ast import literal_eval
from collections.abc import Iterable
from pathlib import Path

from helpers.data.gathered import Gathered, split_named
from helpers.data.table_shapes import Shape, fitted, rows_of, shape_by_header, shape_of, without_number
from helpers.data.text_files import read_text


def is_tokens(text: str) -> bool:
    """Whether the first lines are `picture.jpg#0<tab>caption`."""
    lines = [line for line in text.split("\n", 20)[:20] if line.strip()]
    return 2 * sum(re.match(r"[^\t]+#\w+\s*\t", line) is not None for line in lines) > len(lines)


def are_records(content) -> bool:
    """Whether JSON is a list of objects with a picture and a caption each."""
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and _shape_of_record(first) is not None


def are_record_lines(text: str) -> bool:
    """Whether the first lines of JSON Lines are such objects."""
    return any(_shape_of_record(_record(line)) for line in text.split("\n", 20)[:20])


def gather_table(file: Path, gathered: Gathered, split: str | None = None) -> None:
    """Gather from CSV or TSV. `split`: where no column names one. UserError: not the columns for it."""
    text, note = read_text(file)
    shape = shape_of(text, file)
    gathered.begin(note)
    for n, (line, row) in enumerate(rows_of(text, shape.delimiter)):
        where = f"{file.name}, line {line}"
        if n == 0 and shape.header:
            continue
        if cells := fitted(row, shape):
            captions = [text for i in shape.captions for text in _several(cells[i])]
            named = split_named(cells[shape.split].strip()) if shape.split is not None else None
            gathered.add(without_number(cells[shape.picture]), captions, where, named or split)
        else:
            gathered.leave_out("damaged", where)


def gather_tokens(file: Path, gathered: Gathered) -> None:
    """Gather from lines `picture.jpg#0<tab>caption`, as Flickr8k and Flickr30k have them."""
    text, note = read_text(file)
    gathered.begin(note)
    for n, line in enumerate(text.split("\n"), 1):
        key, tab, caption = line.partition("\t")
        picture, number_sign, _ = key.rpartition("#")
        if tab and number_sign:
            gathered.add(picture, caption, f"{file.name}, line {n}")
        elif line.strip():
            gathered.leave_out("damaged", f"{file.name}, line {n}")


def gather_lines(file: Path, gathered: Gathered, split: str | None = None) -> None:
    """Gather from JSON Lines, each an object like {"file_name": "a.jpg", "text": "A dog."}."""
    text, note = read_text(file)
    gathered.begin(note)
    records = []
    for n, line in enumerate(text.split("\n"), 1):
        records += [(f"line {n}", _record(line))] if line.strip() else []
    gather_records(records, file, gathered, split)


def gather_records(
    records: Iterable[tuple[str, object]], file: Path, gathered: Gathered, split: str | None = None
) -> None:
    """Gather from (where, object) pairs; the names of the objects' fields are those of a table's columns."""
    shapes = {}
    for where, record in records:
        where, keys = f"{file.name}, {where}", tuple(record) if isinstance(record, dict) else ()
        if keys not in shapes:
            shapes[keys] = _shape_of_record(record)
        if shape := shapes[keys]:
            values = list(record.values())
            captions = [values[i] for i in shape.captions]
            flat = [text for it in captions for text in (it if isinstance(it, list) else [it])]
            named = split_named(values[shape.split]) if shape.split is not None else None
            gathered.add(values[shape.picture], flat, where, named or split)
        else:
            gathered.leave_out("damaged", where)


def _record(line: str) -> dict | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _shape_of_record(record: dict | None) -> Shape | None:
    if not isinstance(record, dict):
        return None
    return shape_by_header([list(record), [it if isinstance(it, str) else "" for it in record.values()]])


def _several(cell: str) -> list[str]:
    """The captions in a cell: one, or a list of them as JSON or Python writes it."""
    if re.fullmatch(r"\s*\[\s*['\"].*['\"]\s*\]\s*", cell, re.DOTALL):
        for read in (json.loads, literal_eval):
            try:
                content = read(cell.strip())
                return [str(caption) for caption in content] if isinstance(content, list) else [cell]
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                pass
    return [cell]
