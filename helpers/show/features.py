"""Features of a frozen CNN, computed once a picture and kept on disk: training never touches a pixel."""

import hashlib
import json
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch.fx.experimental.optimization import fuse

from helpers.base.arguments import require_whole
from helpers.base.device import autocast, best_device, precision
from helpers.base.disks import disk_errors
from helpers.base.files import data_folder, require_disk, whole_file
from helpers.base.locks import alone_at
from helpers.base.pieces import Pieces
from helpers.base.progress import progress, read_ahead
from helpers.base.terminals import announce


def features_path(encoder, dataset, *transforms, device=None) -> Path:
    """Where the features of exactly these pictures, this CNN with these weights, these transforms belong.

    Whatever changes gives another path, so a stale file cannot be used by mistake; so does the precision of
    `device`. PyTorch's version does not: it is a matter of the last digit.
    """
    facts = [dataset.fingerprint, encoder.fingerprint(), str(precision(best_device(device)))]
    key = json.dumps([*facts, *(transform.config() for transform in transforms)], sort_keys=True)
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return data_folder("features") / f"{dataset.name}-{dataset.split}-{encoder.backbone}-{digest}.npy"


@torch.inference_mode()
def load_features(encoder, dataset, *transforms, batch_size: int = 64, device=None) -> torch.Tensor:
    """Features (N, F), or (N, P, F) of an encoder with `grid`, of every picture of `dataset`.

    Given V transforms, of all pictures by the first, then of all by the second, …: (V * N, …). They are
    float16 and memory-mapped from disk, computed if they are not there yet or damaged: a progress bar shows
    it, and after an interruption it goes on. Only one program computes them, others wait. The encoder stays
    where it is and as it is: a copy of its CNN goes to `device`. Raises UserError if the disk is too small.
    """
    require_whole(batch_size=batch_size)
    device = best_device(device)
    path = features_path(encoder, dataset, *transforms, device=device)
    with alone_at(path), disk_errors(path):
        features = _whole(path)
        if features is None:
            _compute(encoder.trunk, dataset, transforms, path.with_suffix(".partial"), batch_size, device)
            path.with_suffix(".partial").replace(path)
            features = _whole(path)
    return torch.from_numpy(features)


def _compute(trunk, dataset, transforms, path: Path, batch_size: int, device: torch.device) -> None:
    """Write the features to `path`, or what an interrupted computation has left to be written there."""
    cnn = fuse(trunk).to(device, memory_format=torch.channels_last)  # a copy, with BatchNorm folded in
    blank = torch.zeros(1, 3, transforms[0].size, transforms[0].size, device=device)
    shape = (len(transforms) * len(dataset), *cnn(blank).shape[1:])
    if _whole(path) is None:
        require_disk(path.parent, 2 * prod(shape), f"Features of {dataset.name}")
        with whole_file(path) as new:
            np.lib.format.open_memmap(new, mode="w+", dtype=np.float16, shape=shape)
    features = np.load(path, mmap_mode="r")
    empty = ~features.reshape(len(features), -1).any(1)  # what is not written yet is zeros
    done = int(empty.argmax()) if empty.any() else len(features)
    last = max(0, done - 1)  # of this batch the end may be half there: it is computed again
    done = last - last % len(dataset) % batch_size
    rest = _batches(dataset.prepared, transforms, done, batch_size)
    desc = f"features, {features.nbytes / 1e9:.2f} GB"

    def look(images: torch.Tensor) -> np.ndarray:
        images = images.to(device, memory_format=torch.channels_last)
        with autocast(device):
            return cnn(images).float().cpu().numpy()  # (B, …)

    bar = progress(desc=desc, total=len(features), initial=done, unit=" pictures")
    with bar, path.open("r+b") as file:  # a map would die of a full disk
        file.seek(features.offset + done * features[0].nbytes)
        for batch in Pieces().through(look, read_ahead(lambda job: job[0].batch(job[1]), rest)):
            file.write(batch.astype(np.float16).tobytes())
            bar.update(len(batch))


def _batches(pictures, transforms, done: int, batch_size: int):
    """(transform, some pictures) for all that is still to be computed; a batch has one transform."""
    for v, transform in enumerate(transforms):
        for i in range(max(0, done - v * len(pictures)), len(pictures), batch_size):
            yield transform, pictures[i : i + batch_size]


def _whole(path: Path) -> np.memmap | None:
    """The array in the file `path`; None if there is none, or a damaged one, which is deleted."""
    try:
        return np.load(path, mmap_mode="c")  # "c": nothing is ever written back
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError):
        announce(f"{path.name} is damaged: its features are computed anew.")
        path.unlink()
        return None
