"""The drawn data set on disk: pictures, captions in COCO's format, and the truth beside them.

    folder = scenes_folder()          # data/scenes/…: images/*.jpg, captions.json (COCO captions), truth.json

`world` decides what is where, `words` writes the captions, `draw` paints; everything follows from the seed.
"""

import json
from functools import partial
from pathlib import Path

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from helpers.base.disks import disk_errors
from helpers.base.files import data_folder, require_disk, save_jpeg, whole_file
from helpers.base.progress import progress
from helpers.scenes.draw import paint
from helpers.scenes.words import captions
from helpers.scenes.world import layout

VERSION = 3
SIZES = {"train": 4000, "val": 500, "test": 500}


def scene_of(seed, split, i):
    """The layout of picture `i` of a split; it depends on these three and nothing else."""
    return layout(f"{seed} {split} {i}")


def truth_of(scene):
    """What is in a scene: place, time, main subject, every object with its box, and relations."""
    names = [group.name for group in scene.groups]
    return {
        "place": scene.place,
        "time": scene.time,
        "main": names[0],
        "objects": [
            {
                "name": thing.name,
                "box": scene.box(thing),
                "colour": thing.colour,
                "size": scene.groups[thing.group].size,
                "action": scene.groups[thing.group].action,
                "count": scene.groups[thing.group].count,
                "group": thing.group,
            }
            for thing in scene.things
        ],
        "relations": [[names[a], relation, names[b]] for a, relation, b in scene.relations],
    }


@disk_errors()
def draw_scenes(folder, seed=0, sizes=None, workers=None):
    """Draw the data set into `folder`: images/*.jpg, captions.json (COCO's format) and truth.json.

    `sizes` is the number of pictures of each split (default 4,000 / 500 / 500), `workers` the number of
    processes (default: one for each core). The same seed gives the same bytes. Pictures of that seed which
    are there already are kept, so an interrupted call goes on where it stopped; captions.json is written
    last and marks the set as complete. Returns `folder`.
    """
    folder, sizes = Path(folder), dict(sizes or SIZES)
    total = sum(sizes.values())
    (folder / "images").mkdir(parents=True, exist_ok=True)
    require_disk(folder, 30_000 * total, "Drawing the scenes")
    _clear_others(folder, f"{VERSION} {seed}", sizes)
    jobs = [(split, i) for split, size in sizes.items() for i in range(size)]
    draw = partial(_draw_one, folder / "images", seed)
    images, annotations, truths = [], [], {}
    for (split, _), (image, sentences, truth) in zip(jobs, _spread(draw, jobs, workers), strict=True):
        image = {"id": len(images) + 1, **image, "split": split}
        images.append(image)
        truths[image["file_name"]] = truth
        for sentence in sentences:
            annotations.append({"id": len(annotations) + 1, "image_id": image["id"], "caption": sentence})
    _write_json(folder / "truth.json", truths)
    info = {"description": "Show, Tell, Sort: drawn scenes", "version": VERSION, "seed": seed, "sizes": sizes}
    _write_json(folder / "captions.json", {"info": info, "images": images, "annotations": annotations})
    return folder


def _clear_others(folder, drawn_as, splits):
    """Away with pictures of another seed or version, which would be taken for those of this one."""
    mark = folder / ".drawn"
    if mark.exists() and mark.read_text(encoding="utf-8") == drawn_as:
        return
    others = [path for split in splits for path in (folder / "images").glob(f"{split}_?????.jpg")]
    for path in (folder / "captions.json", folder / "truth.json", *others):
        path.unlink(missing_ok=True)
    mark.write_text(drawn_as, encoding="utf-8")


def scenes_folder(seed=0, sizes=None, workers=None):
    """Folder of the drawn data set under `data/scenes`; drawn now if it is not there yet."""
    sizes = dict(sizes or SIZES)
    folder = data_folder("scenes", "-".join(map(str, [f"v{VERSION}", f"seed{seed}", *sizes.values()])))
    try:
        info = json.loads((folder / "captions.json").read_text(encoding="utf-8"))["info"]
        complete = (info["version"], info["seed"], info["sizes"]) == (VERSION, seed, sizes)
    except (OSError, ValueError, KeyError):
        complete = False
    return folder if complete else draw_scenes(folder, seed, sizes, workers)


def truths(dataset):
    """The truth of each picture of a data set that is `load("scenes", …)`, in its order."""
    known = json.loads((dataset.paths[0].parent.parent / "truth.json").read_text(encoding="utf-8"))
    return [known[path.name] for path in dataset.paths]


def _spread(draw, jobs, workers):
    """draw(job) for every job, in order, over several processes, with a progress bar."""
    several = workers != 1 and len(jobs) >= 50
    if several:  # loky's processes do not need the script that started them, which may have come by a pipe
        pool = Parallel(n_jobs=workers or -1, batch_size=20, return_as="generator")
        drawn = pool(delayed(draw)(job) for job in jobs)
    else:
        drawn = map(draw, jobs)
    try:
        yield from progress(drawn, "Drawing scenes", total=len(jobs))
    finally:
        if several:
            get_reusable_executor().shutdown(wait=True)


def _draw_one(folder, seed, job):
    """Draw one picture unless it is there; return its COCO record, its captions and its truth."""
    split, i = job
    scene = scene_of(seed, split, i)
    path = folder / f"{split}_{i:05d}.jpg"
    if not path.exists():
        save_jpeg(paint(scene), path, quality=90)
    image = {"file_name": path.name, "width": scene.width, "height": scene.height, "place": scene.place}
    return image, captions(scene), truth_of(scene)


def _write_json(path, content):
    with whole_file(path) as partial_path:
        partial_path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
