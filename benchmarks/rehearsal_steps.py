"""What 01 to 06 do with COCO, in steps: each is called in a process of its own and leaves files behind.

Every step says what it worked on, how much disk it had announced, and a digest of its result: after a step
was killed and has gone on, the digest must be the same.
"""

import hashlib
import json
from collections.abc import Iterable

import numpy as np
import torch
from rehearsal_pictures import PICTURE_BYTES, make_coco

from helpers.base.files import checkpoint_folder, data_folder
from helpers.data import datasets
from helpers.data.prepared import PREPARED_BYTES
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary
from helpers.show import caption_words, classifier
from helpers.show.backbones import SmallCNN
from helpers.show.encoder import Encoder
from helpers.show.features import load_features
from helpers.sort import clustering, grouping, judging, layout
from helpers.tell import course
from helpers.tell.captioner import Captioner
from helpers.tell.decoder import Decoder
from helpers.tell.decoding import beam_search, say
from helpers.tell.metrics import bootstrap, score
from helpers.tell.training import train

NAME = "coco"


def make_pictures(_, pictures: int) -> dict:
    """What there is to learn from."""
    make_coco(data_folder(NAME), pictures)
    return told(f"{pictures:,} pictures", [], PICTURE_BYTES * pictures)


def load_splits(some: int) -> list:
    """COCO's train, val and test: all, or of `some` pictures, if not 0, six, one and one eighth."""
    eighth = max(1, some // 8)
    limits = {"train": some - 2 * eighth, "val": eighth, "test": eighth}
    return [datasets.load(NAME, split, limit=limits[split] if some else None) for split in limits]


def prepare(backbone: str, some: int) -> dict:
    """01: every picture squashed to 256×256."""
    splits = load_splits(some)
    copies = sorted(path for split in splits for path in split.prepared)
    content = (path.read_bytes() for path in copies)
    return told(f"{len(copies):,} pictures", content, PREPARED_BYTES * len(copies))


def read_words(backbone: str, some: int) -> dict:
    """01: three splits that share no picture; the vocabulary of the training captions."""
    splits = load_splits(some)
    names = [{path.name for path in split.paths} for split in splits]
    assert len(set.union(*names)) == sum(map(len, names)), "two splits share a picture"
    said = [caption for group in splits[0].captions for caption in group]
    vocabulary = Vocabulary.build(said, course.recipe_for(NAME).word_threshold)
    vocabulary.save(checkpoint_folder() / f"vocabulary-{NAME}.json")
    sizes = " / ".join(f"{len(split):,}" for split in splits)
    results = [*vocabulary.words, *(split.fingerprint for split in splits)]
    return told(f"{sizes} pictures; {len(said):,} captions, {len(vocabulary):,} words", results)


def stage_one(backbone: str, some: int) -> dict:
    """02: the small CNN learns COCO's classes, another the words of the captions; one epoch."""
    train_set, _, test_set = load_splits(some)
    words = caption_words.words_to_learn(train_set.captions)
    caption_words.word_targets(train_set.captions, words).mean(0)
    torch.manual_seed(0)
    facts = {}
    if backbone == "small":
        cnn, transform = SmallCNN(), Transform(size=96)
        classes, shown = read_instances()
        examples = classifier.load_pixels(train_set, transform), instance_targets(train_set, shown)
        learnt = classifier.train_classifier(cnn, transform, examples, epochs=1)
        shown_to = test_set.subset(500)
        probabilities = classifier.class_probabilities(
            learnt, transform, classifier.load_pixels(shown_to, transform)
        )
        precision = classifier.average_precision(probabilities, instance_targets(shown_to, shown), classes)
        facts["mean average precision"] = round(float(np.mean([*precision.values()])), 3)
    else:
        encoder = Encoder(backbone, weights=None)
        cnn, transform = encoder.cnn, encoder.transform
        settle(cnn, transform.batch(train_set.prepared[:32]))
        caption_words.learn_words(encoder, train_set, transform, views=course.VIEWS, epochs=1)
    torch.save(cnn.state_dict(), course.checkpoints(NAME, backbone) / "cnn.pt")
    return told(f"{len(train_set):,} pictures", tensors_of(cnn)) | facts


def compute_features(backbone: str, some: int) -> dict:
    """04: what the CNN sees in every picture."""
    encoder = course.encoder_for(NAME, backbone)
    transform = encoder.transform
    features = [load_features(encoder, split, transform) for split in load_splits(some)]
    return told(f"{sum(map(len, features)):,} pictures", features, sum(part.nbytes for part in features))


def train_epoch(backbone: str, some: int) -> dict:
    """04: one epoch of the decoder."""
    train_set, val_set, _ = load_splits(some)
    encoder = course.encoder_for(NAME, backbone)
    recipe, transform = course.recipe_for(NAME, epochs=1), encoder.transform
    examples = [(load_features(encoder, one, transform), one.captions) for one in (train_set, val_set)]
    said = [caption for group in train_set.captions for caption in group]
    vocabulary = Vocabulary.build(said, recipe.word_threshold)
    torch.manual_seed(0)
    decoder = Decoder(len(vocabulary), recipe.embedding_dim, recipe.hidden_dim, recipe.dropout)
    folder = course.checkpoints(NAME, backbone)
    history = train(encoder, decoder, vocabulary, *examples, recipe, folder=folder)
    Captioner(encoder, decoder, vocabulary, transform, NAME).save(folder / "captioner.pt")
    facts = {name: round(history[-1][name], 3) for name in ("train_loss", "CIDEr")}
    return told(f"{len(said):,} captions", [*tensors_of(encoder.fc), *tensors_of(decoder)]) | facts


def say_captions(backbone: str, some: int) -> dict:
    """05: beam 3 for every test picture, scored."""
    test_set, folder = load_splits(some)[2], course.checkpoints(NAME, backbone)
    captioner = Captioner.load(folder / "captioner.pt")
    features = load_features(captioner.encoder, test_set, captioner.transform)
    parts = captioner.encoder, captioner.decoder, captioner.vocabulary
    captions = say(*parts, features, search=beam_search, beam_width=3)
    scores = score(test_set.captions, captions)
    bootstrap(test_set.captions, captions)
    (folder / "captions.json").write_text(json.dumps(captions), encoding="utf-8")
    facts = {"different": len(set(captions))} | {name: round(scores[name], 3) for name in ("BLEU-4", "CIDEr")}
    return told(f"{len(captions):,} pictures", captions) | facts


def group_captions(backbone: str, some: int) -> dict:
    """06: groups with names, their map, and other ways to group."""
    folder = course.checkpoints(NAME, backbone)
    captions = json.loads((folder / "captions.json").read_text(encoding="utf-8"))
    clusters = clustering.cluster_captions(captions)
    layout.map_2d(clusters.vectors, seed=0)
    judging.stabilities(clusters.vectors, [clusters.k])
    for method in (grouping.agglomerative, grouping.hdbscan):
        clustering.cluster_captions(captions, clusters.k, method=method)
    clusters.save(folder / "groups.npz")
    facts = {"groups": clusters.k, "names": clusters.names}
    return told(f"{len(captions):,} captions", [*clusters.names, clusters.labels, clusters.vectors]) | facts


@torch.no_grad()
def settle(cnn: torch.nn.Module, images: torch.Tensor) -> None:
    """Let BatchNorm measure images (B, 3, S, S): what an untrained CNN gives would not fit into float16."""
    for layer in cnn.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0  # these images alone count
    cnn.train()(images)
    cnn.eval()


def read_instances() -> tuple[list[str], dict[str, set[int]]]:
    """COCO's classes, and which of them each picture shows: {file name: their places in the list}."""
    file = data_folder(NAME) / "annotations" / "instances_train2014.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    place = {kind["id"]: i for i, kind in enumerate(content["categories"])}
    names, shown = {image["id"]: image["file_name"] for image in content["images"]}, {}
    for thing in content["annotations"]:
        shown.setdefault(names[thing["image_id"]], set()).add(place[thing["category_id"]])
    return [kind["name"] for kind in content["categories"]], shown


def instance_targets(dataset, shown: dict[str, set[int]]) -> torch.Tensor:
    """Which classes each picture shows: (N, C) of 0 and 1."""
    targets = torch.zeros(len(dataset), 1 + max(place for places in shown.values() for place in places))
    for row, path in zip(targets, dataset.paths, strict=True):
        row[list(shown.get(path.name, ()))] = 1
    return targets


def tensors_of(model: torch.nn.Module) -> list[torch.Tensor]:
    """All weights and buffers."""
    return list(model.state_dict().values())


def told(work: str, results: Iterable, announced: int = 0) -> dict:
    """What a step says of itself: of what, a digest of `results` (bytes, texts, arrays or tensors), bytes."""
    digest = hashlib.sha256()
    for result in results:
        if isinstance(result, torch.Tensor):
            result = result.numpy()
        if isinstance(result, np.ndarray):
            result = np.ascontiguousarray(result).tobytes()
        digest.update(result.encode() if isinstance(result, str) else result)
    return {"work": work, "announced": announced, "result": digest.hexdigest()[:16]}
