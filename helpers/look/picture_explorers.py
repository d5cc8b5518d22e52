"""Pictures to play with: browse a data set, look into an encoder."""

from html import escape

import ipywidgets
import torch
from torch import nn

from helpers.data.vocabulary import tokenize
from helpers.look import galleries, markup, stage
from helpers.show.features import load_features

EVERYWHERE = "everywhere"
LAYERS = 5  # of a deep CNN's layers so many can be looked at, evenly spread


def slider(last: int, description: str, first: int = 0, value: int = 0) -> ipywidgets.IntSlider:
    """A slider over whole numbers that can also be typed."""
    return ipywidgets.IntSlider(value, first, max(first, last), description=description)


def data_explorer(dataset, captioner=None) -> None:
    """Browse the pictures with people's captions, by word or place; `captioner` says what it thinks, too.

    A picture is found if one of its captions has all the words that are typed, or begins to have them.
    """
    texts = [[" ".join(["", *tokenize(caption)]) for caption in group] for group in dataset.captions]
    said = {}  # picture -> the machine's caption

    def machine(i: int) -> str:
        if i not in said:
            said[i] = captioner.caption([dataset[i].image])[0]
        return said[i]

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
        i = found[min(picture, number.max)]
        record = dataset[i]
        about = f"{len(found):,} of {len(dataset):,} pictures; this is {record.path.name}"
        about += f", {record.label}" if record.label else ""
        spoken = "".join(f"<li>{_marked(caption, tuple(words))}</li>" for caption in record.captions)
        told = f"<p><b>People say</b></p><ul>{spoken}</ul>" if spoken else ""
        told += f"<p><b>The machine says</b></p>{markup.sentences([machine(i)])}" if captioner else ""
        alt = record.captions[0] if record.captions else record.path.name
        return markup.sentence(about) + markup.side_by_side(markup.picture(record.image, alt), told)

    word = ipywidgets.Text(description="word", placeholder="dog")
    places = sorted({label for label in dataset.labels if label})
    place = ipywidgets.Dropdown(options=[EVERYWHERE, *places], description="place")
    place.layout.display = None if places else "none"
    number = slider(len(dataset) - 1, "picture")
    lines = [f"· {caption}" for caption in dataset.captions[0]]
    lines += ["", f"machine: {machine(0)}"] if captioner else []
    figure = galleries.pictures([dataset[0].image], ["\n".join(lines)], columns=1, size=4.5)
    stage.explore(draw, figure, word=word, place=place, picture=number)


def _marked(caption: str, words: tuple[str, ...]) -> str:
    """The caption with those of its words marked that begin as `words` do."""
    parts = caption.split()
    hit = [bool(words) and any(token.startswith(words) for token in tokenize(part)) for part in parts]
    return " ".join(
        f"<mark>{escape(part)}</mark>" if yes else escape(part) for part, yes in zip(parts, hit, strict=True)
    )


def encoder_explorer(dataset, encoder, transform, classifier, classes, softmax=False, n: int = 6) -> None:
    """Choose a picture: what the classifier thinks of it, what a layer sees, which pictures are near it.

    classifier: images (B, 3, S, S) -> logits (B, C) of `classes`; a sigmoid makes probabilities of them, or a
    `softmax`. The encoder has the same CNN. The buttons lead to the `n` nearest pictures.
    """
    features = load_features(encoder, dataset, transform).float()  # (N, F)
    with torch.inference_mode():
        context = encoder.fc(features.to(encoder.fc.weight.device)).cpu()  # (N, E)
    spaces = {"context vector": _unit(context), "features": _unit(features)}
    convolutions = [layer for layer in classifier.modules() if isinstance(layer, nn.Conv2d)]
    steps = torch.linspace(0, len(convolutions) - 1, min(LAYERS, len(convolutions))).round().int()
    layers = [convolutions[i] for i in steps.tolist()]
    near: list[int] = []

    def look(i: int, layer: int):
        logits, maps = watched(classifier, layers[layer - 1], transform(dataset[i].image)[None])
        chances = logits[0].softmax(-1) if softmax else logits[0].sigmoid()
        best = chances.topk(min(8, len(classes)))
        return best.values.tolist(), [classes[c] for c in best.indices], maps[0, :24]

    def nearest(i: int, space: str) -> list[int]:
        likeness = spaces[space] @ spaces[space][i]  # (N,)
        likeness[i] = -2  # itself comes first, and is left out
        return likeness.topk(min(n, len(dataset) - 1)).indices.tolist()

    def draw(picture, layer, near_by):
        values, names, maps = look(picture, layer)
        near[:] = nearest(picture, near_by)
        record = dataset[picture]
        alts = [_name(dataset, i) for i in near]
        return (
            markup.side_by_side(
                markup.picture(record.image, _name(dataset, picture), 220),
                "<h4>What the classifier sees</h4>" + markup.bars(values, names, most=1.0),
            ),
            f"<h4>The first {len(maps)} channels of layer {layer}</h4>{markup.feature_maps(maps)}",
            f"<h4>The nearest pictures by {near_by}</h4>",
            markup.pictures([dataset[i].image for i in near], alts, 100),
        )

    number, layer = slider(len(dataset) - 1, "picture"), slider(len(layers), "layer", 1, 1)
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
    return dataset.captions[i][0] if dataset.captions[i] else dataset.paths[i].name


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
