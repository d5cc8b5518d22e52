"""How long a collection takes and what it costs, on paper, from rates that were measured on this machine."""

import time
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from helpers.base.device import let_finish
from helpers.data.transforms import SIDE, open_picture, square
from helpers.sort.clustering import Clusters
from helpers.tell.captioner import Captioner
from helpers.tell.decoding import beam_search

GPUS_A_MACHINE = 8


@dataclass
class Rates:
    """Pictures a second, and how large a picture is."""

    decode: float  # by one CPU core: from a file to 256×256 pixels
    encode: float  # by one device: from pixels to the context
    say: float  # by one device: from the context to the caption
    sort: float  # by one CPU core: from the caption to the group
    picture_bytes: float  # of its file


def measure(
    captioner: Captioner, paths, captions: list[str], clusters: Clusters, beam_width: int = 3
) -> Rates:
    """Time each stage by itself: on pictures at `paths`, and on `captions` that are told their `clusters`."""
    paths = list(paths)
    decode, images = _timed(lambda: [square(open_picture(path, at_least=SIDE)) for path in paths])
    batches = [images[i : i + 64] for i in range(0, len(images), 64)]
    captioner.context(batches[0])  # the first batch warms up
    encode, contexts = _timed(lambda: [captioner.context(batch) for batch in batches])
    say, _ = _timed(lambda: [beam_search(captioner.decoder, context, beam_width) for context in contexts])
    many = captions * max(1, 10_000 // len(captions))
    sort, _ = _timed(lambda: clusters.predict(many))
    size = sum(Path(path).stat().st_size for path in paths) / len(paths)
    n = len(paths)
    return Rates(n / decode, n / encode, n / say, len(many) / sort, size)


def _timed(work) -> tuple[float, object]:
    let_finish()
    began = time.perf_counter()
    result = work()
    let_finish()
    return time.perf_counter() - began, result


def plan(
    pictures: float, devices: int, rates: Rates, cores: int = 8, network: float = 1.25e9, price: float = 2.0
) -> dict:
    """Hours and cost of captioning and sorting so many pictures on so many devices.

    Each device comes with `cores` CPU cores and costs `price` an hour; eight of them are a machine that reads
    `network` bytes a second. Reading, decoding and captioning go on at the same time, so the slowest of them
    sets the pace; sorting comes after.
    """
    paces = {
        "network": network * ceil(devices / GPUS_A_MACHINE) / rates.picture_bytes,
        "decode": rates.decode * cores * devices,
        "caption": devices / (1 / rates.encode + 1 / rates.say),  # both on the device: their times add up
    }
    slowest = min(paces, key=paces.get)
    seconds = pictures / paces[slowest] + pictures / (rates.sort * cores * devices)
    hours = seconds / 3600
    return {
        "pictures": pictures,
        "devices": devices,
        "hours": hours,
        "cost": hours * devices * price,
        "slowest": slowest,
    }
