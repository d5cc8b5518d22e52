"""Pictures to play with: browse a data set, look into an encoder."""

from functools import cache
from html import escape

import ipywidgets
import torch
from torch import nn

from helpers.base.arguments import require_whole
from helpers.base.terminals import printable
from helpers.data.vocabulary import tokenize
from helpers.look import galleries, markup, stage
from helpers.show.features import load_features

EVERYWHERE = "everywhere"
SEES = "<h4>What the classifier sees</h4>"
LAYERS = 5  # of a deep CNN's layers so many can be looked at, evenly spread


def data_explorer(dataset, captioner=None) -> None:
    """Browse the pictures with people's captions, by word or place; `captioner` says what it thinks, too.

    A picture is found if one of its captions has all the words that are typed, or begins to have them.
    """
    texts = [[" ".join(["", *tokenize(caption)]) for caption in group] for group in dataset.captions]

    @cache
    def machine(i: int) -> str:
        return captioner.caption([dataset[i].image])[0]

    def find(words: list[str], where: str) -> list[int]:
        there = [i for i, label in enumerate(dataset.labels) if where in (EVERYWHERE, label)]
        if not words:
            return there
        return [i for i in there if any(all(f" {word}" in text for word in words) for text in texts[i])]

    def draw(word, place, picture):
        words = tokenize(word)
        found = find(words, place)
        number.max = max(0, len(found) - 1)
        if not found:
            return markup.sentence(f"No caption {place} has {word!r}. Try another word, or fewer letters.")

        def sought(part: str) -> bool:
            return any(token.startswith(tuple(words)) for token in tokenize(part))

        i = found[min(picture, number.max)]
        record = dataset[i]
        about = f"{len(found):,} of {len(dataset):,} pictures; this is {printable(record.path.name)}"
        about += f", {record.label}" if record.label else ""
        spoken = markup.listed(markup.marked(caption.split(), sought) for caption in record.captions)
        told = f"<p><b>Its captions</b></p>{spoken}" if record.captions else ""
        told += f"<p><b>The machine says</b></p>{markup.listed([escape(machine(i))])}" if captioner else ""
        alt = record.captions[0] if record.captions else printable(record.path.name)
        return markup.sentence(about) + markup.side_by_side(markup.picture(record.image, alt), told)

    word = ipywidgets.Text(description="word", placeholder="dog")
    places = sorted({label for label in dataset.labels if label})
    place = ipywidgets.Dropdown(options=[EVERYWHERE, *places], description="place")
    place.layout.display = None if places else "none"
    number = ipywidgets.IntSlider(0, 0, len(dataset) - 1, description="picture")
    lines = [f"· {caption}" for caption in dataset.captions[0]]
    lines += ["", f"machine: {machine(0)}"] if captioner else []
    figure = galleries.pictures([dataset[0].image], ["\n".join(lines)], columns=1, size=4.5)
    stage.explore(draw, figure, word=word, place=place, picture=number)


def encoder_explorer(dataset, encoder, transform, classifier, classes, softmax=False, n: int = 6) -> None:
    """Choose a picture: what the classifier thinks of it, what a layer sees, which pictures are near it.

    classifier: images (B, 3, S, S) -> logits (B, C) of `classes`; a sigmoid makes probabilities of them, or a
    `softmax`. The encoder has the same CNN. The buttons lead to the `n` nearest pictures.
    """
    require_whole(n=n)
    features = load_features(encoder, dataset, transform).float()  # (N, F)
    with torch.inference_mode():
        context = encoder.fc(features.to(encoder.fc.weight.device)).cpu()  # (N, E)
    spaces = {"context vector": _unit(context), "features": _unit(features)}
    convolutions = [layer for layer in classifier.modules() if isinstance(layer, nn.Conv2d)]
    steps = torch.linspace(0, len(convolutions) - 1, min(LAYERS, len(convolutions))).round().int()
    layers = [convolutions[i] for i in steps.tolist()]
    near: list[int] = []

    def nearest(i: int, space: str) -> list[int]:
        likeness = spaces[space] @ spaces[space][i]  # (N,)
        likeness[i] = -2  # itself comes first, and is left out
        return likeness.topk(min(n, len(dataset) - 1)).indices.tolist()

    def draw(picture, layer, near_by):
        image = dataset[picture].image
        logits, maps = watched(classifier, layers[layer - 1], transform(image)[None])
        maps, chances = maps[0, :24], logits[0].softmax(-1) if softmax else logits[0].sigmoid()
        best = chances.topk(min(8, len(classes)))
        bars = markup.bar_table(best.values.tolist(), [classes[c] for c in best.indices])
        shape = "{} feature maps of {} × {}".format(*maps.shape)
        near[:] = nearest(picture, near_by)
        parts = [
            markup.side_by_side(markup.picture(image, _name(dataset, picture), 220), f"{SEES}{bars}"),
            f"<h4>The first {len(maps)} channels of layer {layer}</h4>",
            markup.inline(galleries.feature_sheet(maps, 12), shape, attributes='class="sheet"'),
            f"<h4>The nearest pictures by {near_by}</h4>",
            markup.picture_row([dataset[i].image for i in near], [_name(dataset, i) for i in near], 100),
        ]
        return "".join(parts)

    number = ipywidgets.IntSlider(0, 0, len(dataset) - 1, description="picture")
    layer = ipywidgets.IntSlider(1, 1, len(layers), description="layer")
    near_by = ipywidgets.Dropdown(options=list(spaces), description="near by")
    places = range(min(n, len(dataset) - 1))
    go = [ipywidgets.Button(description=f"go to {i + 1}", layout={"width": "100px"}) for i in places]
    for place, button in enumerate(go):
        button.on_click(lambda _, place=place: setattr(number, "value", near[place]))
    others = [dataset[i].image for i in nearest(0, "context vector")]
    figure = galleries.neighbours([dataset[0].image], [others])
    below = [ipywidgets.HBox(go)]
    stage.explore(draw, figure, below, picture=number, layer=layer, near_by=near_by)


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    return nn.functional.normalize(vectors.flatten(1), dim=1)


def _name(dataset, i: int) -> str:
    return dataset.captions[i][0] if dataset.captions[i] else printable(dataset.paths[i].name)


@torch.inference_mode()
def watched(model: nn.Module, layer: nn.Module, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What `model` says of images (B, 3, S, S), and what one of its layers answers, (B, C, h, w)."""
    seen = []
    hook = layer.register_forward_hook(lambda _, __, answer: seen.append(answer.clone()))
    try:
        logits = model.eval()(images.to(next(model.parameters()).device))
    finally:
        hook.remove()
    return logits.cpu(), seen[0].cpu()
