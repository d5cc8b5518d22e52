"""One large file over a bad line: it comes whole or not at all, and goes on where it was cut off."""

import hashlib
import http.client
import lzma
import os
import shutil
import struct
import tempfile
import time
import urllib.error
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from helpers.base.disks import DiskError, disk_errors
from helpers.base.errors import UserError
from helpers.base.files import require_disk, whole_file
from helpers.base.locks import alone_at
from helpers.base.progress import progress
from helpers.data.connections import Cut, connect
from helpers.data.picture_kinds import HEAD, kind_of

TRIES = 5  # in a row that bring nothing
PAUSE = 1.0  # seconds before the second try, doubled before each further one
TIMEOUT = 30  # seconds without a byte are a cut connection
CHUNK = 1 << 18  # bytes


class DamagedZip(UserError):
    """A zip that cannot be unpacked."""


def fetch(
    url: str, path: str | Path, size: int | None = None, md5: str | None = None, sha256: str | None = None
) -> Path:
    """Download `url` to `path`, and check its size and sums; a right file that is there already is kept.

    What has come so far lies in `<path>.part`. A cut or interrupted download goes on from there, unless the
    file has changed on the server meanwhile (If-Range) or the server cannot give parts: then it starts anew.
    Two programs that want the same file fetch it once: the second waits.

    Raises:
        UserError: no network, no such file, no space, or not the file that was expected.
    """
    path = Path(path)
    if not path.exists():
        with disk_errors(path), alone_at(path, _locks()):
            if not path.exists():  # else another program has fetched it meanwhile
                return _fetch_alone(url, path, size, md5, sha256)
    _check(path, url, size, md5, sha256)
    return path


def _locks() -> Path:
    """The same for all of a user's homes, since a file may be fetched to anywhere."""
    locks = Path(tempfile.gettempdir(), f"show-tell-sort-{getattr(os, 'getuid', int)()}")
    locks.mkdir(exist_ok=True)
    return locks


def _fetch_alone(url: str, path: Path, size: int | None, md5: str | None, sha256: str | None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    failed = 0
    while True:
        before = length(part)
        try:
            _fetch_rest(url, part, size)
            break
        except Cut as cut:
            failed = 1 if length(part) > before else failed + 1
            if failed == TRIES:
                raise UserError(f"{url} cannot be had ({cut}). Check the network, then call again.") from None
            pause = PAUSE * 2 ** (failed - 1)
            print(f"The connection was cut ({cut}); next try in {pause:.0f} s.")
            time.sleep(pause)
    try:
        _check(part, url, size, md5, sha256)
    except DiskError:
        raise
    except UserError:
        part.unlink()
        raise
    part.replace(path)
    _stamp(part).unlink(missing_ok=True)
    return path


def _fetch_rest(url: str, part: Path, size: int | None) -> None:
    """One connection: append to `part` what it lacks, or write it anew."""
    have = length(part)
    if size and have >= size:
        return  # whether it is the right file, _check will tell
    answer = _open(url, part, have)
    if answer is None:
        return
    with answer:
        if answer.status == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            part.unlink()
            raise Cut("the server sent another part than the one asked for")
        if answer.status != 206:  # the file has changed, or the server cannot give parts
            have = 0
            part.write_bytes(b"")
            _stamp(part).write_text(_validator(answer), encoding="utf-8")
        coming = int(answer.headers.get("Content-Length") or 0)
        total = have + coming if coming else size
        if size and total != size:
            raise UserError(f"{url} has {total:,} bytes, not {size:,}: it is not the file that was expected.")
        name = part.name.removesuffix(".part")
        require_disk(part.parent, coming, name)
        bar = progress(desc=name, total=total, initial=have, unit="B", unit_scale=True)
        with bar, part.open("ab") as file:
            for chunk in _chunks(answer):
                file.write(chunk)
                bar.update(len(chunk))
    if total and length(part) < total:
        raise Cut(f"{length(part):,} of {total:,} bytes came")


def _open(url: str, part: Path, have: int) -> http.client.HTTPResponse | None:
    """Ask for the file, from byte `have` on if it is still the same file; None if that is its end."""
    headers = {"User-Agent": "show-tell-sort"}
    if have:
        headers["Range"] = f"bytes={have}-"
        validator = _stamp(part).read_text(encoding="utf-8") if _stamp(part).exists() else ""
        headers |= {"If-Range": validator} if validator else {}
    try:
        return connect(url, headers, TIMEOUT)
    except urllib.error.HTTPError as error:  # 416: it has no byte `have`
        if error.headers.get("Content-Range") == f"bytes */{have}":
            return None
        part.unlink(missing_ok=True)
        raise Cut("the server has less than is here") from None


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := answer.read(CHUNK):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise Cut(error) from None


def _validator(answer: http.client.HTTPResponse) -> str:
    """What tells this version of the file from a later one: a strong ETag, else the date of its change."""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _check(file: Path, url: str, size: int | None, md5: str | None, sha256: str | None) -> None:
    for what, expected in (("size", size), ("md5", md5), ("sha256", sha256)):
        found = expected and (length(file) if what == "size" else _digest(file, what))
        if found != expected:
            raise UserError(
                f"{file} is not what {url} should be: its {what} is {found}, not {expected}. "
                "If it is still there, delete it; then fetch it again."
            )


def _digest(file: Path, kind: str) -> str:
    digest = hashlib.new(kind, usedforsecurity=False)
    bar = progress(desc=f"checking {file.name}", total=length(file), unit="B", unit_scale=True)
    with bar, file.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            bar.update(len(chunk))
    return digest.hexdigest()


def unzip(file: Path, folder: Path, only: str = "") -> list[str]:
    """Unzip into `folder`; files that are there with the right size are skipped, so it can be repeated.

    Returns the names of all that are there now. Raises DamagedZip, or another UserError when it would write
    outside `folder`, the disk is too small, or the zip is of a kind that Python cannot unpack.
    """
    by_hand = f"Unpack it with another program into {folder}, then call again."
    try:
        with disk_errors(file), zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if m.filename.startswith(only) and not m.is_dir()]
            targets = [(m, _inside(folder, m.filename)) for m in members if "__MACOSX" not in m.filename]
            todo = [(m, path) for m, path in targets if not path.exists() or length(path) != m.file_size]
            if any(m.flag_bits & 1 for m, _ in todo):
                raise UserError(f"{file} is locked with a password. {by_hand}")
            total = sum(m.file_size for m, _ in todo)
            folder.mkdir(parents=True, exist_ok=True)
            require_disk(folder, total, f"Unzipping {file.name}")
            with progress(desc=f"unzipping {file.name}", total=total, unit="B", unit_scale=True) as bar:
                for member, path in todo:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(member) as source, whole_file(path) as new, new.open("wb") as target:
                        shutil.copyfileobj(source, target, CHUNK)
                    bar.update(member.file_size)
            return [member.filename for member, _ in targets]
    except UserError:
        raise
    except NotImplementedError as error:
        raise UserError(f"{file} is packed in a way that Python cannot unpack ({error}). {by_hand}") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        OSError,
        ValueError,
        struct.error,
    ) as error:
        raise DamagedZip(
            f"{file} is damaged ({_what_is(file) or error}). Delete it and fetch it again."
        ) from None


def _what_is(file: Path) -> str:
    """What a file is that is no zip, if that can be told."""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    kind = kind_of(head) if head else "empty"
    return f"it is {kind}" if kind else ""


def _inside(folder: Path, name: str) -> Path:
    """Where a zip's member goes; PureWindowsPath knows every way out: C:, / and \\ alike."""
    parts = PureWindowsPath(name)
    if parts.anchor or ".." in parts.parts:
        raise UserError(f"The zip wants to write to {name}, outside {folder}. Do not trust it; delete it.")
    return folder.joinpath(*parts.parts)


def length(file: Path) -> int:
    """Bytes of a file; 0 if it is not there."""
    return file.stat().st_size if file.exists() else 0


def _stamp(part: Path) -> Path:
    return part.with_suffix(".part-of")
