"""From any picture file to the tensor that a network sees: one road, at training and at captioning alike.

    file ─ open_picture ─► upright RGB ─ square ─► 256×256 ─ Transform ─► (3, 224, 224) float32

`helpers.data.prepared` walks the first half once for a whole data set and keeps the 256×256 pictures on disk.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch.nn.functional import interpolate

from helpers.base.device import upload
from helpers.base.errors import UserError
from helpers.data.large_pictures import load_small
from helpers.data.odd_pictures import eight_bits, picture_error, turned
from helpers.data.picture_kinds import opened, stream

SIDE = 256  # every picture is first squashed to SIDE × SIDE pixels
IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of R, G, B in 0..1; the weights of torchvision expect these
IMAGENET_STD = (0.229, 0.224, 0.225)


def upright_rgb(image: Image.Image) -> Image.Image:
    """The picture the right way up (EXIF orientation applied) in plain 8-bit RGB, whatever its mode.

    Transparent parts come out over white; grey of 16 bits and more is scaled to 8 bits, not clipped.
    """
    image = turned(image)
    if image.mode[0] in "IF":  # I, I;16, I;16B, F: more than eight bits a pixel
        image = eight_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == "RGB" else image.convert("RGB")


def open_picture(path: str | Path, at_least: int | None = None, content: bytes | None = None) -> Image.Image:
    """Open a picture file as upright RGB; `content` are its bytes, if it lies on no disk.

    `at_least`: how many pixels a side will be needed; large JPEGs are then decoded at a half, a quarter or
    an eighth of their size, never below twice that number, which is several times faster. Panoramas of more
    than 90 million pixels come out smaller in any case.

    Raises:
        UserError: the file is missing, is no picture, ends too early, or would fill the memory.
        DiskError: its disk does not answer.
    """
    path = Path(path)
    try:
        with stream(path, content) as file, opened(file, path) as image:
            return upright_rgb(load_small(image, at_least))
    except Exception as error:  # a damaged file can make Pillow's readers raise almost anything
        raise picture_error(path, error) from None


def square(image: Image.Image, size: int = SIDE) -> Image.Image:
    """The whole picture, upright RGB, squashed to `size` × `size` pixels with anti-aliasing (bicubic)."""
    return resampled(upright_rgb(image), size, size)


def at_most(image: Image.Image, side: int) -> Image.Image:
    """The upright RGB picture in its own proportions, neither side longer than `side` pixels."""
    scale = min(1.0, side / max(image.size))
    return resampled(image, *(max(1, round(scale * length)) for length in image.size))


def resampled(image: Image.Image, width: int, height: int) -> Image.Image:
    """The upright RGB picture at that size, with anti-aliasing (bicubic)."""
    if image.size == (width, height):
        return image
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]  # (1, 3, H, W)
    pixels = interpolate(pixels, (height, width), mode="bicubic", antialias=True)  # faster than Pillow's
    return Image.fromarray(pixels[0].permute(1, 2, 0).contiguous().numpy())


@dataclass(frozen=True)
class Transform:
    """Turns a picture into a network's input, exactly the same at training and at captioning.

    Upright RGB, squashed to 256×256, resized to `size`, scaled to 0..1, then `(x - mean) / std` by colour.
    Two transforms with the same numbers are equal; `Transform(**t.config()) == t`.
    """

    size: int = 224
    mean: Sequence[float] = IMAGENET_MEAN
    std: Sequence[float] = IMAGENET_STD
    flip: bool = False  # left and right exchanged: more pictures to learn from, never to caption
    crop: Sequence[float] | None = None  # likewise: left, top, right and bottom, as shares of the picture

    def __post_init__(self):
        if int(self.size) < 1 or len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise UserError("A Transform needs a size of 1 or more, three means and three positive stds.")
        object.__setattr__(self, "mean", tuple(float(value) for value in self.mean))
        object.__setattr__(self, "std", tuple(float(value) for value in self.std))
        if self.crop is not None:
            object.__setattr__(self, "crop", tuple(float(value) for value in self.crop))

    def __call__(self, picture: Image.Image | str | Path) -> torch.Tensor:
        """A picture or its path -> (3, size, size) float32."""
        return self.normalise(self.pixels(picture)[None])[0]

    def batch(self, pictures: Iterable[Image.Image | str | Path]) -> torch.Tensor:
        """Pictures or paths -> (B, 3, size, size) float32."""
        pixels = [self.pixels(picture) for picture in pictures]
        shape = (0, 3, self.size, self.size)
        return self.normalise(torch.stack(pixels) if pixels else torch.empty(shape, dtype=torch.uint8))

    def pixels(self, picture: Image.Image | str | Path) -> torch.Tensor:
        """The first half: a picture or its path -> (3, size, size) uint8, small enough to keep in memory."""
        if isinstance(picture, str | os.PathLike):
            picture = open_picture(picture, at_least=SIDE)
        if not isinstance(picture, Image.Image):
            raise UserError(f"A picture is PIL's, or a path, not a {type(picture).__name__}.")
        picture = square(picture)
        if self.crop is not None:
            picture = picture.crop([round(SIDE * share) for share in self.crop])
        picture = square(picture, self.size)
        picture = ImageOps.mirror(picture) if self.flip else picture
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()  # (3, size, size)

    def normalise(self, pixels: torch.Tensor) -> torch.Tensor:
        """The second half: (B, 3, S, S) uint8 -> float32, on the device where `pixels` is."""
        numbers = (255 * torch.tensor(values).view(3, 1, 1) for values in (self.mean, self.std))
        mean, std = (upload(number, pixels.device) for number in numbers)
        return pixels.float().sub_(mean).div_(std)

    def config(self) -> dict:
        """The numbers as plain values, ready for JSON."""
        numbers = {"size": self.size, "mean": list(self.mean), "std": list(self.std), "flip": self.flip}
        return numbers | {"crop": self.crop and list(self.crop)}
