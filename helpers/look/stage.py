"""Where the explorers appear: controls above, what they show beneath, a picture where nothing can move."""

import io
from base64 import b64encode

import ipywidgets
from IPython.display import display

from helpers.base.errors import UserError
from helpers.look import markup
from helpers.look.style import light_png

STAND_IN = "▸ Something to play with appears here when the notebook runs."


def show(control: ipywidgets.Widget, figure=None):
    """Display `control`; where widgets cannot run (on GitHub, say) `figure` or a line stands in its place.

    Returns the handle with which `bundle` can be shown in its place.
    """
    return display(bundle(control, figure), raw=True, display_id=True)


def bundle(control: ipywidgets.Widget, figure=None) -> dict:
    """What a notebook keeps of a control: the widget, and a figure for readers without a kernel."""
    view = {"model_id": control.model_id, "version_major": 2, "version_minor": 0}
    kept = {"application/vnd.jupyter.widget-view+json": view, "text/plain": STAND_IN}
    if figure is not None:
        kept["image/png"] = b64encode(png_of(figure)).decode()
    return kept


def png_of(figure) -> bytes:
    """A matplotlib Figure as a light PNG."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=90)
    return light_png(png.getvalue())


def html_of(result) -> str:
    """HTML for a string of HTML, a matplotlib Figure, or several of them in a tuple."""
    if isinstance(result, tuple):
        return "".join(map(html_of, result))
    if isinstance(result, str):
        return result
    titles = "; ".join(ax.get_title(loc="left") for ax in result.axes)
    return markup.embedded(png_of(result), titles)


def explore(draw, figure=None, below=(), **controls: ipywidgets.Widget) -> None:
    """Show `controls`, and beneath them the HTML or Figure that `draw(**values)` returns, always current.

    figure: what stands in the place of it all where widgets cannot run; else the first Figure of `draw`.
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
    figures = [part for part in (first if isinstance(first, tuple) else (first,)) if hasattr(part, "savefig")]
    show(ipywidgets.VBox([*controls.values(), area, *below]), figure or next(iter(figures), None))
