"""Words to play with: which are kept, which way of choosing them says what, what your own picture gets."""

import os
import textwrap
from html import escape
from pathlib import Path

import ipywidgets
import torch

from helpers.base.arguments import require_whole, text_list
from helpers.base.errors import UserError
from helpers.data.transforms import open_picture
from helpers.data.vocabulary import Vocabulary, tokenize
from helpers.look import galleries, markup, plots, stage, trees
from helpers.look.cards import impressions
from helpers.look.stepper import LONGEST, chances, without_brackets
from helpers.tell.decoding import beam_search, sample


def vocabulary_explorer(counts, captions: list[str], word_threshold: int = 5) -> None:
    """Slide `word_threshold`: size and coverage of the vocabulary, and what becomes UNK in `captions`."""
    require_whole(0, word_threshold=word_threshold)
    captions, total = text_list(captions), sum(counts.values())
    if not total:
        raise UserError("There are no words to count: give what count_words(captions) counts.")

    def draw(threshold):
        kept = {word: n for word, n in counts.items() if n > threshold}
        shares = [len(kept) / len(counts), sum(kept.values()) / total]
        lines = (markup.marked(tokenize(caption), lambda word: word not in kept) for caption in captions)
        told = f"<p><b>{len(kept):,}</b> words are kept: <b>{shares[1]:.2%}</b> of all that is said.</p>"
        told += markup.bar_table(shares, ["of the different words", "of all that is said"], "{:.2%}")
        return f"{told}{markup.listed(lines)}A <mark>marked</mark> word becomes UNK."

    slider = ipywidgets.IntSlider(word_threshold, 0, max(50, word_threshold), description="threshold")
    stage.explore(draw, plots.threshold_curve(counts, slider.value), threshold=slider)


def beam_explorer(captioner, image) -> None:
    """Change `beam_width` and `length_penalty`: see the beams grow, and what wins, for one picture."""
    context, vocabulary = captioner.context([image]), captioner.vocabulary

    def grow(beam_width, length_penalty):
        steps = []

        def remember(said, log_prob):  # (1, K, t), (1, K)
            beams = zip(said[0].tolist(), log_prob[0].tolist(), strict=True)
            steps.append([([vocabulary.words[i] for i in ids], p) for ids, p in beams if p > float("-inf")])

        options = {"length_penalty": length_penalty, "on_step": remember}
        best = beam_search(captioner.decoder, context, beam_width, **options)[0]
        return best, (steps[:8], [vocabulary.words[i] for i in best[0].words])

    def draw(beam_width, length_penalty):
        best, tree = grow(beam_width, length_penalty)
        said = [(h.log_prob, h.score(length_penalty), vocabulary.decode(h.words)) for h in best[:8]]
        return trees.beam_tree_svg(*tree) + markup.html_table(["log p", "score", "caption"], said)

    width = ipywidgets.IntSlider(3, 1, 10, description="beam width")
    penalty = ipywidgets.FloatSlider(
        captioner.length_penalty, min=0.0, max=2.0, step=0.1, description="penalty"
    )
    figure = trees.beam_tree(*grow(width.value, penalty.value)[1])
    stage.explore(draw, figure, beam_width=width, length_penalty=penalty)


def sampling_explorer(captioner, image, n: int = 8) -> None:
    """Change `temperature` and `top_p`, and read `n` captions drawn by chance for one picture."""
    require_whole(n=n)
    context = captioner.context([image])
    context = context.expand(n, *context.shape[1:])

    def roll(temperature, top_p, seed) -> list[tuple[float, str]]:
        generator = torch.Generator().manual_seed(seed)
        drawn = sample(captioner.decoder, context, temperature, top_p=top_p, generator=generator)
        said = [(h[0].log_prob, captioner.vocabulary.decode(h[0].words)) for h in drawn]
        return sorted(said, reverse=True)

    def draw(temperature, top_p, seed):
        said = roll(temperature, top_p, seed)
        different = f"{len({text for _, text in said})} different captions of {n}, the likeliest first."
        return markup.sentence(different) + markup.html_table(["log p", "caption"], said)

    lines = [f"{p:.2f}  {text}" for p, text in roll(1.0, 1.0, 0)]
    figure = galleries.pictures([image], ["\n".join(lines)], columns=1, size=4.5)
    temperature = ipywidgets.FloatSlider(1.0, min=0.1, max=2.0, step=0.1, description="temperature")
    temperature.style.description_width = "90px"
    top_p = ipywidgets.FloatSlider(1.0, min=0.05, max=1.0, step=0.05, description="top_p")
    dice = ipywidgets.IntSlider(0, 0, 20, description="dice")
    stage.explore(draw, figure, temperature=temperature, top_p=top_p, seed=dice)


def uploaded(files) -> tuple[str, bytes]:
    """Name and content of the last file that a FileUpload holds: before ipywidgets 8, on Colab, in a dict."""
    if isinstance(files, dict):
        name, file = [*files.items()][-1]
        return name, file["content"]
    return files[-1]["name"], bytes(files[-1]["content"])


def own_picture(files, path: str):
    """The picture at `path`, or else the one that was uploaded last; None if there is neither.

    UserError if it cannot be read. The path may stand in quotes, as Windows copies it.
    """
    path = path.strip().strip("\"'")
    if not path:
        if not files:
            return None
        name, content = uploaded(files)
        try:
            return open_picture(name, content=content)
        except UserError as error:
            raise UserError(f"{name} cannot be read as a picture: {error}") from None
    file = Path(path).expanduser()
    if not file.is_file():
        raise UserError(f"There is no file {file.absolute()} on the machine that this notebook runs on.")
    return open_picture(file)


def most_uploaded() -> str:
    """How large a file may be that a browser sends: more, and Jupyter drops it without a word."""
    raised = os.environ.get("SHOW_TELL_SORT_UPLOAD")  # set by tools.lab
    return f"{int(raised) / 1e6:.0f} MB" if raised else "about 10 MB, on Colab 1 MB"


def upload_explorer(captioner, clusters=None, example=None, beam_width: int = 3) -> None:
    """Upload a picture of your own, or write its path: its caption, how sure each word is, its group.

    A captioner with sight also tells which classes it sees and how familiar the picture looks. clusters:
    groups of captions, as `cluster_captions` makes them. example: a PIL picture to show until there is
    another. A file that is no picture, or one that is too large, gets a sentence.
    """
    chooser = ipywidgets.FileUpload(accept="image/*,.heic,.avif", description="Your picture")
    place = ipywidgets.Text(placeholder="a photo.jpg", description="or its path", continuous_update=False)
    chooser.observe(lambda _: setattr(place, "value", ""), "value")  # the newest counts
    welcome = markup.sentence("Choose a picture from your computer; it stays on this machine.")
    note = markup.sentence(
        f"If nothing happens, the file is too large to be uploaded here ({most_uploaded()}): write its path."
    )

    @torch.inference_mode()
    def describe(image):
        features = captioner.encoder.features(captioner.transform.batch([image]).to(captioner.device))
        context = captioner.encoder.fc(features)
        said = captioner.search(context, beam_width, LONGEST)[0][0]
        ids = said.words + [Vocabulary.END] * said.finished
        sure = chances(captioner.listen(context, ids[:-1])[1], ids).tolist()
        caption = captioner.vocabulary.decode(said.words)
        words = [without_brackets(captioner.vocabulary.words[i]) for i in ids]
        return caption, sure, words, impressions(captioner, features)[0]

    def draw(files, path):
        own = own_picture(files, path)
        image = example if own is None else own
        if image is None:
            return welcome + note
        caption, sure, words, impression = describe(image)
        told = f"<p><b>{escape(caption)}</b></p>" + markup.bar_table(sure, words)
        if impression:
            seen = f"The CNN sees: {impression.seen}. " if impression.seen else ""
            told += markup.sentence(f"{seen}{impression.told.capitalize()}.")
        if clusters is not None:
            group = clusters.names[int(clusters.predict([caption])[0])]
            told += f"<p>It would join the group <b>{escape(group)}</b>.</p>"
        shown = markup.side_by_side(markup.picture(image, caption, 320), told)
        return welcome * (own is None) + shown + note

    figure = None
    if example is not None:
        caption, sure, words, _ = describe(example)
        figure = plots.bars(sure, words, textwrap.fill(caption, 60))
    stage.explore(draw, figure, files=chooser, path=place)
