"""A small world to sort: captions of places, heaps of vectors, photos of one colour and who captions them."""

import csv
import random

import numpy as np
from PIL import Image

# Places, and what stands about there; who is there, doing what, has nothing to do with the place.
PLACES = {
    "beach": "umbrella bucket ball boat",
    "street": "car bus lamp bicycle",
    "park": "kite bench ball tree",
    "kitchen": "table cup cake chair",
    "snow": "sled snowman tree house",
    "farm": "tractor barn hay tree",
    "harbour": "ship lighthouse boat lamp",
    "desert": "cactus rock tent car",
    "forest": "mushroom tree tent rock",
    "station": "train suitcase bench lamp",
}
WHO = "dog cat man woman boy girl bird horse cow sheep duck"
DOES = "runs walks sits stands jumps waits rests plays"
COLOURS = "red blue green brown black white"
SAYS = {"red": "a red bus on the street", "green": "two <cows> & a farm", "blue": "a boat on the sea"}


def scenes(n, seed=0, unnamed=0.05):
    """n captions and the places of their pictures; a share `unnamed` of them does not name the place."""
    draw = random.Random(seed)

    def one_of(words):
        return draw.choice(words.split())

    captions, truth = [], []
    for _ in range(n):
        place = draw.choice(list(PLACES))
        caption = f"A {one_of(COLOURS)} {one_of(WHO)} {one_of(DOES)}"
        if draw.random() >= unnamed:
            caption += f" in the {place}"
        if draw.random() < 0.6:
            caption += f" next to a {one_of(COLOURS)} {one_of(PLACES[place])}"
        captions.append(caption + ".")
        truth.append(place)
    return captions, truth


def blobs(n=30):
    generator = np.random.default_rng(0)
    middles = np.eye(4, 8) * 10
    return (middles[:, None] + generator.normal(0, 0.3, (4, n, 8))).reshape(-1, 8), np.repeat(range(4), n)


class ByColour:
    """Captions a picture by its main colour; after `patience` batches it is interrupted."""

    def __init__(self, patience=None, name="colours"):
        self.calls, self.patience, self.name = [], patience, name

    def fingerprint(self):
        return self.name

    def caption(self, pictures, beam_width=3):
        if len(self.calls) == self.patience:
            raise KeyboardInterrupt
        self.calls.append((len(pictures), beam_width))
        return [SAYS[list(SAYS)[int(np.asarray(picture).mean((0, 1)).argmax())]] for picture in pictures]

    @property
    def captioned(self):
        return sum(size for size, _ in self.calls)


def paint(path, colour, size=(60, 40)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def snapshot(folder):
    """Every file's bytes, time of change and inode: nothing may have touched it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def pictures_of(albums):
    return [photo for members in albums.members.values() for photo in members]


def rows_of(albums):
    with (albums.folder / "captions.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
