"""Captions in JSON: COCO's format, and Karpathy's."""

from pathlib import Path

from helpers.base.errors import UserError
from helpers.data.gathered import Gathered, split_named
from helpers.data.text_files import read_json


def is_coco(content) -> bool:
    """Whether that is {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}."""
    images, annotations = _lists(content, "images", "annotations")
    captioned = annotations == [] or _any_has(annotations, "image_id", "caption")
    return captioned and _any_has(images, "id", "file_name")


def is_karpathy(content) -> bool:
    """Whether that is {"images": [{"filename", "split", "sentences": [{"raw"}]}]}."""
    return _any_has(*_lists(content, "images"), "filename", "sentences")


def gather_coco(content, file: Path, gathered: Gathered, split: str | None = None) -> None:
    """Gather from COCO's format; images of one file_name are one picture. `split`: where an image names none.

    An image may bring its "split" and "place"; a `truth.json` beside the file may tell its objects.
    """
    captions, truth = _captions_of(content["annotations"], file, gathered), _truth(file, gathered)
    names = _names_of(content["images"], file, gathered)
    for number, entries in names.items():
        where = f"{file.name}, image {number}"
        if len({str(image["file_name"]) for image in entries}) > 1:
            gathered.leave_out("damaged", f"{where}: several pictures have this id")
            continue
        picture, place, named = (entries[0].get(key) for key in ("file_name", "place", "split"))
        place = place if isinstance(place, str) else None
        objects = truth.get(picture, []) if isinstance(picture, str) else []
        gathered.add(picture, captions.get(number, []), where, split_named(named) or split, place, objects)
    for number, strays in captions.items():
        for _ in strays if number not in names else ():
            gathered.leave_out("stray", f"{file.name}, image_id {number}")


def gather_karpathy(content, file: Path, gathered: Gathered) -> None:
    """Gather from Karpathy & Fei-Fei's split of 2015, whose "restval" is for training."""
    for n, image in enumerate(content["images"]):
        where = f"{file.name}, image {n}"
        try:
            captions = [sentence.get("raw") for sentence in image["sentences"]]
            gathered.add(image["filename"], captions, where, split_named(image.get("split")))
        except (AttributeError, KeyError, TypeError):
            gathered.leave_out("damaged", where)


def _captions_of(annotations: list, file: Path, gathered: Gathered) -> dict[int | str, list]:
    """{image id: captions}; an annotation that is there twice counts once."""
    captions, first = {}, {}
    for n, annotation in enumerate(annotations):
        try:
            image, caption, number = annotation["image_id"], annotation["caption"], annotation.get("id")
            twin = first.setdefault(number, annotation)
            if twin is annotation or number is None or twin != annotation:
                captions.setdefault(image if type(image) is int else _id(image), []).append(caption)
        except (AttributeError, KeyError, RecursionError, TypeError):
            gathered.leave_out("damaged", f"{file.name}, annotation {n}")
    return captions


def _names_of(images: list, file: Path, gathered: Gathered) -> dict[int | str, list[dict]]:
    """{image id: its entries}, one if all is well."""
    names = {}
    for n, image in enumerate(images):
        try:
            number, _ = _id(image["id"]), image["file_name"]
            names.setdefault(number, []).append(image)
        except (AttributeError, KeyError, TypeError):
            gathered.leave_out("damaged", f"{file.name}, entry {n} of images")
    return names


def _id(number) -> int | str:
    """Programs write 7 as "7" or 7.0, too; TypeError for what is no id."""
    if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 20:
        plain = int(number)
        return plain if str(plain) == number else number
    if isinstance(number, float) and number.is_integer():
        return int(number)
    if isinstance(number, bool) or not isinstance(number, int | str):
        raise TypeError
    return number


def _truth(file: Path, gathered: Gathered) -> dict[str, list[dict]]:
    """The objects of each picture, from a `truth.json` of ours beside the file; {} if it is another's."""
    path = file.with_name("truth.json")
    if not path.is_file():
        return {}
    try:
        content, _ = read_json(path)
        objects = {picture: facts["objects"] for picture, facts in content.items()}
        if all(isinstance(it, list) and all("name" in thing for thing in it) for it in objects.values()):
            return objects
    except (UserError, AttributeError, KeyError, TypeError):
        pass
    gathered.leave_out("foreign", path.name)
    return {}


def _lists(content, *keys: str) -> tuple:
    return tuple(content.get(key) if isinstance(content, dict) else None for key in keys)


def _any_has(entries, *keys: str) -> bool:
    entries = entries if isinstance(entries, list) else []
    return any(isinstance(entry, dict) and all(key in entry for key in keys) for entry in entries)
