"""Where a large collection of pictures lies, cut into pieces that workers read one by one.

    a folder; a list of paths or URIs       pieces of some hundred pictures each
    Parquet files, WebDataset tars          a piece a file, read as a stream

A piece is a plain dictionary: its `key`, its `kind` and either `names` or one `uri`. What fsspec can open may
be a URI, as s3://… with the package s3fs.
"""

import json
import tarfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

import fsspec
import numpy as np
from pyarrow import parquet

from helpers.base.errors import UserError
from helpers.data.folders import SUFFIXES, pictures_below
from helpers.data.transforms import SIDE, open_picture, square

PIECE = 256  # pictures that travel together: 50 MB
NAME_COLUMNS = ("path", "uri", "url", "key", "id")  # columns of a Parquet file that name a picture
PICTURE_COLUMNS = ("bytes", "image", "jpg", "png")  # columns that hold its file, or {"bytes": its file}


def pieces_of(source, size: int = PIECE) -> list[dict]:
    """Cut `source` into pieces: a folder, a file, or a list of paths or URIs; none of them is opened.

    Raises UserError when there is nothing.
    """
    names = _names(source)
    if not names:
        raise UserError(f"There is no picture, Parquet file or tar in {source}: check the path.")
    kinds = {_kind(name) for name in names}
    if len(kinds) > 1:
        raise UserError(f"{source} mixes {' and '.join(sorted(kinds))}: give one kind at a time.")
    kind = kinds.pop()
    if kind == "files":
        return [
            {"key": f"{i:09d}", "kind": kind, "names": names[i : i + size]}
            for i in range(0, len(names), size)
        ]
    return [{"key": f"{i:06d}", "kind": kind, "uri": name} for i, name in enumerate(names)]


def read_piece(piece: dict) -> Iterator[tuple[str, bytes | None]]:
    """The pictures of a piece: (name, the bytes of its file); None instead of what lies on this very disk."""
    if piece["kind"] == "files":
        for name in piece["names"]:
            yield name, _fetch(name) if "://" in name else None
        return
    with fsspec.open(piece["uri"], "rb") as file:
        yield from _read_tar(file, piece["uri"]) if piece["kind"] == "tars" else _read_parquet(file, piece)


def part(out: Path, key: str) -> Path:
    """The file with the captions of these pictures."""
    return out / f"part-{key}.parquet"


def decode(batch: dict, out: Path, size: int = PIECE):
    """A piece, read: yields up to `size` pictures at a time, 256×256; none of those that have captions.

    {"piece": [JSON]} -> {"key": [name], "names": [JSON], "errors": [JSON], "pixels": [bytes]}
    """
    piece, start = json.loads(batch["piece"][0]), 0
    pictures = read_piece(piece)
    while some := list(islice(pictures, size)):
        yield _decoded(piece, start, some, out)
        start += size


def _decoded(piece: dict, start: int, pictures: list[tuple[str, bytes | None]], out: Path) -> dict:
    key = piece["key"] if piece["kind"] == "files" else f"{piece['key']}-{start:09d}"
    names, errors, pixels = json.dumps([name for name, _ in pictures]), [], []
    if part(out, key).exists():
        return {"key": [key], "names": [names], "errors": [""], "pixels": [b""]}
    for name, content in pictures:
        try:
            pixels.append(np.asarray(square(open_picture(name, at_least=SIDE, content=content))).tobytes())
            errors.append("")
        except UserError as error:
            errors.append(str(error))
    return {"key": [key], "names": [names], "errors": [json.dumps(errors)], "pixels": [b"".join(pixels)]}


def _names(source) -> list[str]:
    if not isinstance(source, (str, Path)):
        return [str(name) for name in source]
    folder = Path(source)
    if not folder.is_dir():
        return [str(source)] if "://" in str(source) or folder.is_file() else []
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".parquet", ".tar"))
    return [str(path) for path in files or pictures_below(folder)]


def _kind(name: str) -> str:
    return {".parquet": "Parquet files", ".tar": "tars"}.get(PurePosixPath(name).suffix.lower(), "files")


def _fetch(uri: str) -> bytes:
    """The file's bytes; none at all, which is no picture, if it cannot be had."""
    try:
        with fsspec.open(uri, "rb") as file:
            return file.read()
    except (OSError, ValueError, ImportError):
        return b""


def _read_tar(file, uri: str) -> Iterator[tuple[str, bytes]]:
    """The pictures of a tar, in its order, without ever going back (WebDataset)."""
    with tarfile.open(fileobj=file, mode="r|*") as archive:
        for member in archive:
            if member.isfile() and member.name.lower().endswith(SUFFIXES):
                yield f"{uri}/{member.name}", archive.extractfile(member).read()


def _read_parquet(file, piece: dict) -> Iterator[tuple[str, bytes]]:
    """The pictures of a Parquet file, a few at a time."""
    table = parquet.ParquetFile(file)
    columns = table.schema_arrow.names
    picture = next((column for column in PICTURE_COLUMNS if column in columns), None)
    if picture is None:
        raise UserError(f"{piece['uri']} has no column {' or '.join(PICTURE_COLUMNS)} with pictures in it.")
    name = next((column for column in NAME_COLUMNS if column in columns), None)
    row = 0
    for batch in table.iter_batches(batch_size=64, columns=[picture] + [name] * (name is not None)):
        for values in batch.to_pylist():
            content = values[picture]
            content = content.get("bytes") if isinstance(content, dict) else content
            yield str(values[name]) if name else f"{piece['uri']}#{row}", content or b""
            row += 1
