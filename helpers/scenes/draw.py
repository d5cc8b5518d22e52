"""From a layout to a picture: the background, then every thing from back to front."""

import random
from functools import cache

from PIL import Image

from helpers.scenes import animals, beasts, nature, people, things, town, vehicles
from helpers.scenes.pen import SHARPNESS, Pen

THING = {**people.DRAW, **animals.DRAW, **beasts.DRAW, **vehicles.DRAW, **things.DRAW}
BACKGROUND = {**nature.BACKGROUNDS, **town.BACKGROUNDS}
TINT = {"sunset": ((255, 140, 80), 0.12), "cloudy": ((120, 130, 150), 0.1), "morning": ((255, 226, 200), 0.1)}


@cache
def extent(name, pose, place):
    """How far a thing reaches in its own units: (left, bottom, right, top), facing right."""
    pen = Pen(None, 0, 0, 1000, place=place)
    THING[name](pen, "red" if name != "bear" else "brown", pose, random.Random(0))
    return pen.left / 1000, -pen.bottom / 1000, pen.right / 1000, -pen.top / 1000


def paint(scene):
    """The picture of a `world.Scene`, drawn large and reduced to its size (PIL, RGB)."""
    height = scene.height * SHARPNESS
    image = Image.new("RGB", (scene.width * SHARPNESS, height), (255, 255, 255))
    rng = random.Random(f"look {scene.seed}")
    back = Pen(image, 0, height, height, place=scene.place)
    BACKGROUND[scene.place](back, scene.width / scene.height, scene.time, rng)
    for thing in scene.things:
        pen = Pen(
            image, thing.x * height, (1 - thing.y) * height, thing.size * height, thing.flip, scene.place
        )
        THING[thing.name](
            pen, thing.colour or "white", thing.pose, random.Random(f"{scene.seed} {thing.look}")
        )
    for start, end in scene.strings:
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 0.04)
        back.curve(start, middle, end, 0.005, (250, 248, 240))
    image = image.reduce(SHARPNESS)
    colour, strength = TINT.get(scene.time, (None, 0))
    if strength and scene.place not in ("kitchen", "living room"):
        image = Image.blend(image, Image.new("RGB", image.size, colour), strength)
    return image
