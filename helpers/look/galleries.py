"""Pictures side by side: the half of `helpers.look.plots` that shows images."""

import textwrap

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image, ImageOps

from helpers.look.style import INK, ORANGE, colours_for, new_figure


def show(ax, image, title: str = "", color: str = INK, letters: int = 28) -> None:
    """Draw a picture without ticks, its title wrapped beneath at `letters` a line."""
    ax.imshow(image)
    ax.set(xticks=[], yticks=[])
    ax.set_anchor("S")
    ax.spines[:].set_visible(False)
    ax.set_xlabel(
        _wrap(title, letters), color=color, fontsize=9, labelpad=5, parse_math=False
    )  # a caption may hold a $


def _wrap(text: str, letters: int) -> str:
    return "\n".join(textwrap.fill(line, letters) for line in text.split("\n"))


def _square(image, side: int = 180) -> Image.Image:
    return ImageOps.fit(image.convert("RGB"), (side, side))


def pictures(images, titles=None, columns: int = 4, size: float = 2.4, title_colors=None) -> Figure:
    """Contact sheet of PIL images, `size` inches wide each, with wrapped titles beneath."""
    titles = list(titles) if titles is not None else [""] * len(images)
    colors = list(title_colors) if title_colors is not None else [INK] * len(images)
    columns = max(1, min(columns, len(images)))
    starts = range(0, len(images), columns)
    letters = round(11.5 * size)
    heights = [
        size * max(image.height / image.width for image in images[start : start + columns])
        + 0.16 * max(_wrap(title, letters).count("\n") + 1 for title in titles[start : start + columns])
        for start in starts
    ]
    figure = new_figure(columns * size, sum(heights) + 0.2 * len(starts))
    axes = figure.subplots(len(starts), columns, squeeze=False, height_ratios=heights).ravel()
    for ax, image, title, color in zip(axes, images, titles, colors, strict=False):
        show(ax, image, title, color, letters)
    for ax in axes[len(images) :]:
        ax.set_axis_off()
    return figure


def boxes(image, objects) -> Figure:
    """The picture with labelled boxes, for objects like {"name": "dog", "box": (x, y, w, h), …}.

    Boxes are in pixels of `image`; those of a data set are in pixels of the original: load it with size=None.
    """
    figure = new_figure(5, 5 * image.height / image.width)
    ax = figure.subplots()
    show(ax, image)
    labels = sorted({thing["name"] for thing in objects})
    colors = dict(zip(labels, colours_for(labels), strict=True))
    for label, (x, y, w, h) in ((thing["name"], thing["box"]) for thing in objects):
        ax.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor="white", linewidth=4))
        ax.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=colors[label], linewidth=2))
        paper = {"facecolor": colors[label], "edgecolor": "none", "boxstyle": "square,pad=0.25"}
        ax.text(
            x,
            max(y, 0.05 * image.height),
            label,
            color="white",
            fontsize=9,
            va="bottom",
            bbox=paper,
            weight="bold",
        )
    return figure


def neighbours(query_images, neighbour_images) -> Figure:
    """One row for each query: the picture, then the pictures nearest to it (a list for each query)."""
    rows = [[query, *near] for query, near in zip(query_images, neighbour_images, strict=True)]
    figure = new_figure(1.45 * len(rows[0]), 1.45 * len(rows) + 0.3)
    axes = figure.subplots(len(rows), len(rows[0]), squeeze=False)
    for line, row in zip(axes, rows, strict=True):
        for column, (ax, image) in enumerate(zip(line, row, strict=False)):
            show(ax, _square(image))
            ax.spines[:].set(visible=column == 0, color=ORANGE, linewidth=4)
    for column, ax in enumerate(axes[0]):
        ax.set_title(["query", "nearest", "2nd", "3rd"][column] if column < 4 else f"{column}th", fontsize=10)
    return figure


def contact_sheet(images_by_group, size: float = 1.35) -> Figure:
    """One row of thumbnails for each group, its name beside it: {"beach · sand": [PIL image, …], …}."""
    columns = 1 + max(len(row) for row in images_by_group.values())
    figure = new_figure(size * columns, size * len(images_by_group))
    axes = figure.subplots(len(images_by_group), columns, squeeze=False)
    for line, (name, row) in zip(axes, images_by_group.items(), strict=True):
        for ax in line:
            ax.set_axis_off()
        line[0].text(1, 0.5, _wrap(name, 16), ha="right", va="center", fontsize=10, weight="bold")
        for ax, image in zip(line[1:], row, strict=False):
            show(ax, _square(image))
    return figure


def feature_maps(maps, columns: int = 8) -> Figure:
    """All channels of a feature map (C, h, w) side by side, each stretched to its own range of values."""
    maps = np.asarray(maps, dtype=float)  # (C, h, w)
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    maps = (maps - low) / np.maximum(high - low, 1e-12)
    channels, h, w = maps.shape
    rows, gap = -(-channels // columns), max(1, h // 12)
    sheet = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap), np.nan)
    for i, one in enumerate(maps):
        y, x = i // columns * (h + gap), i % columns * (w + gap)
        sheet[y : y + h, x : x + w] = one
    figure = new_figure(9, 9 * sheet.shape[0] / sheet.shape[1])
    ax = figure.subplots()
    ax.imshow(sheet, cmap="magma", interpolation="nearest")
    ax.set_axis_off()
    return figure


def attention(image, words, maps, columns: int = 6, size: float = 1.7) -> Figure:
    """The picture once for every word of its caption, bright where the decoder looked: maps (T, P)."""
    maps = np.asarray(maps, dtype=float)
    side = round(maps.shape[1] ** 0.5)
    columns = min(columns, len(words))
    rows = -(-len(words) // columns)
    figure = new_figure(columns * size, rows * (size * image.height / image.width + 0.3))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, word, places in zip(axes, words, maps, strict=False):
        heat = Image.fromarray((255 * places / places.max()).astype(np.uint8).reshape(side, side))
        heat = np.asarray(heat.resize(image.size, Image.Resampling.BICUBIC), dtype=float)[..., None] / 255
        show(ax, (np.asarray(image.convert("RGB")) * (0.25 + 0.75 * heat)).astype(np.uint8))
        ax.set_title(word, loc="center", fontsize=10)
    for ax in axes[len(words) :]:
        ax.set_axis_off()
    return figure
