"""Controls to play with in the notebooks, where moving a slider teaches more than reading."""

import io
from base64 import b64encode
from html import escape

import ipywidgets
import torch
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from helpers import galleries, plots
from helpers.decoding import beam_search, sample
from helpers.style import light_png
from helpers.transforms import upright_rgb
from helpers.vocabulary import Vocabulary, tokenize


def show(control: ipywidgets.Widget, figure=None) -> None:
    """Display `control`; where widgets cannot run (on GitHub, say) `figure` or a line stands in its place."""
    view = {"model_id": control.model_id, "version_major": 2, "version_minor": 0}
    stand_in = "▸ Something to play with appears here when the notebook runs."
    bundle = {"application/vnd.jupyter.widget-view+json": view, "text/plain": stand_in}
    if figure is not None:
        bundle["image/png"] = b64encode(view_of(figure).value).decode()
    display(bundle, raw=True)


def view_of(result) -> ipywidgets.Widget:
    """A widget that shows a matplotlib Figure, or a string of HTML, or several of them in a tuple."""
    if isinstance(result, tuple):
        return ipywidgets.VBox([view_of(part) for part in result])
    if isinstance(result, str):
        return ipywidgets.HTML(result)
    png = io.BytesIO()
    result.savefig(png, format="png", dpi=90)
    layout = {"width": "max-content", "max_width": "100%"}
    return ipywidgets.Image(value=light_png(png.getvalue()), format="png", layout=layout)


def explore(draw, **controls: ipywidgets.Widget) -> None:
    """Show `controls`, and beneath them the Figure or HTML that `draw(**values)` returns, always current."""
    area = ipywidgets.VBox()

    def update(_=None):
        drawn = draw(**{name: control.value for name, control in controls.items()})
        area.children = [view_of(drawn)]
        return drawn

    for control in controls.values():
        control.observe(update, "value")
    first = update()
    figures = [part for part in (first if isinstance(first, tuple) else (first,)) if isinstance(part, Figure)]
    show(ipywidgets.VBox([*controls.values(), area]), *figures[:1])


def vocabulary_explorer(counts, captions: list[str]) -> None:
    """Slide `word_threshold`: size and coverage of the vocabulary, and what becomes UNK in `captions`."""
    total = sum(counts.values())

    def draw(threshold):
        kept = {word: n for word, n in counts.items() if n > threshold}
        covered = sum(kept.values()) / total
        lines = [" ".join(w if w in kept else f"<mark>{w}</mark>" for w in tokenize(c)) for c in captions]
        head = f"<b>{len(kept):,}</b> words are kept; they are <b>{covered:.2%}</b> of all that is said."
        items = "".join(f"<li>{line}</li>" for line in lines)
        return f"{head}<ul>{items}</ul>A <mark>marked</mark> word becomes UNK."

    slider = ipywidgets.IntSlider(5, 0, 50, description="threshold", continuous_update=False)
    explore(draw, threshold=slider)


def caption_stepper(captioner, image) -> None:
    """Say a caption yourself: see the next word's probabilities, choose one, go on from there."""
    context, said = captioner.context([image]), []
    choice = ipywidgets.Dropdown(description="next word")
    say, again = ipywidgets.Button(description="Say it"), ipywidgets.Button(description="Start again")
    area = ipywidgets.VBox()

    def update():
        words, values = zip(*captioner.next_words(context, said), strict=True)
        choice.options = words
        say.disabled = said[-1:] == [Vocabulary.SPECIALS[Vocabulary.END]]
        area.children = [view_of(plots.bars(values, words, " ".join([*said, "…"])))]

    def say_it(_):
        said.append(choice.value)
        update()

    def start_again(_):
        said.clear()
        update()

    say.on_click(say_it)
    again.on_click(start_again)
    update()
    show(ipywidgets.VBox([ipywidgets.HBox([choice, say, again]), area]))


def beam_explorer(captioner, image) -> None:
    """Change `beam_width` and `length_penalty`: see the beams grow, and what wins, for one picture."""
    context, vocabulary = captioner.context([image]), captioner.vocabulary

    def draw(beam_width, length_penalty):
        steps = []

        def remember(said, log_prob):  # (1, K, t), (1, K)
            beams = zip(said[0].tolist(), log_prob[0].tolist(), strict=True)
            named = [([vocabulary.words[i] for i in ids], p) for ids, p in beams if p > float("-inf")]
            steps.append([{"words": words, "log_prob": p, "kept": True} for words, p in named])

        options = {"length_penalty": length_penalty, "on_step": remember}
        best = beam_search(captioner.decoder, context, beam_width, **options)[0]
        rows = ""
        for h in best[:8]:
            text = vocabulary.decode(h.words)
            rows += f"<tr><td>{h.log_prob:.2f}</td><td>{h.score(length_penalty):.2f}</td><td>{text}</td></tr>"
        table = f"<table><tr><th>log p</th><th>score</th><th>caption</th></tr>{rows}</table>"
        return plots.beam_tree(steps[:8], [vocabulary.words[i] for i in best[0].words]), table

    width = ipywidgets.IntSlider(3, 1, 10, description="beam width", continuous_update=False)
    penalty = ipywidgets.FloatSlider(0.0, min=0.0, max=2.0, step=0.1, description="penalty")
    explore(draw, beam_width=width, length_penalty=penalty)


def sampling_explorer(captioner, image, n: int = 8) -> None:
    """Change `temperature` and `top_p`, and read `n` captions drawn by chance for one picture."""
    context = captioner.context([image]).expand(n, -1)

    def draw(temperature, top_p, seed):
        generator = torch.Generator().manual_seed(seed)
        drawn = sample(captioner.decoder, context, temperature, top_p=top_p, generator=generator)
        rows = [(h[0].log_prob, captioner.vocabulary.decode(h[0].words)) for h in drawn]
        body = "".join(f"<tr><td>{p:.2f}</td><td>{text}</td></tr>" for p, text in sorted(rows, reverse=True))
        return f"<table><tr><th>log p</th><th>caption</th></tr>{body}</table>"

    temperature = ipywidgets.FloatSlider(1.0, min=0.1, max=2.0, step=0.1, description="temperature")
    top_p = ipywidgets.FloatSlider(1.0, min=0.05, max=1.0, step=0.05, description="top_p")
    explore(
        draw, temperature=temperature, top_p=top_p, seed=ipywidgets.IntSlider(0, 0, 20, description="dice")
    )


class LiveCurves:
    """Draw the training curves anew after every epoch: pass it to `train` as `on_epoch`."""

    def __init__(self):
        self.handle = None

    def __call__(self, history: list[dict]) -> None:
        """Draw `history` in the place of what was drawn before."""
        figure = plots.curves(history)
        if self.handle is None:
            self.handle = display(figure, display_id=True)
        else:
            self.handle.update(figure)


def upload_explorer(captioner) -> None:
    """Upload a picture of your own and read its caption; a file that is no picture gets a sentence."""
    chooser = ipywidgets.FileUpload(accept="image/*", description="Your picture")

    def draw(files):
        if not files:
            return "<em>Choose a picture from your computer; it stays on this machine.</em>"
        try:
            image = upright_rgb(Image.open(io.BytesIO(files[-1]["content"])))
        except Exception:
            return f"<em>{escape(files[-1]['name'])} cannot be read as a picture: try a JPEG or PNG.</em>"
        return galleries.pictures([image], captioner.caption([image]), columns=1, size=4)

    explore(draw, files=chooser)
