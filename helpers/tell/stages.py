"""A captioner of photographs stage by stage; each, once it is finished, is read again instead of repeated.

The CNN learns the captions' words, the decoder the captions, then whole captions are rewarded; last comes the
length penalty that suits validation pictures. `benchmarks/recipes.py` and `make photo-captioner` have it
from here. Ctrl-C ends a stage and those after it: the next one must not begin with half of this one.
"""

from pathlib import Path

import torch

from helpers.data import datasets
from helpers.show.backbones import IMAGENET
from helpers.show.encoder import Encoder
from helpers.show.features import load_features
from helpers.tell import course
from helpers.tell.captioner import Captioner
from helpers.tell.decoding import beam_search, say
from helpers.tell.metrics import score
from helpers.tell.runs import require_finished
from helpers.tell.self_critical import practise

GIVE_UP = 3  # epochs of practice without a better one
LENGTH_PENALTIES = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4)


def words_learnt(dataset, data, backbone: str, folder: Path, epochs: int, seed: int) -> Path:
    """`folder`/cnn.pt: the CNN after `course.teach_words`, which begins anew if it was interrupted."""
    if not (folder / "cnn.pt").exists():
        pictures = datasets.load(dataset, "train", folder=data)
        course.teach_words(pictures, backbone, folder, epochs=epochs, seed=seed)
    return folder / "cnn.pt"


def captions_learnt(
    dataset, data, backbone: str, weights: str | Path, recipe: course.Recipe, folder: Path, grid: bool
) -> Captioner:
    """`course.train_captioner` into `folder` from `recipe`'s seed; `weights` are the CNN's."""
    torch.manual_seed(recipe.seed)  # not before: learning words draws numbers, reading its CNN does not
    encoder = Encoder(backbone, recipe.embedding_dim, weights=weights, grid=grid)
    named = weights if backbone in IMAGENET else None
    captioner = course.train_captioner(encoder, dataset, data, recipe, folder=folder, weights=named)
    require_finished(folder, recipe.epochs, recipe.patience)
    return captioner


def practised(captioner: Captioner, dataset, data, views: int, folder: Path, epochs: int, seed: int) -> None:
    """Self-critical training of `captioner`, in place, on the first `views` of the training pictures."""
    transform = captioner.transform
    train_set, val_set = (datasets.load(dataset, split, folder=data) for split in ("train", "val"))
    seen = course.features_of_views(captioner.encoder, train_set, transform, views)
    held_out = load_features(captioner.encoder, val_set, transform)
    examples = (seen, train_set.captions), (held_out, val_set.captions)
    parts = captioner.encoder, captioner.decoder, captioner.vocabulary
    practise(*parts, *examples, folder=folder, epochs=epochs, patience=GIVE_UP, seed=seed)
    require_finished(folder, epochs, GIVE_UP)


def beam_captions(captioner: Captioner, dataset, length_penalty: float, beam_width: int = 5) -> list[str]:
    """The best of the beams for every picture of `dataset`."""
    features = load_features(captioner.encoder, dataset, captioner.transform)
    parts = captioner.encoder, captioner.decoder, captioner.vocabulary
    return say(*parts, features, search=beam_search, beam_width=beam_width, length_penalty=length_penalty)


def best_penalty(references: list[list[str]], captions_by) -> float:
    """That of LENGTH_PENALTIES whose captions, `captions_by(penalty)`, have the highest CIDEr."""
    return max(LENGTH_PENALTIES, key=lambda a: score(references, captions_by(a))["CIDEr"])
