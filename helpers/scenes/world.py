"""What can be where: the layout of a scene, made without drawing anything.

A scene has one main subject (one to three of a kind) that does something, perhaps with a prop, perhaps with
a companion beside, behind, in front of or above it, and one or two extras farther back.
"""

import random

from helpers.scenes.catalogue import BANDS, EXTRAS, INDOORS, NOMINAL, PLACES
from helpers.scenes.cluster import Cluster
from helpers.scenes.scene import Scene, Thing, new_group, pick

LARGE = 0.29  # the least height of a main subject
SMALL = ("cake", "pot")  # which may be smaller
AFAR = {"boat": "sail", "bird": "fly", "balloon": "fly", "kite": "fly", "cow": "eat", "sheep": "eat"}


def layout(seed):
    """The Scene that belongs to `seed` (any string), always the same."""
    rng = random.Random(seed)
    while True:
        scene = _attempt(seed, rng)
        main = [thing for thing in scene.things if thing.group == 0]
        if min(t.height(scene.place) for t in main) > (0.5 * LARGE if main[0].name in SMALL else LARGE):
            return scene


def _attempt(seed, rng):
    """A scene whose main subject may still be too small to count as one."""
    place = rng.choice(PLACES)
    time = "night" if place == "campsite" else pick(rng, {"day": 5, "sunset": 2, "cloudy": 2, "morning": 1})
    scene = Scene(seed, place, "day" if place in INDOORS else time)
    cluster = Cluster(scene, rng)
    cluster.build()
    cluster.place_it()
    _add_extras(scene, rng)
    return scene


def _add_extras(scene, rng):
    """Put one to three more kinds of things farther back, where there is room for them."""
    for _ in range(rng.choices([1, 2, 3], [3, 4, 1])[0]):
        taken = {group.name for group in scene.groups}
        choice = {name: w for name, w in EXTRAS[scene.place].items() if name not in taken}
        if scene.place == "forest" and "tree" not in taken:
            choice = {"tree": 1}
        if not choice:
            return
        name = pick(rng, choice)
        action = AFAR.get(name, "stand")
        if name == "duck":
            action = "swim" if scene.place in ("lake", "harbour") else "walk"
        count = rng.choice([1, 1, 2]) if name in ("bird", "duck", "boat") else 1
        _add_extra(scene, rng, new_group(rng, name, "extra", count, action))


def _add_extra(scene, rng, group):
    """Try some spots for each thing of a group; those that find none stay away."""
    added = []
    for _ in range(group.count):
        spots = (_far_thing(scene, rng, group) for _ in range(16))
        fit = next((thing for thing in spots if _has_room(scene, thing, added)), None)
        added += [fit] if fit else []
    group.count = len(added)
    if added:
        main = [thing for thing in scene.things if thing.group == 0]
        nearer = added[0].y < min(thing.y for thing in main) and scene.groups[0].action != "fly"
        spot = len(scene.things) if nearer else 0
        scene.groups.append(group)
        scene.things[spot:spot] = sorted(added, key=lambda thing: -thing.y)


def _far_thing(scene, rng, group):
    """One thing of an extra group at a random spot in the band where it belongs."""
    band = {"sail": "water", "swim": "water", "fly": "air"}.get(group.action, "back")
    band = "shelf" if group.name in SMALL else band
    size = NOMINAL[group.name] * {"water": 0.72, "air": 0.78}.get(band, 0.82) * rng.uniform(0.92, 1.1)
    x, y = rng.uniform(0, scene.width / scene.height), rng.uniform(*BANDS[scene.place][band])
    flip, look = rng.random() < 0.5, rng.randrange(10**6)
    return Thing(group.name, group.action, x, y, size, len(scene.groups), group.colour, flip, look)


def _has_room(scene, thing, added):
    """Whether a thing is inside the picture, mostly in sight, and hides nothing else."""
    left, low, right, top = thing.reach(scene.place)
    if left < -0.02 or right > scene.width / scene.height + 0.02 or top > 1.0:
        return False
    for other in [*scene.things, *added]:
        l, b, r, t = other.reach(scene.place)
        shared = max(0, min(r, right) - max(l, left)) * max(0, min(t, top) - max(b, low))
        if shared > 0.22 * min((right - left) * (top - low), (r - l) * (t - b)):
            return False
    return True
