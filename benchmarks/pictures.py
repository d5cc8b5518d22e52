"""Photographs made ready, and a frozen CNN over them: `python benchmarks/pictures.py`.

First 640×480 JPEGs to 256×256 copies on disk, beside the loop that one writes first. Then the features of
ResNet-101 (random weights) at 224 pixels: what `load_features` does (channels_last, BatchNorm folded, the
best precision), the plain float32 loop, and the ceiling: a large matrix product of as many multiplications.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from timing import compare
from torch.fx.experimental.optimization import fuse
from torch.utils.flop_counter import FlopCounterMode

from helpers.base.commands import command_parser
from helpers.base.device import autocast, best_device, precision
from helpers.base.errors import run_command
from helpers.data.prepared import prepare
from helpers.data.transforms import SIDE
from helpers.scenes.draw import paint
from helpers.scenes.drawn_set import scene_of
from helpers.show.encoder import Encoder


def photographs(folder: Path, n: int) -> list[Path]:
    """JPEGs of 640 × 480 pixels: drawn scenes with grain, so that a file weighs what a photograph does."""
    chance = np.random.default_rng(0)
    for i in range(n):
        image = np.asarray(paint(scene_of(1, "bench", i)).resize((640, 480)).convert("RGB"))
        grainy = (image + chance.normal(0, 8, image.shape)).clip(0, 255).astype(np.uint8)
        Image.fromarray(grainy).save(folder / f"{i}.jpg", quality=85)
    return sorted(folder.iterdir())


def one_after_another(paths: list[Path], folder: Path) -> None:
    """The loop that one writes first."""
    for path in paths:
        image = Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        image.save(folder / path.name, quality=95)


def compare_preparation(n: int, rounds: int) -> None:
    """JPEGs to ready pictures."""
    with tempfile.TemporaryDirectory() as home:
        originals = Path(home, "originals")
        originals.mkdir()
        paths = photographs(originals, n)

        def new() -> Path:
            return Path(tempfile.mkdtemp(dir=home))

        ways = {
            "ours": (lambda: prepare(paths, new()), n),
            "plain loop over Pillow": (lambda: one_after_another(paths, new()), n),
        }
        compare("640×480 JPEGs made ready", "pictures/s", ways, rounds)


def our_look(trunk, device):
    """What `load_features` does with images (B, 3, H, W): from the CPU to the CPU."""
    cnn = fuse(trunk).to(device, memory_format=torch.channels_last)

    @torch.inference_mode()
    def look(images):
        with autocast(device):
            return cnn(images.to(device, memory_format=torch.channels_last)).float().cpu()

    return look


def plain_look(trunk, device):
    """The loop that one writes first: float32, NCHW."""
    cnn = trunk.to(device)

    @torch.inference_mode()
    def look(images):
        return cnn(images.to(device)).cpu()

    return look


def compare_features(backbone: str, batch_size: int, rounds: int) -> None:
    """Pictures to features."""
    device, images = best_device(), torch.rand(batch_size, 3, 224, 224)
    ours, plain = (way(Encoder(backbone, weights=None).trunk, device) for way in (our_look, plain_look))
    with FlopCounterMode(display=False) as counter:
        plain(images[:1])
    side = 4096 if device.type == "cpu" else 8192
    left, right = (torch.rand(side, side, device=device, dtype=precision(device)) for _ in range(2))
    products = 2 * side**3 / counter.get_total_flops()  # of one picture
    ways = {
        "ours": (lambda: ours(images), batch_size),
        "plain loop (float32, NCHW)": (lambda: plain(images), batch_size),
        "matrix product": (lambda: left @ right, products),
    }
    compare(f"features of {backbone}, batch {batch_size}", "pictures/s", ways, rounds)


def main() -> None:
    """Measure and print."""
    parser = command_parser("python benchmarks/pictures.py", __doc__, "--backbone mobilenet_v2 --rounds 1")
    parser.add_argument("--backbone", default="resnet101")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    compare_preparation(options.pictures, options.rounds)
    compare_features(options.backbone, options.batch_size, options.rounds)


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
