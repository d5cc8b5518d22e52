"""Marks to draw a diagram with, on a sheet whose unit is the inch (`helpers.look.style.new_sheet`)."""

import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from PIL import ImageOps

from helpers.look.style import DARK, GREY, PALE, shade, tint


def write(ax, x: float, y: float, text: str, size: float = 9, color=DARK, **options) -> None:
    """Text centred at (x, y), unless `ha` and `va` say otherwise."""
    ax.text(
        x,
        y,
        text,
        **{"fontsize": size, "color": color, "ha": "center", "va": "center", "zorder": 5} | options,
    )


def box(ax, x: float, y: float, width: float, height: float, text: str = "", color=GREY, **options) -> None:
    """A rounded box centred at (x, y), in a light tint of `color`, with text in it."""
    style = f"round,pad=0,rounding_size={min(0.1, height / 2.2, width / 2.2)}"
    corner = (x - width / 2, y - height / 2)
    look = {"facecolor": tint(color, 0.18), "edgecolor": color, "linewidth": 1.5, "zorder": 3}
    ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, **look))
    write(ax, x, y, text, **{"color": shade(color, 0.62)} | options)


def arrow(ax, start, end, color=GREY, bend: float = 0.0, **options) -> None:
    """An arrow from `start` to `end`, bent to the left of its way by `bend`."""
    look = {
        "arrowstyle": "-|>",
        "mutation_scale": 11,
        "linewidth": 1.5,
        "shrinkA": 0,
        "shrinkB": 0,
        "zorder": 2,
    }
    ax.add_patch(
        FancyArrowPatch(start, end, color=color, connectionstyle=f"arc3,rad={bend}", **look | options)
    )


def photo(ax, image, x: float, y: float, width: float, height: float, zorder: float = 3) -> None:
    """A picture centred at (x, y), cropped to this width and height, with rounded corners and a white rim."""
    image = ImageOps.fit(image.convert("RGB"), (round(160 * width), round(160 * height)))
    extent = (x - width / 2, x + width / 2, y - height / 2, y + height / 2)
    look = {"facecolor": "none", "edgecolor": "white", "linewidth": 2, "zorder": zorder}
    frame = FancyBboxPatch(extent[::2], width, height, boxstyle="round,pad=0,rounding_size=0.06", **look)
    ax.imshow(image, extent=extent, aspect="auto", zorder=zorder).set_clip_path(ax.add_patch(frame))


def cuboid(ax, x: float, y: float, width: float, side: float, color) -> float:
    """Feature maps as a block from x on, its front centred at y, as wide as its channels. Returns its end."""
    slant = 0.28 * side
    left, right, low, high = x, x + width, y - side / 2, y + side / 2
    faces = [
        ([(left, low), (right, low), (right, high), (left, high)], tint(color, 0.55)),
        (
            [(left, high), (right, high), (right + slant, high + slant), (left + slant, high + slant)],
            tint(color, 0.3),
        ),
        (
            [(right, low), (right + slant, low + slant), (right + slant, high + slant), (right, high)],
            tint(color, 0.8),
        ),
    ]
    for corners, fill in faces:
        ax.add_patch(
            Polygon(corners, facecolor=fill, edgecolor="white", linewidth=1, joinstyle="round", zorder=3)
        )
    return right + slant


def vector(ax, x: float, y: float, color, cells: int = 8, size: float = 0.15, seed: int = 0) -> None:
    """A vector as a column of small squares centred at (x, y), each in its own tint."""
    for i, share in enumerate(np.random.default_rng(seed).uniform(0.15, 0.95, cells)):
        low = y + size * (i - cells / 2)
        corners = [
            (x - size / 2, low),
            (x + size / 2, low),
            (x + size / 2, low + size),
            (x - size / 2, low + size),
        ]
        ax.add_patch(Polygon(corners, facecolor=tint(color, share), edgecolor="white", linewidth=1, zorder=3))


def panel(ax, x: float, y: float, width: float, height: float, title: str, text: str, color) -> None:
    """A softly tinted area with its lower left corner at (x, y), a title and a few words at its top."""
    look = {"facecolor": tint(color, 0.07), "edgecolor": "none", "boxstyle": "round,pad=0,rounding_size=0.12"}
    ax.add_patch(FancyBboxPatch((x, y), width, height, zorder=0, **look))
    write(ax, x + 0.16, y + height - 0.25, title, 15, shade(color, 0.8), weight="bold", ha="left")
    beside = x + 0.3 + TextPath((0, 0), title, size=15, prop={"weight": "bold"}).get_extents().width / 72
    write(ax, beside, y + height - 0.265, text, 9, GREY, ha="left")


def points(ax, x: float, y: float, width: float, height: float, colors) -> None:
    """A plane with a cloud of points of each of three colours, as a map of vectors looks."""
    rng = np.random.default_rng(3)
    ax.add_patch(Rectangle((x, y), width, height, facecolor="white", edgecolor=PALE, linewidth=1.2))
    for centre, color in zip(((0.28, 0.68), (0.72, 0.6), (0.45, 0.24)), colors, strict=True):
        cloud = (rng.normal(size=(26, 2)) * 0.07 + centre) * (width, height) + (x, y)
        ax.scatter(*cloud.T, s=13, color=color, alpha=0.75, linewidths=0, zorder=3)


def feed_back(ax, start, end, color=GREY) -> None:
    """A dashed arrow that leaves `start` to the right and comes into `end` from the left."""
    (x0, y0), (x1, y1) = start, end
    middle, r = (x0 + x1) / 2, 0.12
    path = [
        (x0, y0),
        (middle - r, y0),
        (middle, y0),
        (middle, y0 - r),
        (middle, y1 + r),
        (middle, y1),
        (middle + r, y1),
        (x1, y1),
    ]
    codes = [
        Path.MOVETO,
        Path.LINETO,
        Path.CURVE3,
        Path.CURVE3,
        Path.LINETO,
        Path.CURVE3,
        Path.CURVE3,
        Path.LINETO,
    ]
    look = {
        "arrowstyle": "-|>",
        "mutation_scale": 11,
        "linewidth": 1.2,
        "linestyle": (0, (3, 2)),
        "zorder": 1,
    }
    ax.add_patch(FancyArrowPatch(path=Path(path, codes), color=color, **look))
