"""Which kind of picture a file is, by its first bytes and not by its name, which may lie."""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from helpers.base.errors import UserError, require
from helpers.data.folders import RAW_SUFFIXES

HEAD = 4096  # bytes that are looked at
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_STARTS = {  # what a file begins with: what it is
    b"\xff\xd8\xff": "JPEG",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"FUJIFILMCCD-RAW": "RAW",
    b"IIRO": "RAW",  # Olympus
    b"IIRS": "RAW",
    b"MMOR": "RAW",
    b"IIU\0": "RAW",  # Panasonic
    b"\0MRM": "RAW",  # Minolta
    b"FOVb": "RAW",  # Sigma
    b"II\x1a\0\0\0HEAPCCDR": "RAW",  # Canon
    b"II*\0\x10\0\0\0CR": "RAW",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"%PDF": "a PDF",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
}


def kind_of(head: bytes) -> str:
    """What a file is that begins with `head`: JPEG, HEIC, RAW, JPEG XL, …; "" if none of these."""
    if head[4:8] == b"ftyp":
        length = max(16, min(int.from_bytes(head[:4], "big"), len(head)))
        brands = [head[8:12], *(head[i : i + 4] for i in range(16, length, 4))]
        if brands[0] == b"crx ":
            return "RAW"
        if not {b"avif", b"avis"}.isdisjoint(brands):
            return "AVIF"
        return "HEIC" if not _HEIC.isdisjoint(brands) else "a film"
    text = head[:100].lstrip().lower()
    return next(
        (kind for start, kind in _STARTS.items() if head.startswith(start) or text.startswith(start)), ""
    )


def stream(path: Path, content: bytes | None = None) -> BinaryIO:
    """The bytes of a file, or `content`; UserError for a pipe, which would keep us waiting for ever."""
    if content is not None:
        return BytesIO(content)
    if not path.is_file() and path.exists():
        raise UserError(f"{path} is no file, but a folder, pipe or device; leave it out.")
    return path.open("rb")


def opened(file: BinaryIO, path: Path) -> Image.Image:
    """`Image.open`, for more kinds; a JPEG may have any size, since it can be read at an eighth of that.

    Raises UserError, which names `path`, for what is no picture or of a kind that cannot be read.
    """
    head = file.read(HEAD)
    file.seek(0)
    kind = kind_of(head)
    if kind == "JPEG":
        return JpegImageFile(file)
    if kind == "HEIC":
        _learn_heic(path)
    is_raw = path.suffix.lower() in RAW_SUFFIXES
    try:
        image = Image.open(file)
    except UnidentifiedImageError:
        guess = "RAW" if is_raw else "JPEG XL" if path.suffix.lower() == ".jxl" else ""
        raise UserError(f"{path} {_what_to_do(kind or guess, head)}") from None
    if image.format == "TIFF" and (is_raw or _is_raw(image.tag_v2)):
        raise UserError(f"{path} {_what_to_do('RAW', head)}")  # Pillow would read the thumbnail in it
    return image


def _learn_heic(path: Path) -> None:
    try:
        require("pillow_heif", extra="phones")
    except UserError as error:
        raise UserError(f"{path} is in HEIC, the format of phones. {error} Or export it as JPEG.") from None
    from pillow_heif import register_heif_opener

    register_heif_opener()  # the second time it changes nothing


def _is_raw(tags) -> bool:
    """Whether a TIFF is a camera's: it says so (DNG), or its first picture is but a thumbnail of others."""
    return 50706 in tags or (tags.get(254) == 1 and 330 in tags)


def _reads_avif() -> bool:
    try:
        from PIL.AvifImagePlugin import SUPPORTED
    except ImportError:  # before Pillow 11.3
        return False
    return SUPPORTED


def _what_to_do(kind: str, head: bytes) -> str:
    if not head:
        return "is empty; replace it with a whole copy, or leave it out."
    if kind == "AVIF" and not _reads_avif():
        return "is in AVIF, too new for the Pillow here: pip install --upgrade pillow, or export it as JPEG."
    if kind in ("AVIF", "HEIC"):
        return f"is {kind}, but damaged; replace it with a whole copy, or leave it out."
    if kind in ("a PDF", "a film", "a web page"):
        return f"is {kind} and no picture; leave it out, or save a picture from it as JPEG."
    if kind == "TIFF":
        return "is a TIFF of a kind that cannot be read here, such as a camera's RAW; export it as JPEG."
    if kind:
        return f"is in the format {kind}, which cannot be read here; export it as JPEG."
    return "is no picture (or of a kind that cannot be read here); save it as JPEG or PNG."
