"""Pictures side by side: the half of `helpers.look.plots` that shows images."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from helpers.base.arguments import require_whole
from helpers.base.arrays import as_array
from helpers.base.errors import UserError
from helpers.look.style import ORANGE, blank, new_figure, new_panels


class OnDemand(Sequence):
    """The pictures of a data set, each read when it is looked at: memory may not hold all."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        return self.dataset[i].image


def show_picture(ax, image, title: str = "", letters: int = 28) -> None:
    """Draw a picture without ticks, its title wrapped beneath at `letters` a line."""
    ax.imshow(image)
    ax.set(xticks=[], yticks=[])
    ax.set_anchor("S")
    ax.spines[:].set_visible(False)
    ax.set_xlabel(_wrap(title, letters), fontsize=9, labelpad=5, parse_math=False)  # a caption may hold a $


def _wrap(text: str, letters: int) -> str:
    return "\n".join(textwrap.fill(line, letters) for line in text.split("\n"))


def _square(image, side: int = 180) -> Image.Image:
    return ImageOps.fit(image.convert("RGB"), (side, side))


def pictures(images, titles=None, columns: int = 4, size: float = 2.4) -> Figure:
    """Contact sheet of PIL images, `size` inches wide each, with wrapped titles beneath."""
    require_whole(columns=columns)
    titles = list(titles) if titles is not None else [""] * len(images)
    if len(titles) != len(images):
        raise UserError(f"There are {len(images)} pictures but {len(titles)} titles: give one for each.")
    if not len(images):
        return blank()
    columns, letters = min(columns, len(images)), round(11.5 * size)
    tall = [size * image.height / image.width for image in images]
    lines = [_wrap(title, letters).count("\n") + 1 for title in titles]
    rows = [slice(start, start + columns) for start in range(0, len(images), columns)]
    heights = [max(tall[row]) + 0.16 * max(lines[row]) for row in rows]
    height = sum(heights) / len(rows) + 0.2
    figure, axes = new_panels(len(images), size, height, columns, height_ratios=heights)
    for ax, image, title in zip(axes, images, titles, strict=True):
        show_picture(ax, image, title, letters)
    return figure


def neighbours(query_images, neighbour_images) -> Figure:
    """One row for each query: the picture, then the pictures nearest to it (a list for each query)."""
    if len(query_images) != len(neighbour_images):
        raise UserError(f"{len(query_images)} queries, {len(neighbour_images)} lists: give one for each.")
    rows = [[query, *near] for query, near in zip(query_images, neighbour_images, strict=True)]
    if not rows:
        return blank()
    columns = max(map(len, rows))
    figure = new_figure(1.45 * columns, 1.45 * len(rows) + 0.3)
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, row in zip(axes, rows, strict=True):
        for ax in line[len(row) :]:
            ax.set_axis_off()
        for column, (ax, image) in enumerate(zip(line, row, strict=False)):
            show_picture(ax, _square(image))
            ax.spines[:].set(visible=column == 0, color=ORANGE, linewidth=4)
    for column, ax in enumerate(axes[0]):
        ax.set_title(["query", "nearest", "2nd", "3rd"][column] if column < 4 else f"{column}th", fontsize=10)
    return figure


def contact_sheet(images_by_group, size: float = 1.35) -> Figure:
    """One row of thumbnails for each group, its name beside it: {"beach · sand": [PIL image, …], …}."""
    if not images_by_group:
        return blank()
    columns = 1 + max(len(row) for row in images_by_group.values())
    figure = new_figure(size * columns, size * len(images_by_group))
    axes = figure.subplots(len(images_by_group), columns, squeeze=False)
    for line, (name, row) in zip(axes, images_by_group.items(), strict=True):
        for ax in line:
            ax.set_axis_off()
        line[0].text(1, 0.5, _wrap(name, 16), ha="right", va="center", fontsize=10, weight="bold")
        for ax, image in zip(line[1:], row, strict=False):
            show_picture(ax, _square(image))
    return figure


def feature_sheet(maps, columns: int) -> Image.Image:
    """All channels of a feature map (C, h, w) side by side, each stretched to its own range of values."""
    maps = as_array(maps, float)  # (C, h, w)
    require_whole(columns=columns)
    if maps.ndim != 3 or not maps.size:
        raise UserError(f"A feature map is (C, h, w), not {maps.shape}: of a batch take one, maps[0].")
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    maps = (maps - low) / np.maximum(high - low, 1e-12)
    channels, h, w = maps.shape
    rows, gap = -(-channels // columns), max(1, h // 12)
    sheet = np.full(
        (rows * (h + gap) - gap, columns * (w + gap) - gap), np.nan
    )  # transparent between the maps
    for i, one in enumerate(maps):
        y, x = i // columns * (h + gap), i % columns * (w + gap)
        sheet[y : y + h, x : x + w] = one
    return Image.fromarray(colormaps["magma"](sheet, bytes=True))


def feature_maps(maps, columns: int = 8) -> Figure:
    """The `feature_sheet` of a feature map (C, h, w) as a Figure."""
    sheet = feature_sheet(maps, columns)
    figure, (ax,) = new_panels(1, 9, 9 * sheet.height / sheet.width)
    ax.imshow(sheet, interpolation="nearest")
    ax.set_axis_off()
    return figure


def attention(image, words, maps) -> Figure:
    """The picture once for every word of its caption, bright where the decoder looked: maps (T, P)."""
    maps = as_array(maps, float)
    if maps.ndim != 2 or len(maps) < len(words):
        raise UserError(
            f"There are {len(words)} words, and maps {maps.shape}: give (T, P), one for each word."
        )
    side = round(maps.shape[1] ** 0.5)
    figure, axes = new_panels(len(words), 1.7, 1.7 * image.height / image.width + 0.3, columns=6)
    for ax, word, places in zip(axes, words, maps, strict=False):
        heat = Image.fromarray((255 * places / max(places.max(), 1e-12)).astype(np.uint8).reshape(side, side))
        heat = np.asarray(heat.resize(image.size, Image.Resampling.BICUBIC), dtype=float)[..., None] / 255
        show_picture(ax, (np.asarray(image.convert("RGB")) * (0.25 + 0.75 * heat)).astype(np.uint8))
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        ax.set_title(word, loc="center", fontsize=12, bbox=paper, parse_math=False)
    return figure
