"""Where the explorers appear: controls above, what they show beneath, a picture where nothing can move."""

import io
from base64 import b64encode

import ipywidgets
from IPython.display import display
from matplotlib.figure import Figure

from helpers.base.errors import UserError
from helpers.look import markup
from helpers.look.style import light_png

STAND_IN = "▸ Something to play with appears here when the notebook runs."


def show(control: ipywidgets.Widget, figure: Figure | None = None):
    """Display `control`; where widgets cannot run (on GitHub, say) `figure` or a line stands in its place.

    Returns the handle with which `mime_bundle` can be shown in its place.
    """
    return display(mime_bundle(control, figure), raw=True, display_id=True)


def mime_bundle(control: ipywidgets.Widget, figure: Figure | None = None) -> dict:
    """What a notebook keeps of a control: the widget, and a figure for readers without a kernel."""
    view = {"version_major": 2, "version_minor": 0, "model_id": control.model_id}
    kept = {"application/vnd.jupyter.widget-view+json": view, "text/plain": STAND_IN}
    if figure is not None:
        kept["image/png"] = b64encode(png_of(figure)).decode()
    return kept


def png_of(figure: Figure) -> bytes:
    """A matplotlib Figure as a light PNG."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=90)
    return light_png(png.getvalue())


def html_of(drawn: str | Figure) -> str:
    """HTML for what is HTML already, or for a matplotlib Figure."""
    if isinstance(drawn, str):
        return drawn
    return markup.embedded(png_of(drawn), "; ".join(ax.get_title(loc="left") for ax in drawn.axes))


def explore(draw, figure: Figure | None = None, below=(), **controls: ipywidgets.Widget) -> None:
    """Show `controls`, and beneath them the HTML or Figure that `draw(**values)` returns, always current.

    figure: what stands in the place of it all where widgets cannot run, if `draw` makes no Figure.
    below: more widgets, under what is drawn. A UserError of `draw` appears as its sentence.
    """
    area = ipywidgets.HTML()

    def update(_=None):
        try:
            drawn = draw(**{name: control.value for name, control in controls.items()})
        except UserError as error:
            drawn = markup.sentence(str(error))
        area.value = markup.page(html_of(drawn))
        return drawn

    for control in controls.values():
        control.observe(update, "value")
    first = update()
    figure = first if isinstance(first, Figure) else figure
    show(ipywidgets.VBox([*controls.values(), area, *below]), figure)
