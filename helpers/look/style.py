"""The one look of the course: colours, letters, and the few marks that all drawings share."""

import io

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from helpers.base.arguments import require_whole
from helpers.base.arrays import as_array

DARK, GREY, PALE, PAPER = "#24303b", "#7d8791", "#d5dae0", "#fcfbf8"
BLUE, ORANGE, GREEN, RED, PINK, *_ = sns.color_palette("colorblind").as_hex()


def use_style() -> None:
    """Set the course's style for matplotlib; every function of `helpers.look.plots` does so first."""
    plt.switch_backend(plt.get_backend())  # wakes Jupyter's own backend, which must know how to show a Figure
    look = {
        "figure.dpi": 90,
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.labelsize": 10,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": PALE,
        "grid.color": "#eceff2",
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), DARK),
    }
    sns.set_theme(style="whitegrid", palette="colorblind", font="DejaVu Sans", rc=look)


def new_figure(width: float, height: float) -> Figure:
    """A figure in our style (inches), unknown to pyplot: no notebook shows it twice, nothing keeps it."""
    use_style()
    return Figure(figsize=(width, height), layout="constrained")


def new_panels(n: int, width: float, height: float, columns: int | None = None, **options):
    """A figure with `n` panels of this size, at most `columns` of them in a row, as (figure, axes (n,)).

    Without any it says so, whoever draws.
    """
    if not n:
        figure, (ax,) = new_panels(1, width, height)
        ax.text(0.5, 0.5, "Nothing to show.", ha="center", va="center", color=GREY)
        ax.set_axis_off()
        return figure, []
    require_whole(columns=columns or n)
    columns = min(columns or n, n)
    rows = -(-n // columns)
    figure = new_figure(columns * width, rows * height)
    axes = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for ax in axes[n:]:
        ax.set_axis_off()
    return figure, axes[:n]


def blank(width: float = 5, height: float = 2) -> Figure:
    """What is drawn where there is nothing to draw."""
    return new_panels(0, width, height)[0]


def new_sheet(width: float, height: float):
    """An empty sheet to draw on, as (figure, ax): one unit is one inch, (0, 0) is at the lower left."""
    use_style()
    figure = Figure(figsize=(width, height))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    return figure, ax


def lying_bars(ax, values, labels, colors, form: str = "{:.1%}") -> None:
    """Draw horizontal bars, the first on top, each with its value written at its end."""
    values = as_array(values)
    drawn = ax.barh(np.arange(len(values)), values, color=colors, height=0.72)
    texts, paper = [form.format(value) for value in values], {"fc": "white", "ec": "none", "pad": 0.5}
    ax.bar_label(drawn, texts, padding=4, fontsize=8, bbox=paper)
    ax.set_yticks(np.arange(len(values)), labels)
    ax.set(xlim=(0, 1.18 * max([*values, 1e-9])), ylim=(len(values) - 0.4, -0.6), xticks=[])
    ax.spines[:].set_visible(False)
    ax.grid(False)


def colours_for(names) -> list:
    """As many colours as names: ten that the colour-blind tell apart, their shades, then a wheel of hues."""
    safe = sns.color_palette("colorblind")
    both = [*safe, *(shade(color, 0.6) for color in safe)]
    return sns.color_palette(both[: len(names)] if len(names) <= len(both) else "husl", len(names))


def tint(color: str, share: float) -> tuple[float, float, float]:
    """`color` thinned with white: 1 is the colour itself, 0 white."""
    return tuple(1 - share * (1 - part) for part in to_rgb(color))


def shade(color: str, share: float) -> tuple[float, float, float]:
    """`color` darkened: 1 is the colour itself, 0 black."""
    return tuple(share * part for part in to_rgb(color))


def light_png(png: bytes) -> bytes:
    """The same picture in at most 128 colours: it looks alike and takes a fraction of the room."""
    light = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(128, kmeans=1).save(light, "PNG", optimize=True)
    return light.getvalue()
