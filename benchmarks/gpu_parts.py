"""What a GPU is measured by, in parts. Each yields rows: ours first, beside it the plain way, in one run."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import decoding
import pictures
import torch
import training
from timing import compare, seconds, watched

from helpers.data import datasets
from helpers.scenes.drawn_set import draw_scenes
from helpers.show.encoder import Encoder
from helpers.show.features import load_features
from helpers.tell import course
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.decoding import beam_search, greedy, say
from helpers.tell.metrics import score


@dataclass(frozen=True)
class Sizes:
    """How much each part does."""

    seeds: tuple[int, ...] = (0, 1, 2)
    scenes: dict = field(default_factory=dict)  # how many of each split; {}: the whole data set
    recipe: dict = field(default_factory=dict)  # what is other than in 04
    backbone: str = "resnet101"
    side: int = 224  # pixels of a picture
    looked_at: int = 64  # pictures at a time, as `load_features` takes them
    dims: training.Dims = training.Dims()  # noqa: RUF009 (it cannot change)
    captions: int = 32_768  # to learn, at each of these batch sizes
    batches: tuple[int, ...] = (128, 256, 512, 1024, 2048)
    grids: int = 256  # captions to learn with attention
    grid_batch: int = 64
    to_caption: int = 1280
    one_by_one: int = 8
    coco: int = 82_783  # pictures with five captions each
    plain_steps: int = 200  # of the plain way through them
    rounds: int = 3
    watch: float = 3.0  # seconds for which the GPU is watched at one work


TINY = Sizes(
    seeds=(0,), scenes={"train": 16, "val": 4, "test": 4}, recipe={"epochs": 1, "word_threshold": 0},
    backbone="resnet18", side=32, looked_at=2, dims=training.Dims(8, 16, 100, 12, 9), captions=12,
    batches=(4, 8), grids=2, grid_batch=2, to_caption=2, one_by_one=1, coco=8, plain_steps=1, rounds=1,
    watch=0.0,
)  # fmt: skip


def new_row(what: str, unit: str, values: dict[str, float], seen: dict, **facts) -> dict:
    """A row: `values` by name, ours first; `seen` is how busy the GPU was, and its peak memory."""
    return {"what": what, "unit": unit, "values": values} | seen | facts


def at_work(work, device, sizes: Sizes) -> dict:
    """How busy the GPU is while `work` is done over and over, and its peak memory."""
    began = time.monotonic()
    with watched(device) as seen:
        seconds(work)
        while time.monotonic() < began + sizes.watch:
            seconds(work)
    return seen


def captions_of_scenes(device, sizes: Sizes, until: float) -> Iterator[dict]:
    """04's training on scenes, seed after seed, and the CIDEr of beam 3 on the test pictures."""
    with tempfile.TemporaryDirectory() as place:
        name = draw_scenes(Path(place, "few"), sizes=sizes.scenes, workers=1) if sizes.scenes else "scenes"
        found, epochs = {}, []
        for seed in sizes.seeds:
            with watched(device) as seen:
                captioner, history = learn(name, seed, Path(place, str(seed)), device, sizes, until)
            if captioner is None and not found:
                raise TimeoutError("Not even one training came to its end in time.")
            if captioner is None:
                return
            test_set = datasets.load(name, "test")
            features = load_features(captioner.encoder, test_set, captioner.transform)
            parts = captioner.encoder, captioner.decoder, captioner.vocabulary
            said = say(*parts, features, search=beam_search, beam_width=3)
            found[f"seed {seed}"] = score(test_set.captions, said)["CIDEr"]
            epochs += [row["seconds"] for row in history]
            facts = {"recipe": vars(recipe_of(sizes)), "seconds an epoch": sum(epochs) / len(epochs)}
            yield new_row("04's training on scenes, beam 3", "CIDEr", found, seen, **facts)


def recipe_of(sizes: Sizes) -> course.Recipe:
    """04's, without stopping early: a history that is too short means an interruption."""
    recipe = replace(course.recipe_for("scenes"), **sizes.recipe)
    return replace(recipe, patience=recipe.epochs)


def learn(name, seed: int, folder: Path, device, sizes: Sizes, until: float):
    """A captioner that begins with the CNN that ships, and its history; None when time is up."""
    told, recipe = [[]], replace(recipe_of(sizes), seed=seed)

    def each_epoch(history: list[dict]) -> None:
        told.append(history)
        print(
            f"seed {seed}, epoch {len(history)}: CIDEr {history[-1]['CIDEr']:.3f} on validation", flush=True
        )
        if time.monotonic() > until and len(history) < recipe.epochs:
            raise KeyboardInterrupt  # the training ends, as after Ctrl-C

    torch.manual_seed(seed)
    encoder = Encoder("small", recipe.embedding_dim, weights=None)
    encoder.cnn.load_state_dict(Captioner.load(SHIPPED, device="cpu").encoder.cnn.state_dict())
    how = {"folder": folder, "on_epoch": each_epoch, "device": device}
    captioner = course.train_captioner(encoder, name, None, recipe, **how)
    if len(told[-1]) < recipe.epochs and time.monotonic() <= until:
        raise KeyboardInterrupt  # it was somebody's Ctrl-C
    return (captioner if len(told[-1]) == recipe.epochs else None), told[-1]


def features_of_pictures(device, sizes: Sizes, until: float) -> Iterator[dict]:
    """Pictures in the CPU's memory become features there."""
    images = torch.rand(sizes.looked_at, 3, sizes.side, sizes.side)
    ours, plain = (
        way(Encoder(sizes.backbone, weights=None).trunk, device)
        for way in (pictures.our_look, pictures.plain_look)
    )
    ways = {
        "ours": (lambda: ours(images), len(images)),
        "the plain loop": (lambda: plain(images), len(images)),
    }
    what = f"features of {sizes.backbone}, batch {len(images)}"
    values = compare(what, "pictures/s", ways, 3 * sizes.rounds, until)
    yield new_row(what, "pictures/s", values, at_work(ways["ours"][0], device, sizes))


def decoder_training(device, sizes: Sizes, until: float) -> Iterator[dict]:
    """*Show and Tell* at the batch size of the tutorials, and at that which is the fastest."""
    data = training.make_data(sizes.dims, sizes.captions)

    def ours(batch_size: int):
        return training.our_epoch(training.new_decoder(Decoder, sizes.dims), data, batch_size, device)

    ways = {f"batch {n:,}": (ours(n), sizes.captions) for n in sizes.batches}
    sweep = compare("batch sizes", "captions/s", ways, sizes.rounds, until)
    fastest = max(zip(sweep.values(), sizes.batches, strict=True))[1]
    del ways  # and their memory
    for batch_size in dict.fromkeys([sizes.batches[0], fastest]):
        if batch_size != sizes.batches[0] and time.monotonic() > until:
            return
        plain = training.plain_epoch(training.PlainDecoder(sizes.dims), data, batch_size, device)
        ways = {"ours": (ours(batch_size), sizes.captions), "the plain step": (plain, sizes.captions)}
        mark = ", the fastest" if batch_size == fastest else ""
        what = f"training the decoder, batch {batch_size:,}{mark}"
        values = compare(what, "captions/s", ways, sizes.rounds, until)
        yield new_row(what, "captions/s", values, at_work(ways["ours"][0], device, sizes), sweep=sweep)


def attention_training(device, sizes: Sizes, until: float) -> Iterator[dict]:
    """*Show, Attend and Tell* over 14 × 14 places."""
    data, batch_size = training.make_data(sizes.dims, sizes.grids, grid=True), sizes.grid_batch
    ours = training.our_epoch(training.new_decoder(AttentionDecoder, sizes.dims), data, batch_size, device)
    naive = training.plain_epoch(training.NaiveAttention(sizes.dims), data, batch_size, device)
    ways = {"ours": (ours, sizes.grids), "everything anew at every word": (naive, sizes.grids)}
    what = f"training with attention, batch {batch_size}"
    values = compare(what, "captions/s", ways, sizes.rounds, until)
    yield new_row(what, "captions/s", values, at_work(ours, device, sizes))


def searching(device, sizes: Sizes, until: float) -> Iterator[dict]:
    """Twenty words for every picture, greedy and with five beams, in float32."""
    decoder, words = decoding.decoder_without_end(device), decoding.T
    context = torch.randn(sizes.to_caption, decoding.E, device=device)
    few = context[: sizes.one_by_one].split(1)
    ways = {
        "greedy": (lambda: greedy(decoder, context, words), decoding.plain_greedy),
        "beam 5": (lambda: beam_search(decoder, context, decoding.K, words), decoding.plain_beam),
    }
    for what, (ours, plain) in ways.items():
        sides = {
            "ours": (ours, len(context)),
            "one at a time": (lambda plain=plain: [plain(decoder, one) for one in few], len(few)),
        }
        values = compare(what, "captions/s", sides, sizes.rounds, until)
        yield new_row(what, "captions/s", values, at_work(ours, device, sizes))


def coco_epoch(device, sizes: Sizes, until: float) -> Iterator[dict]:
    """An epoch as long as COCO's, from cached features of ResNet-101, at the batch size for photographs."""
    data, batch_size = training.make_data(sizes.dims, sizes.coco, each=5), course.PHOTOS.batch_size
    total, done, steps = 5 * sizes.coco, [], sizes.plain_steps
    few = *(part[: steps * batch_size // 5 + 1] for part in data[:2]), data[2]
    plain = training.plain_epoch(training.PlainDecoder(sizes.dims), few, batch_size, device, steps)
    ours = training.our_epoch(training.new_decoder(Decoder, sizes.dims), data, batch_size, device)
    seconds(plain)  # warms up
    share = min(1.0, steps * batch_size / total)

    def until_late() -> None:
        done.append(1)
        if time.monotonic() > until:
            raise TimeoutError

    def as_far_as_it_comes() -> None:
        try:
            ours(until_late)
        except TimeoutError:
            print(f"Time is up after {len(done):,} batches: the rest of the epoch is reckoned.")

    beside = seconds(plain) / share
    with watched(device) as seen:
        took = seconds(as_far_as_it_comes)
    reached = min(1.0, len(done) * batch_size / total)
    values = {"ours": took / reached, f"the plain step, {share:.0%} of an epoch": beside}
    yield new_row(f"an epoch of {total:,} captions", "s", values, seen, measured=reached)


PARTS = {  # what it is called: what measures it, and the seconds it may take
    "captions": (captions_of_scenes, 165),
    "features": (features_of_pictures, 40),
    "training": (decoder_training, 85),
    "attention": (attention_training, 35),
    "search": (searching, 35),
    "epoch": (coco_epoch, 100),
}
