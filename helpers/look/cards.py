"""What a captioner makes of a picture, on a card: captions, classes that its CNN sees, how familiar it is."""

from typing import NamedTuple

import torch
from matplotlib.figure import Figure

from helpers.base.arguments import require_whole
from helpers.base.errors import UserError
from helpers.look.galleries import show_picture
from helpers.look.style import BLUE, DARK, GREEN, RED, blank, new_figure
from helpers.show.sight import UNSURE, pooled

LINE = 15  # points from a line to the next


class Impression(NamedTuple):
    """What the CNN of a captioner with sight tells of one picture."""

    classes: list[tuple[str, float]]  # the likeliest, each with its probability
    familiarity: float  # see helpers.show.sight

    @property
    def unsure(self) -> bool:
        """Whether the picture looks like nothing that the captioner has learnt from."""
        return self.familiarity < UNSURE

    @property
    def told(self) -> str:
        """The familiarity in words."""
        if self.unsure:
            return "unsure: it looks like nothing that this captioner has learnt from"
        return f"familiar: of 100 photographs like those it knows, {100 * self.familiarity:.0f} look stranger"

    @property
    def seen(self) -> str:
        """The classes in words, but for those below one percent; empty without any."""
        return " · ".join(f"{name} {chance:.0%}" for name, chance in self.classes if chance >= 0.01)


class Card(NamedTuple):
    """What there is to say of one picture."""

    captions: list[tuple[str, float]]  # each with its log-probability, the best first
    impression: Impression | None  # None of a captioner without sight


def impressions(captioner, features: torch.Tensor, classes: int = 3) -> list[Impression | None]:
    """What the captioner's sight, if it has one, tells of pictures with the encoder's features (B, …)."""
    sight = captioner.sight
    if sight is None or not len(features):
        return [None] * len(features)
    features = pooled(features)  # (B, F)
    named = [[(sight.classes[i], p) for i, p in some] for some in sight.likeliest(features, classes)]
    return [Impression(*both) for both in zip(named, sight.familiarity(features).tolist(), strict=True)]


@torch.inference_mode()
def look_at(captioner, images, beam_width: int = 5) -> list[Card]:
    """A card for each of `images` (PIL pictures or paths), with the `beam_width` best captions."""
    require_whole(beam_width=beam_width)
    if not len(images):
        return []
    features = captioner.encoder.features(captioner.transform.batch(images).to(captioner.device))
    found = captioner.search(captioner.encoder.fc(features), beam_width)
    said = [[(captioner.vocabulary.decode(h.words), h.log_prob) for h in some] for some in found]
    return [Card(*both) for both in zip(said, impressions(captioner, features), strict=True)]


def cards(images, told: list[Card]) -> Figure:
    """Each PIL picture beside its card: captions with their log-probabilities, classes, and familiarity."""
    if len(images) != len(told):
        raise UserError(f"There are {len(images)} pictures but {len(told)} cards: give one for each.")
    if not len(images):
        return blank()
    tall = [min(3.2, max(1.9, 2.6 * image.height / image.width)) for image in images]
    figure = new_figure(9, sum(tall) + 0.1 * len(images))
    grid = figure.subplots(len(images), 2, squeeze=False, width_ratios=[2.6, 6.4], height_ratios=tall)
    for (left, right), image, card in zip(grid, images, told, strict=True):
        show_picture(left, image)
        left.set_anchor("C")
        right.set_axis_off()
        _write(right, card)
    return figure


def _write(ax, card: Card) -> None:
    lines = [(f"{log_prob:.1f}  {text}", DARK) for text, log_prob in card.captions]
    if it := card.impression:
        lines += [("", DARK), (f"the CNN sees: {it.seen}" if it.seen else "", BLUE)]
        lines += [(it.told, RED if it.unsure else GREEN)]
    for i, (line, color) in enumerate(lines):
        place, weight = (0, (len(lines) / 2 - i - 0.5) * LINE), "bold" if i == 0 else "normal"
        where = {"xytext": place, "textcoords": "offset points", "va": "center", "fontsize": 9.5}
        line = line if len(line) <= 85 else f"{line[:84].rsplit(' ', 1)[0]} …"
        text = ax.annotate(line, (0, 0.5), xycoords="axes fraction", color=color, weight=weight, **where)
        text.set(parse_math=False, in_layout=False)  # a caption may hold a $
