"""What earlier notebooks would have made: loaded if it is there, built if it is not."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from helpers.base.arguments import folder_to_write, require_number, require_whole
from helpers.base.files import checkpoint_folder, save_tensors
from helpers.base.processes import first_goes_ahead, rank
from helpers.base.terminals import announce
from helpers.data import datasets
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary
from helpers.show.backbones import IMAGENET, head_of, imagenet_model
from helpers.show.caption_words import learn_words
from helpers.show.encoder import Encoder
from helpers.show.features import load_features
from helpers.show.sight import learn_sight
from helpers.tell.captioner import SHIPPED, SHIPPED_PHOTOS, Captioner
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.training import Settings, train


@dataclass(frozen=True)
class Recipe(Settings):
    """How to train, and what: the words that are kept, and the decoder's sizes."""

    word_threshold: int = 4
    embedding_dim: int = 256
    hidden_dim: int = 512
    dropout: float = 0.5
    tied: bool = False
    views: int = 1  # chance decides in which of the first so many VIEWS a training picture is seen

    def __post_init__(self):
        super().__post_init__()
        require_whole(0, word_threshold=self.word_threshold)
        require_whole(embedding_dim=self.embedding_dim, hidden_dim=self.hidden_dim, views=self.views)
        require_number(at_least=0, at_most=1, dropout=self.dropout)


PHOTOS = Recipe(epochs=8, batch_size=64, learning_rate=2e-3)
_SMALL = {"word_threshold": 8, "embedding_dim": 128, "hidden_dim": 256, "dropout": 0.2}
SCENES = Recipe(epochs=8, batch_size=64, learning_rate=3e-3, **_SMALL)  # fewer words, and learnt fast
SCENES_GRID = replace(SCENES, epochs=4, batch_size=128)  # with attention a step takes longer and learns more
# A training picture may be seen in several ways: as it is, mirrored, its corners, some of them mirrored.
VIEWS = (
    {},
    {"flip": True},
    {"crop": (0.0, 0.0, 0.85, 0.85)},
    {"crop": (0.15, 0.15, 1.0, 1.0), "flip": True},
    {"crop": (0.15, 0.0, 1.0, 0.85)},
    {"crop": (0.0, 0.15, 0.85, 1.0), "flip": True},
)


def recipe_for(name: str, grid: bool = False, epochs: int | None = None) -> Recipe:
    """The recipe that suits the data set called `name`, and an encoder with `grid`; `epochs` if given."""
    recipe = PHOTOS if name != "scenes" else SCENES_GRID if grid else SCENES
    return recipe if epochs is None else replace(recipe, epochs=epochs)


def checkpoints(name: str, backbone: str) -> Path:
    """Folder for all that is trained on the data set called `name` (`load(…).name`) with one backbone.

    Says so where one may have been trained before paths had names of their own.
    """
    folder = checkpoint_folder(f"{name}-{backbone}")
    earlier = folder.with_name(f"{re.sub('-[0-9a-f]{6}$', '', name)}-{backbone}")
    if earlier != folder and earlier.is_dir() and not any(folder.iterdir()):
        advice = f"If it was trained on these very pictures, move its files to {folder.name}."
        announce(f"There is nothing in {folder} yet, but there is {earlier.name} beside it. {advice}")
    return folder


def teach_words(
    dataset, backbone: str, folder: Path, epochs: int | None = None, seed: int = 0, on_epoch=None
) -> list[str]:
    """Stage one on photographs: ImageNet's CNN learns the captions' words, its weights go to `folder`/cnn.pt.

    ImageNet's classifier, if there is one, is kept with them, for `imagenet_classifier`. `dataset` are
    training pictures; `epochs` None is 30,000 looks, but at most 5 at each. Returns the words. It takes
    minutes and is seeded, so what was interrupted begins anew and ends the same.
    """
    torch.manual_seed(seed)
    encoder, head = Encoder(backbone, weights="DEFAULT"), head_of(backbone)
    classifier = getattr(imagenet_model(backbone, "DEFAULT"), head) if backbone in IMAGENET else None
    epochs = min(5, max(1, 30_000 // len(dataset))) if epochs is None else epochs
    options = {"views": VIEWS, "epochs": epochs, "seed": seed, "on_epoch": on_epoch, "keep": classifier}
    words = learn_words(encoder, dataset, encoder.transform, **options)
    weights = encoder.cnn.state_dict()
    if classifier:
        weights |= {f"{head}.{name}": weight for name, weight in classifier.state_dict().items()}
    save_tensors(weights, folder_to_write(folder) / "cnn.pt")
    return words


def encoder_for(name: str, backbone: str, grid: bool = False, seed: int = 0) -> Encoder:
    """The encoder that 03 and 04 start with, and 07 with `grid`; its `fc` is untrained.

    It takes the CNN that 02 trained. Without one, "small" takes that which ships, others ImageNet's weights.
    """
    torch.manual_seed(seed)
    embedding_dim = recipe_for(name).embedding_dim
    trained = checkpoints(name, backbone) / "cnn.pt"
    if trained.exists():
        return Encoder(backbone, embedding_dim, weights=trained, grid=grid)
    if backbone != "small":
        print(
            "No CNN from 02_encoder here yet, taking ImageNet's as it is: 02 teaches it the captions' words."
        )
        return Encoder(backbone, embedding_dim, weights="DEFAULT", grid=grid)
    print("Catching up: no CNN from 02_encoder here yet, taking the one that ships with the course.")
    encoder = Encoder("small", embedding_dim, grid=grid)
    encoder.cnn.load_state_dict(Captioner.load(SHIPPED, device="cpu").encoder.cnn.state_dict())
    return encoder


def train_captioner(
    encoder: Encoder,
    dataset,
    data=None,
    recipe: Recipe | None = None,
    *,
    folder: Path,
    pieces: int = 1,
    on_epoch=None,
    device: torch.device | None = None,
    weights: str | Path | None = None,
) -> Captioner:
    """Stage two as in 04_training: words, features, decoder, training; written to `folder`/captioner.pt.

    An encoder with `grid` gets a decoder with attention, as in 07_attention. `recipe` None is the one that
    suits the data set; `weights`, those of the CNN with ImageNet's classifier, give sight its classes (see
    `learn_sight`); the other arguments are those of `training.train`.
    """
    transform, folder = encoder.transform, folder_to_write(folder)
    with first_goes_ahead():
        train_set, val_set = (datasets.load(dataset, split, folder=data) for split in ("train", "val"))
        recipe = recipe or recipe_for(train_set.name, encoder.grid)
        seen = features_of_views(encoder, train_set, transform, recipe.views, device)
        held_out = load_features(encoder, val_set, transform, device=device)
        examples = (seen, train_set.captions), (held_out, val_set.captions)
    captions = [caption for group in train_set.captions for caption in group]
    vocabulary = Vocabulary.build(captions, recipe.word_threshold)
    torch.manual_seed(recipe.seed)
    dims = recipe.embedding_dim, recipe.hidden_dim, recipe.dropout, recipe.tied
    decoder = (AttentionDecoder if encoder.grid else Decoder)(len(vocabulary), *dims)
    how = {"folder": folder, "pieces": pieces, "on_epoch": on_epoch, "device": device}
    train(encoder, decoder, vocabulary, *examples, recipe, **how)
    sight = learn_sight(encoder, seen, held_out, weights)
    captioner = Captioner(encoder, decoder, vocabulary, transform, train_set.name, device, sight)
    if rank() == 0:
        captioner.save(folder / "captioner.pt")
    return captioner


def features_of_views(encoder, dataset, transform: Transform, views: int, device=None) -> torch.Tensor:
    """Features of every picture in the first `views` of VIEWS, one view after another: (views * N, …, F).

    UserError if there are not so many.
    """
    require_whole(1, len(VIEWS), views=views)
    ways = (replace(transform, **view) for view in VIEWS[:views])
    return load_features(encoder, dataset, *ways, device=device)


def captioner_for(dataset: str | Path, backbone: str, data=None, own: bool = False) -> Captioner:
    """The captioner that 05 and 06 start with: the one from 04, else one that ships, else a new one.

    With `own` none that ships will do but for scenes: it has learnt from this data set, by this backbone.
    """
    name = datasets.load(dataset, "test", folder=data, limit=1).name
    folder = checkpoints(name, backbone)
    if (folder / "captioner.pt").exists():
        return Captioner.load(folder / "captioner.pt")
    if name == "scenes" and backbone == "small":
        print("Catching up: no captioner from 04_training here yet, taking the one that ships.")
        return Captioner.load(SHIPPED)
    if name != "scenes" and backbone != "small" and not own and SHIPPED_PHOTOS.exists():
        announce(
            f"No captioner for {name} here yet, taking the one of photographs that ships: 04 trains one."
        )
        return Captioner.load(SHIPPED_PHOTOS)
    announce(f"Catching up: no captioner for {name} here yet, training one as 04_training does.")
    return train_captioner(encoder_for(name, backbone), dataset, data, folder=folder)
