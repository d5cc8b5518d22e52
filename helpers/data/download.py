"""Fetch photographs to learn from: `python -m helpers.data.download flickr8k` (or `coco`).

A download that breaks off goes on where it stopped, in the same call or in the next.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import os
import sys
from pathlib import Path

from helpers.base.commands import command_parser
from helpers.base.disks import disk_errors
from helpers.base.errors import run_command
from helpers.base.files import data_folder, on_drive, require_disk
from helpers.base.locks import alone_at
from helpers.data.fetching import fetch, length, unzip

_FLICKR = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/"
_COCO = "http://images.cocodataset.org/"
# size: in bytes, where it is published; only: unzip just the files whose path begins so.
ADDRESSES = {
    "flickr8k_text": {"url": _FLICKR + "Flickr8k_text.zip", "md5": "bf6c1abcb8e4a833b7f922104de18627"},
    "flickr8k_pictures": {
        "url": _FLICKR + "Flickr8k_Dataset.zip",
        "md5": "f18a1e2920de5bd84dae7cf08ec78978",
    },
    "coco_captions": {
        "url": _COCO + "annotations/annotations_trainval2014.zip",
        "size": 252_872_794,
        "md5": "0a379cfc70b0e71301e0f377548639bd",
        "only": "annotations/captions_",
    },
    "coco_train2014": {
        "url": _COCO + "zips/train2014.zip",
        "size": 13_510_573_713,
        "md5": "0da8c0bd3d6becc4dcb32757491aca88",
    },
    "coco_val2014": {
        "url": _COCO + "zips/val2014.zip",
        "size": 6_645_013_297,
        "md5": "a3d79f5ed8d289b7a7554ce06a5782b3",
    },
}


def flickr8k(folder: str | Path | None = None, keep_zip=False, addresses=None, packed=None) -> Path:
    """Fetch Flickr8k (1.1 GB) and unzip it into `folder`, by default `data/flickr8k`; returns the folder.

    `addresses` replaces entries of ADDRESSES. `packed` also keeps it as one file, with pictures of 256×256,
    which a later call then unpacks instead; None does so while SHOW_TELL_SORT_HOME is on Google Drive. The
    set is for research and teaching; please cite Hodosh, Young and Hockenmaier, "Framing Image Description
    as a Ranking Task" (2013).
    """
    return _fetch_all(("flickr8k_text", "flickr8k_pictures"), "flickr8k", folder, keep_zip, addresses, packed)


def coco2014(
    folder: str | Path | None = None, keep_zip=False, addresses=None, val2014=False, packed=None
) -> Path:
    """Fetch COCO's captions and its train2014 (13.8 GB; twice that while unzipping); returns the folder.

    Into `folder`, by default `data/coco`. `val2014` adds 6.6 GB of pictures, which only Karpathy's split
    needs; the others are those of `flickr8k`. Please cite Lin et al., "Microsoft COCO" (2014).
    """
    names = ("coco_captions", "coco_train2014", *(["coco_val2014"] if val2014 else []))
    return _fetch_all(names, "coco", folder, keep_zip, addresses, packed)


def _fetch_all(names, name: str, folder, keep_zip: bool, addresses: dict | None, packed: bool | None) -> Path:
    """What of `names` is not there yet, into the folder of the data set `name`."""
    from helpers.data.packed import pack, packed_file, unpack  # PyTorch takes seconds, --help should not wait

    folder = Path(folder).expanduser() if folder else data_folder(name)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with alone_at(folder), disk_errors(folder):
        unpack(name, folder)
        facts = ADDRESSES | (addresses or {})
        fetched = [one for one in names if _fetch_one(one, facts[one], folder, keep_zip)]
        if (on_drive() if packed is None else packed) and (fetched or not packed_file(name).exists()):
            pack(name, folder)
    return folder


def _fetch_one(name: str, facts: dict, folder: Path, keep_zip: bool) -> bool:
    """Fetch and unzip one of ADDRESSES; False if it has left the hidden mark of one that is done."""
    mark = folder / f".{name}.done"
    if mark.exists() and _still_there(folder, mark.read_text(encoding="utf-8").splitlines()):
        return False
    url = facts["url"]
    file_name, size = url.rpartition("/")[2], facts.get("size")
    if mirror := os.environ.get("SHOW_TELL_SORT_MIRROR"):
        url = f"{mirror.rstrip('/')}/{file_name}"
    file = folder / file_name
    if size and not file.exists():
        have = length(file.with_name(file_name + ".part"))
        require_disk(folder, 2 * size - have, f"{file_name} with what is in it")
    fetch(url, file, size, facts.get("md5"), facts.get("sha256"))
    members = unzip(file, folder, facts.get("only", ""))
    mark.write_text("\n".join(sorted({member.partition("/")[0] for member in members})), encoding="utf-8")
    if not keep_zip:
        file.unlink()
    return True


def _still_there(folder: Path, parts: list[str]) -> bool:
    """Whether anything is left of these files and folders; of none, as in older marks, it is believed."""
    found = [folder / part for part in parts]
    return not parts or any(part.is_file() or (part.is_dir() and any(part.iterdir())) for part in found)


def download_command(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = command_parser("python -m helpers.data.download", __doc__, "flickr8k")
    parser.add_argument("name", choices=("flickr8k", "coco"))
    parser.add_argument("--folder", help="where to; default data/<name>")
    parser.add_argument("--keep-zip", action="store_true", help="do not delete the zips when all is done")
    parser.add_argument("--val2014", action="store_true", help="with coco: its val2014 as well (6.6 GB)")
    parser.add_argument(
        "--packed",
        action="store_true",
        default=None,
        help="keep it as one file, too, with pictures of 256×256 (as if SHOW_TELL_SORT_HOME is on Drive)",
    )
    chosen = parser.parse_args(arguments)
    options = {"folder": chosen.folder, "keep_zip": chosen.keep_zip, "packed": chosen.packed}

    def work():
        folder = coco2014(**options, val2014=chosen.val2014) if chosen.name == "coco" else flickr8k(**options)
        where = f', DATA = r"{folder}"' if chosen.folder else ""
        print(f'All there. In a notebook: DATASET = "{chosen.name}"{where}')

    return run_command(work, "The same command goes on where it stopped.")


if __name__ == "__main__":
    sys.exit(download_command())
