"""Pictures and captions that come as COCO's train2014 does, drawn instead of photographed.

Every picture is a scene of its own, painted with 640 pixels on its longer side and with grain, so that a file
weighs about what one of COCO's does. Its captions are written by the grammar of the scenes, so there are few
words. Things have COCO's boxes; their outlines are those boxes.
"""

import io
import json
import random
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from PIL import Image

from helpers.base.files import require_disk, whole_file
from helpers.base.progress import progress
from helpers.scenes.catalogue import PEOPLE, THINGS
from helpers.scenes.draw import paint
from helpers.scenes.drawn_set import scene_of
from helpers.scenes.words import captions

TRAIN2014 = 82_783  # pictures
LAST_NUMBER = 581_921  # of train2014; they have gaps
PICTURE_BYTES = 160_000  # one of ours; COCO's weigh 163 kB
LONGER_SIDE, GRAIN, QUALITY = 640, 8, 95  # pixels, standard deviation of 0 … 255, of the JPEG


def make_coco(folder: Path, pictures: int = TRAIN2014, workers: int | None = None) -> Path:
    """`folder`/train2014/COCO_train2014_….jpg, captions_train2014.json and instances_train2014.json.

    Pictures that are there already are kept. The same number of pictures gives the same bytes. Returns
    `folder`; UserError if the disk is too small.
    """
    images, notes = folder / "train2014", folder / "annotations"
    for made in (images, notes):
        made.mkdir(parents=True, exist_ok=True)
    numbers = sorted(random.Random(0).sample(range(9, LAST_NUMBER + 1), pictures))
    have = sum(1 for _ in images.iterdir())
    require_disk(folder, PICTURE_BYTES * max(0, pictures - have), f"Drawing {pictures:,} pictures")
    pool = Parallel(n_jobs=workers or -1, batch_size=20, return_as="generator")
    drawn = pool(delayed(partial(_draw, images))(number) for number in numbers)
    try:
        made = list(progress(drawn, "drawing pictures", total=pictures))
    finally:
        get_reusable_executor().shutdown(wait=True)
    random.Random(1).shuffle(made)  # COCO lists them in no order
    records = [record for record, _, _ in made]
    said = [{"image_id": r["id"], "caption": text} for r, texts, _ in made for text in texts]
    things = [{"image_id": r["id"], **thing} for r, _, shown in made for thing in shown]
    kinds = [
        {"id": i, "name": name, "supercategory": "person" if name in PEOPLE else "thing"}
        for i, name in enumerate(THINGS, 1)
    ]
    _write(notes / "instances_train2014.json", records, things, categories=kinds)
    _write(notes / "captions_train2014.json", records, said)
    return folder


def _write(path: Path, images: list[dict], annotations: list[dict], **more) -> None:
    annotations = [{"id": i, **annotation} for i, annotation in enumerate(annotations, 1)]
    about = {"description": "Drawn scenes under the names of COCO 2014 train", "year": 2014}
    content = {"info": about, "licenses": [], "images": images, "annotations": annotations, **more}
    with whole_file(path) as partial_path, partial_path.open("w", encoding="utf-8") as stream:
        json.dump(content, stream)


def _draw(folder: Path, number: int) -> tuple[dict, list[str], list[dict]]:
    """Draw one picture unless it is there; its record, its captions, and the things on it."""
    scene = scene_of(0, "train2014", number)
    longer = max(scene.width, scene.height)
    width, height = (round(side * LONGER_SIDE / longer) for side in (scene.width, scene.height))
    scene = replace(scene, width=width, height=height)  # all positions in it are shares of the height
    path = folder / f"COCO_train2014_{number:012}.jpg"
    if not path.exists():
        buffer = io.BytesIO()
        _grainy(paint(scene), number).save(buffer, "JPEG", quality=QUALITY)
        with whole_file(path) as partial_path:
            partial_path.write_bytes(buffer.getvalue())
    record = {"id": number, "file_name": path.name, "width": width, "height": height, "license": 1}
    count = 5 + (number % 400 == 0)  # COCO has 414,113 captions
    return record, captions(scene, count), [_thing(scene, thing) for thing in scene.things]


def _thing(scene, thing) -> dict:
    x, y, width, height = box = scene.box(thing)
    outline = [x, y, x + width, y, x + width, y + height, x, y + height]
    facts = {"category_id": 1 + THINGS.index(thing.name), "bbox": box, "segmentation": [outline]}
    return facts | {"area": width * height, "iscrowd": 0}


@cache
def _bank() -> np.ndarray:
    """Grain enough for any picture, (1024, 1024, 3)."""
    return np.random.default_rng(0).normal(0, GRAIN, (1024, 1024, 3)).round().astype(np.int16)


def _grainy(image: Image.Image, number: int) -> Image.Image:
    y, x = np.random.default_rng(number).integers(0, 1024 - LONGER_SIDE, 2)
    grain = _bank()[y : y + image.height, x : x + image.width]
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))
