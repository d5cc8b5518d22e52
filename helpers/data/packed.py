"""A whole data set in one file: its captions, and its pictures at 256×256.

Google Drive keeps one large file well, while 80,000 small ones take it hours. So while `home()` is there,
`download` packs what it has fetched, and a later session, whose disk is empty again, unpacks that.
"""

import zipfile
from pathlib import Path

from helpers.base.files import data_folder, home, require_disk, whole_file
from helpers.base.progress import progress
from helpers.base.terminals import announce
from helpers.data.fetching import DamagedZip, unzip
from helpers.data.folders import pictures_below
from helpers.data.gathered import some_of
from helpers.data.prepared import prepare
from helpers.data.transforms import SIDE

TEXTS = (".json", ".txt", ".done")  # what goes with the pictures; .done are the marks of `download`


def packed_file(name: str) -> Path:
    """Where the data set called `name` is kept as one file: `data/…` under `home()`."""
    return home() / "data" / f"{name}-{SIDE}.zip"


def pack(name: str, folder: Path) -> Path:
    """Put the captions in `folder`, and of every picture its 256×256 copy, into `packed_file(name)`.

    The file becomes whole or not at all; the copies are kept, so what was interrupted soon comes to the same
    point. Pictures that cannot be read are left out and named. Raises UserError if the disk is too small.
    """
    pictures, file = pictures_below(folder), packed_file(name)
    copies, skipped = prepare(pictures, data_folder("prepared"))
    if skipped:
        first = some_of([path.name for path, _ in skipped])
        announce(f"{name}: {len(skipped):,} pictures cannot be read and are left out: {first}")
    members = [(copy, picture) for copy, picture in zip(copies, pictures, strict=True) if copy]
    members += [(path, path) for path in sorted(folder.rglob("*")) if path.suffix in TEXTS and path.is_file()]

    file.parent.mkdir(parents=True, exist_ok=True)
    for left in file.parent.glob(f".{file.name}.*"):  # by a session that ended while it wrote
        left.unlink()
    require_disk(file.parent, sum(source.stat().st_size for source, _ in members), file.name)
    with whole_file(file) as partial, zipfile.ZipFile(partial, "w", strict_timestamps=False) as archive:
        for source, original in progress(members, f"packing {file.name}"):
            archive.write(source, _in_zip(original.relative_to(folder)))
    announce(f"Kept as one file ({file.stat().st_size / 1e9:.2f} GB): {file}")
    return file


def _in_zip(path: Path) -> str:
    """A path as a zip can hold it: in Unicode, and without what is a folder's end on Windows."""
    return path.as_posix().replace("\\", "&#92;").encode(errors="xmlcharrefreplace").decode()


def unpack(name: str, folder: Path) -> None:
    """Unpack `packed_file(name)` as `folder`, if there is such a file, and nothing in the folder.

    A damaged one is told of and left aside: what is then missing can be fetched, and packed anew.
    """
    file = packed_file(name)
    if any(folder.iterdir()) or not file.exists():
        return
    partial = folder.with_name(f".{folder.name}.partial")  # which an interruption leaves, to be gone on with
    try:
        unzip(file, partial)
    except DamagedZip as error:
        announce(str(error))
        return
    folder.rmdir()
    partial.rename(folder)
