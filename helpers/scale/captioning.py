"""Captions for collections that no single machine can hold, on Ray Data.

    pieces_of(source) ─ decode, on CPUs ─► 256×256 pixels ─ CaptionWorkers, one a GPU ─► part-….parquet

Pieces stream through, so that memory does not grow with the collection, and what is finished is on disk: a
run that was stopped goes on where it was. Ray begins a lost worker's piece anew. Parts are whole, or absent.
"""

import hashlib
import json
import logging
import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import ray
import torch
from PIL import Image
from pyarrow import parquet
from ray.data import ActorPoolStrategy

from helpers.base.disks import disk_errors
from helpers.base.errors import UserError
from helpers.base.files import whole_file
from helpers.base.progress import progress
from helpers.base.terminals import valid_text
from helpers.data.transforms import SIDE
from helpers.scale.sources import PIECE, decode, part, pieces_of
from helpers.tell.captioner import Captioner

STORE = 2 << 30  # bytes of memory in which local workers hand pixels on
ATTEMPTS = 3  # to start Ray, which gives its helpers 15 seconds
SETTINGS = {
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # errors come as exceptions, once
    "RAY_raylet_start_wait_time_s": "45",  # 30 are too few for a busy laptop
    "RAY_worker_niceness": "0",  # at 15 hardly anything gets done beside other programs
}
QUIET = {"include_dashboard": False, "log_to_driver": False, "logging_level": logging.ERROR}
MANIFEST = "_collection.json"  # readers of Parquet folders pass over names with a _
SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("caption", pa.string()),
        ("log_prob", pa.float32()),
        ("context", pa.list_(pa.float32())),
        ("error", pa.string()),
    ]
)


def start(workers: int | None = None) -> None:
    """Start Ray on this machine with so many CPU workers, or join the cluster that RAY_ADDRESS names.

    Does nothing where Ray runs already.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    here = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers, "object_store_memory": STORE}
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with silent_stderr(), light_processes():  # it would say that it has heard us
                ray.is_initialized() or ray.init(**QUIET, **here)
            break
        except Exception as error:
            ray.shutdown()
            if attempt == ATTEMPTS:
                problem = f"Ray does not start ({error}): close other programs and try again."
                raise UserError(problem) from None
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False  # we have our own
    context.op_resource_reservation_enabled = False  # of two CPUs it would keep one idle
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # errors come as exceptions, once


@contextmanager
def silent_stderr():
    """Nothing that is written to this process's stderr is seen, not even by C++."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept), os.close(nowhere)


@contextmanager
def light_processes():
    """Python processes that start meanwhile do without `rfc3987_syntax`.

    Where JupyterLab is installed, jsonschema builds with it a grammar of web addresses, half of what Ray's
    helpers do before they answer, and for nothing: beside other work they would come too late.
    """
    before = os.environ.get("PYTHONPATH")
    with TemporaryDirectory() as folder:
        Path(folder, "rfc3987_syntax.py").write_text("raise ImportError\n")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, before)))
        try:
            yield
        finally:
            os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)


@contextmanager
def plain_errors():
    """Raise a worker's UserError as it was, without Ray's pages around it."""
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        while cause is not None and not isinstance(cause, UserError):
            cause = cause.__cause__
        if cause is None:
            raise
        raise type(cause)(
            str(cause).partition("\n")[0]
        ) from None  # below that Ray has added advice of its own


@disk_errors()
def caption_collection(
    source,
    captioner: str | Path,
    out: str | Path,
    *,
    speakers: int = 1,
    beam_width: int = 3,
    piece: int = PIECE,
) -> dict[str, int]:
    """Caption all pictures of `source` (see `helpers.scale.sources`) with the captioner in that file.

    Every piece, of so many pictures, becomes a Parquet file below `out`, a folder that all machines see, with
    a row for each picture: path, caption, log_prob, context (E,), error, which is empty unless it could not
    be read. As many `speakers` caption side by side; each takes a GPU where there is one. Call it again to go
    on, with pieces as large as at first. Returns how many pictures were captioned, broken, and there already.

    Raises UserError when `out` holds the captions of another collection or captioner, and DiskError when a
    disk is full or gone.
    """
    captioner, out = Path(captioner).resolve(), Path(out).resolve()
    piece = _facts_of(out).get("piece", piece)  # others would hold pictures that are captioned already
    pieces = pieces_of(source, piece)
    facts = {"captioner": Captioner.load(captioner, device="cpu").fingerprint(), "beam_width": beam_width}
    listed = hashlib.sha256(json.dumps(pieces).encode()).hexdigest()
    _claim(out, facts | {"pieces": listed, "piece": piece})
    start()
    open_pieces = [each for each in pieces if not part(out, each["key"]).exists()]
    still = {each["key"] for each in open_pieces}
    known = sum(len(each["names"]) for each in pieces if each["kind"] == "files" and each["key"] not in still)
    said = {"captioned": 0, "broken": 0, "there already": known}
    if open_pieces:
        options = {"fn_kwargs": {"out": out, "size": piece}, "batch_size": 1}
        pixels = spread(open_pieces).map_batches(decode, **options)
        done = pixels.map_batches(
            CaptionWorker,
            fn_constructor_kwargs={"captioner": captioner, "out": out, "beam_width": beam_width},
            batch_size=1,
            compute=ActorPoolStrategy(size=speakers),
            num_cpus=0,  # decoding leaves a machine without GPUs enough to do
            num_gpus=1 if ray.cluster_resources().get("GPU") else 0,
        )
        with plain_errors(), progress(desc="captioning", unit=" pictures") as bar:
            for row in done.iter_rows():
                for name in said:
                    said[name] += row.get(name, 0)
                bar.update(row["captioned"] + row["broken"])
    return said


def _claim(out: Path, facts: dict) -> None:
    """Make the folder `out` ours, for this collection and captioner and no other."""
    begun = _facts_of(out)
    if begun and begun != {name: facts[name] for name in begun}:
        raise UserError(
            f"{out} holds captions of another collection, or by another captioner: choose another folder."
        )
    if not begun and out.exists() and any(out.iterdir()):
        raise UserError(f"{out} is not empty, and not ours: choose another folder.")
    out.mkdir(parents=True, exist_ok=True)
    with whole_file(out / MANIFEST) as partial:
        partial.write_text(json.dumps(facts))


def _facts_of(out: Path) -> dict:
    """What an earlier call has noted in `out`; {} if there was none."""
    return json.loads((out / MANIFEST).read_text()) if (out / MANIFEST).exists() else {}


def spread(pieces: list[dict]) -> "ray.data.Dataset":
    """A data set with a block for each piece, so that any worker can take any of them."""
    rows = [{"piece": json.dumps(piece)} for piece in pieces]
    return ray.data.from_items(rows, override_num_blocks=len(rows))


class CaptionWorker:
    """A worker that holds a captioner and writes what it says, a Parquet file for each piece."""

    def __init__(self, captioner: Path, out: Path, beam_width: int):
        self.captioner, self.out, self.beam_width = Captioner.load(captioner), out, beam_width

    def __call__(self, batch: dict) -> dict:
        """What `decode` yields -> how many of its pictures were captioned, broken, there already."""
        key, names, errors, pixels = (batch[name][0] for name in ("key", "names", "errors", "pixels"))
        names = json.loads(names)
        if not errors:
            return {"captioned": [0], "broken": [0], "there already": [len(names)]}
        errors = json.loads(errors)
        images = np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE, 3)
        said = self._say(images)
        rows = [
            {"path": valid_text(name), "error": error} | ({"caption": ""} if error else next(said))
            for name, error in zip(names, errors, strict=True)
        ]
        with whole_file(part(self.out, key)) as partial:
            parquet.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), partial)
        return {"captioned": [len(images)], "broken": [len(names) - len(images)], "there already": [0]}

    def _say(self, images: np.ndarray, batch_size: int = 64):
        """Pictures (N, 256, 256, 3) -> for each its caption, log_prob and context (E,)."""
        batches = (images[i : i + batch_size] for i in range(0, len(images), batch_size))
        for rows in self.captioner.pieces.through(self._rows, batches):
            yield from rows

    @torch.inference_mode()
    def _rows(self, images: np.ndarray) -> list[dict]:
        context = self.captioner.context([Image.fromarray(image) for image in images])
        best = [found[0] for found in self.captioner.search(context, self.beam_width)]
        vectors = context.mean(1) if context.dim() == 3 else context  # (B, E), also of a grid
        return [
            {
                "caption": self.captioner.vocabulary.decode(hypothesis.words),
                "log_prob": hypothesis.log_prob,
                "context": vector,
            }
            for hypothesis, vector in zip(best, vectors.float().cpu().numpy(), strict=True)
        ]
