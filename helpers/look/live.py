"""Watch a decoder learn: curves and captions after every epoch, and a button that stops it."""

from html import escape

import ipywidgets
from IPython import get_ipython

from helpers.base.arguments import require_whole
from helpers.look import markup, plots, stage
from helpers.look.style import colours_for
from helpers.tell.decoding import say

WAITING = "Curves appear here when an epoch is over. If none do, an earlier run had learnt it all."


class LiveTraining:
    """Curves and sample captions, always current: `train(…, on_epoch=live, on_batch=live.batch)`.

    The button stops the training as Ctrl-C does, and the best epoch so far is kept. A click is heard while
    the cell runs where widgets have a line of their own to the kernel (JupyterLab from 4.4 on, ipykernel 7);
    elsewhere ■ in the toolbar does the same. When the cell ends the curves stay, also without a kernel.
    """

    def __init__(self, dataset, features, encoder, decoder, vocabulary, n: int = 4):
        """`dataset` has the validation pictures, features (N, F) what the CNN sees in them; `n` are shown."""
        require_whole(0, n=n)
        self.models = encoder, decoder, vocabulary
        self.features = features[:n]
        self.images = [dataset[i].image for i in range(len(self.features))]
        self.captions: list[list[str]] = [[] for _ in self.images]  # of each picture, epoch by epoch
        self.history: list[dict] = []
        self.asked_to_stop = False
        self.stop = ipywidgets.Button(description="Stop, keep the best", layout={"width": "180px"})
        self.stop.on_click(self._ask)
        self.area = ipywidgets.HTML(markup.page(markup.sentence(WAITING)))
        self.control = ipywidgets.VBox([self.stop, self.area])
        self.handle = stage.show(self.control)
        if shell := get_ipython():
            shell.events.register("post_run_cell", self._keep)

    def __call__(self, history: list[dict]) -> None:
        """Show the curves of `history`, and what the decoder says now."""
        self.history = history
        now = say(*self.models, self.features) if len(self.features) else []
        for captions, caption in zip(self.captions, now, strict=True):
            captions.append(caption)
        self.area.value = markup.page(curves_svg(history), self._samples())
        self.batch()

    def batch(self) -> None:
        """Called after every batch: raises KeyboardInterrupt if the button has been clicked.

        ipykernel 7.4 sends clicks to where the button was last used, here to the cell that is busy; it must
        forget that, and then they come in by a line (a "subshell") of their own.
        """
        vars(self.stop.comm).pop("_reply_subshell_id", None)
        if self.asked_to_stop:
            self.asked_to_stop = False
            raise KeyboardInterrupt

    def _ask(self, _) -> None:
        self.stop.disabled, self.stop.description = True, "Stopping …"
        self.asked_to_stop = True  # last: the training may be over a moment later, and says so on the button

    def _samples(self) -> str:
        """Each picture with what was said of it in every epoch, the latest in bold; the same is said once."""
        last, shown = self.history[-1]["epoch"], ""
        for image, captions in zip(self.images, self.captions, strict=True):
            lines, first = [], last - len(captions) + 1
            for i, (caption, after) in enumerate(zip(captions, [*captions[1:], None], strict=True)):
                if caption != after:
                    said = f"<b>{escape(caption)}</b>" if after is None else escape(caption)
                    lines.append((f"epoch {first + i}", said))
            shown += markup.side_by_side(markup.picture(image, captions[-1], 96), markup.labelled(lines))
        return f"<h4>What it says of pictures that it does not learn from</h4>{shown}"

    def _keep(self, _=None) -> None:
        """The cell is over: nothing is left to stop, and the notebook keeps the last curves."""
        if self.history:
            get_ipython().events.unregister("post_run_cell", self._keep)
            self.stop.disabled, self.stop.description = True, "Training is over"
            self.handle.update(stage.mime_bundle(self.control, plots.curves(self.history)), raw=True)


def curves_svg(history: list[dict]) -> str:
    """`helpers.look.plots.curves` as HTML: a panel for each scale."""
    panels = plots.lines_of(history).items()
    last = history[-1]["epoch"]
    return markup.side_by_side(*(f"<h4>{title}</h4>{_panel(title, lines, last)}" for title, lines in panels))


def _panel(title: str, lines: dict[str, list], now: int, width: int = 300, height: int = 190) -> str:
    """Lines over the epochs; at the right their names and last values, the highest line's first."""
    colours = dict(zip(lines, colours_for(lines).as_hex(), strict=True))
    values, last = [value for line in lines.values() for _, value in line], max(5, now)
    low, high = min(values), max([*values, min(values) + 1e-9])

    def place(epoch, value) -> str:
        x, y = (epoch - 0.5) / last, (high - value) / (high - low)
        return f"{40 + x * (width - 40):.0f},{20 + y * (height - 40):.0f}"

    drawn = f'<text class="small" x="0" y="24">{high:.2f}</text>'
    drawn += f'<text class="small" x="0" y="{height - 16}">{low:.2f}</text>'
    drawn += f'<path d="M40 20V{height - 20}H{width}"/>'
    for i, (key, line) in enumerate(sorted(lines.items(), key=lambda item: -item[1][-1][1])):
        colour, y = colours[key], 24 + 22 * i
        points = " ".join(place(*point) for point in line)
        x, end = place(*line[-1]).split(",")
        drawn += f'<circle cx="{x}" cy="{end}" r="4" fill="{colour}"/>'
        drawn += f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        drawn += f'<rect x="{width + 8}" y="{y - 10}" width="12" height="12" fill="{colour}"/>'
        drawn += f'<text x="{width + 26}" y="{y}">{key} {line[-1][1]:.2f}</text>'
    for epoch in {1, last // 2, last}:
        x, _ = place(epoch, low).split(",")
        drawn += f'<text class="small" x="{x}" y="{height - 4}">{epoch}</text>'
    told = ", ".join(f"{key} {line[-1][1]:.2f}" for key, line in lines.items())
    return markup.svg(width + 130, height, f"{title} in epoch {now}: {told}", drawn)
