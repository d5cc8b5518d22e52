"""Where a large collection of pictures lies, cut into pieces that workers read one by one.

    a folder; a list of paths or URIs       pieces of some hundred pictures each
    Parquet files, WebDataset tars          a piece a file, read as a stream

A piece is a plain dictionary: its `key`, its `kind` and either `names` or one `uri`. What fsspec can open may
be a URI, as s3://… with the package s3fs.
"""

import json
import tarfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

import fsspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from helpers.base.disks import disk_errors, while_there
from helpers.base.errors import UserError
from helpers.base.terminals import announce
from helpers.data.folders import SUFFIXES, walk
from helpers.data.gathered import passed_over_in, told_of
from helpers.data.odd_pictures import picture_error
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


def read_piece(piece: dict) -> Iterator[tuple[str, bytes | UserError | None]]:
    """The pictures of a piece: (name, the bytes of its file); None instead of what lies on this very disk.

    What is truncated or damaged gives what comes before that, then a sentence in place of bytes. Raises
    UserError when a package is missing, DiskError when a disk does not answer.
    """
    if piece["kind"] == "files":
        for name in piece["names"]:
            yield name, _fetch(name) if "://" in name else None
        return
    uri, read = piece["uri"], _read_tar if piece["kind"] == "tars" else _read_parquet
    count = 0
    try:
        with disk_errors(uri), _open(uri) as file:
            for picture in read(file, piece):
                yield picture
                count += 1
    except (tarfile.TarError, pa.ArrowException, EOFError, OSError, zlib.error, ValueError) as error:
        if isinstance(error, UserError):
            raise
        why = str(error) or "it is empty"
        yield uri, UserError(f"{uri} is truncated or damaged after {count:,} pictures ({why}): copy it anew.")


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
    here = [name for name, content in pictures if content is None]
    for _, picture in while_there((_pixels(picture) for picture in pictures), here):
        errors.append(str(picture) if isinstance(picture, UserError) else "")
        pixels.append(b"" if isinstance(picture, UserError) else picture)
    return {"key": [key], "names": [names], "errors": [json.dumps(errors)], "pixels": [b"".join(pixels)]}


def _pixels(picture: tuple[str, bytes | UserError | None]) -> tuple[str, bytes | UserError]:
    """A picture's name, and its pixels or what is wrong with it."""
    name, content = picture
    if isinstance(content, UserError):
        return picture
    try:
        return name, np.asarray(square(open_picture(name, at_least=SIDE, content=content))).tobytes()
    except UserError as error:
        return name, error


def _names(source) -> list[str]:
    if not isinstance(source, (str, Path)):
        return [str(name) for name in source]
    folder = Path(source)
    if not folder.is_dir():
        return [str(source)] if "://" in str(source) or folder.is_file() else []
    pictures, passed_over = walk(folder)
    files = {path: None for path, why in passed_over if why == "other" and _kind(path.name) != "files"}
    left_out = [(path, why) for path, why in passed_over if path not in files]
    left_out += [(path, "beside") for path in pictures if files]
    if left_out:
        announce(f"{folder}: left out: {told_of(passed_over_in(folder, left_out))}.")
    return [str(path) for path in files or pictures]


def _kind(name: str) -> str:
    return {".parquet": "Parquet files", ".tar": "tars"}.get(PurePosixPath(name).suffix.lower(), "files")


def _fetch(uri: str) -> bytes | UserError:
    """The file's bytes, or why it cannot be had."""
    try:
        with _open(uri) as file:
            return file.read()
    except UserError:
        raise
    except (OSError, ValueError) as error:
        return picture_error(Path(uri), error)


def _open(uri: str):
    try:
        return fsspec.open(uri, "rb")
    except ImportError as error:
        raise UserError(f"{uri} needs a package more ({error}): install it on all machines.") from None


class _Header(tarfile.TarInfo):
    """A member of a tar; tarfile takes a damaged one, unless it is the first, for the end."""

    @classmethod
    def fromtarfile(cls, archive):
        """The next member's header; ReadError where there is neither one nor the mark of the end."""
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"no member and no end: {error}") from None


def _read_tar(file, piece: dict) -> Iterator[tuple[str, bytes]]:
    """The pictures of a tar, in its order, without ever going back (WebDataset)."""
    with tarfile.open(fileobj=file, mode="r|*", tarinfo=_Header) as archive:
        for member in archive:
            if member.isfile() and member.name.lower().endswith(SUFFIXES):
                yield f"{piece['uri']}/{member.name}", archive.extractfile(member).read()


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
