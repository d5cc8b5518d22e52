"""CSV and TSV as people really write them: which columns are there, where a row ends."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from helpers.base.errors import UserError
from helpers.data.folders import SUFFIXES

_PICTURE_COLUMNS = (  # small letters and figures only: `File_Name` is "filename"; the first that is there
    *("filename", "file", "imagename", "imagefile", "imagefilename", "imagepath", "filepath", "image"),
    *("picture", "picturename", "photo", "img", "imgname", "imgpath", "imgfile", "path", "imageid", "imgid"),
    *("imageurl",),
)
_CAPTION_COLUMNS = (  # each may have an s or a number: `caption_2`
    *("caption", "captiontext", "rawcaption", "text", "comment", "sentence", "description", "raw"),
    *("alttext", "alt", "title"),
)
_SPLIT_COLUMNS = ("split", "subset", "set", "partition")
_ALBUMS = {"path", "caption", "album"}  # the columns of what `sort_photos` writes
_DELIMITERS = "\t|;,"
_LOOK_AT = 20  # rows that tell what a table is; and lines that one quoted caption may have


class Shape(NamedTuple):
    """What is where in a table."""

    delimiter: str
    width: int
    picture: int
    captions: list[int]
    split: int | None = None
    header: list[str] | None = None  # None: the first row is one of captions already


def shape_of(text: str, file: Path) -> Shape:
    """The shape of a table, by its header or its first rows; UserError, naming `file`, if it has none."""
    head = "\n".join(text.split("\n", _LOOK_AT + 1)[: _LOOK_AT + 1])
    for read in (shape_by_header, _shape_by_rows):
        for delimiter in _DELIMITERS:
            rows = [cells for _, cells in rows_of(head, delimiter)]
            if rows and (shape := read(rows, delimiter)):
                return shape
    raise UserError(
        f"{file} has no columns with pictures and captions. Its line 1 should name them: image,caption."
    )


def is_album_list(shape: Shape) -> bool:
    """Whether it is what we said of pictures, rather than people."""
    return {_plain(name) for name in shape.header or ()} >= _ALBUMS


def rows_of(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row that is not empty; a quoted cell may hold delimiters and line ends."""
    lines = text.split("\n")
    i = 1 if re.fullmatch("sep=.", lines[0]) else 0  # for Excel
    while i < len(lines):
        cells, taken = _quoted(lines, i, delimiter) if '"' in lines[i] else (lines[i].split(delimiter), 1)
        if any(cell.strip() for cell in cells):
            yield i + 1, cells
        i += taken


def fitted(cells: list[str], shape: Shape) -> list[str] | None:
    """As many cells as there are columns; None if nobody can say which is which.

    Commas of a caption that is not quoted belong to the caption. In Flickr30k's `results.csv` one row lacks
    the ` | ` between a caption and its number.
    """
    last = shape.captions[-1]
    while len(cells) > shape.width and not cells[-1].strip():
        cells = cells[:-1]
    extra = len(cells) - shape.width
    if extra > 0 and len(shape.captions) == 1:
        end = last + extra + 1
        return [*cells[:last], shape.delimiter.join(cells[last:end]), *cells[end:]]
    both = re.fullmatch(r"\s*(\d+)\s+(\S.*)", cells[-1], re.DOTALL)
    if extra == -1 and last == shape.width - 1 and both:
        return [*cells[:-1], *both.groups()]
    needed = max(shape.picture, shape.captions[0])
    return [*cells, *[""] * -extra] if extra <= 0 and len(cells) > needed else None


def without_number(cell: str) -> str:
    """`a.jpg#0` -> `a.jpg`"""
    return re.sub(r"#\d+$", "", cell.strip())


def shape_by_header(rows: list[list[str]], delimiter: str = "") -> Shape | None:
    """What the first row calls by a name in use; the pictures' column also by what the others hold."""
    header = rows[0]
    plain = [_plain(name) for name in header]
    captions = _numbered(plain, _CAPTION_COLUMNS)
    if not captions or any(map(_is_picture, header)):
        return None
    named = [plain.index(name) for name in _PICTURE_COLUMNS if name in plain]
    telling = [i for i in (*named, *range(len(header))) if i not in captions and _all_pictures(rows[1:], i)]
    split = next((plain.index(name) for name in _SPLIT_COLUMNS if name in plain), None)
    for picture in telling + named:
        return Shape(delimiter, len(header), picture, captions, split, header)
    return None


def _shape_by_rows(rows: list[list[str]], delimiter: str) -> Shape | None:
    """Without a header: a column of picture files, and one of words."""
    width = len(rows[0])
    picture = next((i for i, cell in enumerate(rows[0]) if _is_picture(cell)), None)
    if width < 2 or picture is None or not _all_pictures(rows, picture):
        return None
    caption = 0 if picture == width - 1 else width - 1
    speaking = sum(" " in row[caption].strip() for row in rows if len(row) > caption)
    return Shape(delimiter, width, picture, [caption]) if 2 * speaking > len(rows) else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _numbered(plain: list[str], names: Iterable[str]) -> list[int]:
    """The columns called by the first of `names` that is there, be they several."""
    for name in names:
        if found := [i for i, column in enumerate(plain) if re.fullmatch(rf"{name}s?\d*", column)]:
            return found
    return []


def _is_picture(cell: str) -> bool:
    return without_number(cell).split("?")[0].lower().endswith(SUFFIXES)


def _all_pictures(rows: list[list[str]], column: int) -> bool:
    """Whether most of a column are names of picture files."""
    cells = [row[column] for row in rows if len(row) > column and row[column].strip()]
    return 2 * sum(map(_is_picture, cells)) > len(cells)


def _quoted(lines: list[str], i: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of the row that begins in line i, and how many lines it has.

    A quotation mark that is never closed, or not where a cell begins and ends, is a character like others.
    """
    for taken in range(1, _LOOK_AT + 1):
        more = lines[i + 1 : i + taken]
        if len(more) < taken - 1 or (more and any(map(_is_picture, more[-1].split(delimiter)))):
            break
        try:
            piece = [line + "\n" for line in lines[i : i + taken]]
            return next(csv.reader(piece, delimiter=delimiter, strict=True)), taken
        except csv.Error as error:
            if "unexpected end" not in str(error):
                break
    return lines[i].split(delimiter), 1
