"""Groups in one file (.npz): arrays as they are, and all the rest as JSON among them."""

import json
from pathlib import Path

import numpy as np

from helpers.base.errors import UserError
from helpers.base.files import whole_file
from helpers.sort.vectors import Directions, WordVectors

_FORMAT = "show-tell-sort groups 1"
_ARRAYS = ("labels", "vectors", "coherence", "centres")


def write_groups(path: Path, fields: dict) -> None:
    """Write the fields of `Clusters` to `path`; its folder is made if it is not there."""
    fields = dict(fields)
    space, arrays = fields.pop("space"), {name: fields.pop(name) for name in _ARRAYS}
    text = fields | {"format": _FORMAT, "known": getattr(space, "words", None)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial, partial.open("wb") as file:
        json_bytes = np.frombuffer(json.dumps(text).encode(), np.uint8)
        np.savez_compressed(file, text=json_bytes, matrix=space.matrix, **arrays)


def read_groups(path: Path) -> dict:
    """The fields that `write_groups` wrote. UserError if the file is missing, damaged or something else."""
    if not path.is_file():
        raise UserError(f"There are no groups at {path}: save them there first, or check the path.")
    try:
        with np.load(path, allow_pickle=False) as saved:  # a zip file: it checks its own sums
            fields = json.loads(saved["text"].tobytes()) | {name: saved[name] for name in _ARRAYS}
            matrix = saved["matrix"]
        if fields.pop("format") != _FORMAT:
            raise ValueError("another format")
    except Exception:  # a reader of zip files, arrays or JSON stumbles in its own way over what is none
        raise UserError(f"{path} holds no groups or is damaged: make and save them anew.") from None
    known = fields.pop("known")
    fields["space"] = Directions(matrix) if known is None else WordVectors(known, matrix)
    fields["words"] = [[(word, weight) for word, weight in table] for table in fields["words"]]
    fields["silhouettes"] = {int(k): value for k, value in fields["silhouettes"].items()}
    return fields
