import io
from base64 import b64decode

import ipywidgets
from matplotlib.figure import Figure
from PIL import Image

from helpers.base.errors import UserError
from helpers.look import stage


def test_strings_and_figures_become_html():
    assert stage.html_of("<b>bold</b>") == "<b>bold</b>"
    figure = Figure(figsize=(2, 1))
    figure.subplots().set_title("a < b", loc="left")
    html = stage.html_of(figure)
    assert html.startswith("<img") and 'alt="a &lt; b"' in html
    assert Image.open(io.BytesIO(stage.png_of(figure))).size == (180, 90)


def test_without_a_kernel_a_line_or_a_figure_stands_in_for_the_control(monkeypatch):
    seen = []
    monkeypatch.setattr(stage, "display", lambda bundle, **_: seen.append(bundle))
    stage.show(ipywidgets.IntSlider())
    assert "when the notebook runs" in seen[0]["text/plain"] and "image/png" not in seen[0]
    assert seen[0]["application/vnd.jupyter.widget-view+json"]["model_id"]
    stage.explore(lambda n: Figure(figsize=(n, 1)), n=ipywidgets.IntSlider(2))
    assert Image.open(io.BytesIO(b64decode(seen[1]["image/png"]))).size == (180, 90)


def test_the_drawing_follows_the_slider_and_a_mistake_of_the_user_is_a_sentence(shown):
    def draw(n):
        if n == 7:
            raise UserError("Seven is <too> many.")
        return f"<b>{n * n}</b>"

    slider = ipywidgets.IntSlider(1, 0, 9)
    stage.explore(draw, n=slider)
    area = shown[0].children[-1]
    slider.value = 5
    assert "<b>25</b>" in area.value
    slider.value = 7
    assert "Seven is &lt;too&gt; many." in area.value and "<b>25" not in area.value
