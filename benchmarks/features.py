"""How fast a frozen CNN gives features on this machine, step by step: `python benchmarks/features.py`.

Three ways side by side in one run: the plain loop (float32, NCHW), channels_last, and what `load_features`
does (channels_last, BatchNorm folded, the best precision). Random weights; prints a table and a line of JSON.
"""

import argparse
import json
import time

import torch
from torch.fx.experimental.optimization import fuse
from tqdm import tqdm

from helpers.device import autocast, best_device, describe
from helpers.encoder import Encoder


def rate(cnn, images: torch.Tensor, seconds: float) -> float:
    """Pictures a second, over at least `seconds` after one round to warm up."""
    device = images.device
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    cnn(images)
    wait()
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        cnn(images)
        wait()
        done += len(images)
    return done / (time.perf_counter() - began)


@torch.inference_mode()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each way")
    options = parser.parse_args()

    device = best_device()
    encoder = Encoder(options.backbone, weights=None).to(device)
    size = encoder.image_size
    plain = torch.rand(options.batch_size, 3, size, size, device=device)
    last = plain.to(memory_format=torch.channels_last)
    rates = {}
    with tqdm(total=3, leave=False) as bar:
        rates["plain"] = rate(encoder.cnn, plain, options.seconds)
        bar.update()
        encoder.cnn.to(memory_format=torch.channels_last)
        rates["channels_last"] = rate(encoder.cnn, last, options.seconds)
        bar.update()
        folded = fuse(encoder.cnn).to(memory_format=torch.channels_last)
        with autocast(device):
            rates["as load_features"] = rate(folded, last, options.seconds)
        bar.update()
    print(describe())
    for way, value in rates.items():
        print(f"{way:18}{value:8.1f} pictures/s  {value / rates['plain']:5.2f}×")
    print(json.dumps({"backbone": options.backbone, "batch_size": options.batch_size} | rates))


if __name__ == "__main__":
    main()
