"""The main subject with its prop and its companion: how they stand to each other."""

from dataclasses import replace

from helpers.scenes.catalogue import (
    BANDS,
    DEEDS,
    INDOORS,
    MAINS,
    NEIGHBOURS,
    NOMINAL,
    PEOPLE,
    PERCHES,
    SEATS,
    pose,
)
from helpers.scenes.draw import extent
from helpers.scenes.people import hand, hip
from helpers.scenes.scene import Thing, new_group, pick


class Cluster:
    """The main subject with its prop and companion, arranged around (0, 0), then put into the picture."""

    def __init__(self, scene, rng):
        self.scene, self.rng, self.things, self.strings = scene, rng, [], []

    def _size_of(self, group):
        return NOMINAL[group.name] * {"small": 0.74, "big": 1.22, None: 1.0}[group.size]

    def _add(self, group, x, y, size, posed=None, behind=False):
        """Add one thing of `group`, before or behind all others."""
        posed = posed or pose(group.name, group.action)
        look, index = self.rng.randrange(10**6), self.scene.groups.index(group)
        thing = Thing(group.name, posed, x, y, size, index, group.colour, look=look)
        self.things.insert(0 if behind else len(self.things), thing)

    def _new(self, name, role, count=1, action="stand"):
        """A new group in the scene."""
        group = new_group(self.rng, name, role, count, action)
        self.scene.groups.append(group)
        return group

    def _relate(self, a, relation, b):
        self.scene.relations.append((self.scene.groups.index(a), relation, self.scene.groups.index(b)))

    def build(self):
        """Choose who is there and what they do."""
        rng, place = self.rng, self.scene.place
        name = pick(rng, MAINS[place])
        deeds = [d for d in DEEDS if name in d.who.split() and (not d.where or place in d.where.split(","))]
        deed = rng.choices(deeds, [d.weight for d in deeds])[0]
        alone = deed.prop is None
        count = rng.choices([1, 2, 3], [60, 22, 18])[0] if alone else 1
        main = self._new(name, "main", count, deed.name)
        if alone:
            self._row(main)
        else:
            getattr(self, "_" + deed.how)(main, self._new(deed.prop, "prop"))
        if main.action == "fly" and alone:
            return
        if rng.random() < (0.62 if alone and count < 3 else 0.3):
            self._companion(main, alone and count == 1)

    def _row(self, group):
        """One to three of a kind, side by side, each a little nearer or farther."""
        size = self._size_of(group) * (1, 0.86, 0.74)[group.count - 1]
        left, _, right, _ = extent(group.name, pose(group.name, group.action), self.scene.place)
        apart = 0.92 if group.name in PEOPLE else 1.01 if group.name in ("bus", "car") else 0.86
        deep = (-0.2 * size, 0.2 * size) if group.name == "balloon" else (-0.03, 0.02)
        for i in range(group.count):
            x = (i - (group.count - 1) / 2) * apart * (right - left) * size
            y = self.rng.uniform(*deep) if i else 0
            self._add(group, x, y, size * self.rng.uniform(0.95, 1.05))
        self.things.sort(key=lambda thing: -thing.y)

    def _seat(self, main, prop):
        """The main subject sits, stands or lies on its prop."""
        person = main.name in PEOPLE
        main.size = None if main.size == "big" else main.size
        size, other = self._size_of(main) * (1 if person else 0.78), self._size_of(prop)
        x, y = SEATS[prop.name]
        low = hip(main.name, pose(main.name, main.action)) * size if person and main.action != "surf" else 0
        if prop.name in ("bench", "chair", "sofa") and low:
            other = max(low / y, 0.8 * other)  # feet on the ground, or dangling
        self._add(prop, 0, 0, other, posed="ride" if prop.name == "surfboard" else "stand")
        self._add(main, x * other, y * other - low, size)
        self._relate(main, "in" if prop.name == "boat" else "on", prop)

    def _hold(self, main, prop):
        """The main subject holds its prop in its hand."""
        size, other = self._size_of(main), self._size_of(prop)
        x, y = (v * size for v in hand(main.name, pose(main.name, main.action)))
        self._add(main, 0, 0, size)
        if prop.name in ("cake", "pot"):
            self._add(prop, x + 0.1 * other, y, 0.9 * other)
        else:
            self._add(prop, x, y - (0.12 * other if prop.name == "umbrella" else 0), other)
        self._relate(main, "holding", prop)

    def _string(self, main, prop):
        """The main subject holds the string of its kite."""
        size, other = 0.86 * self._size_of(main), self._size_of(prop)
        x, y = (v * size for v in hand(main.name, pose(main.name, main.action)))
        kite = (x + self.rng.uniform(0.3, 0.55), size + self.rng.uniform(0.0, 0.12))
        self._add(main, 0, 0, size)
        self._add(prop, *kite, other)
        self.strings.append(((x, y), (kite[0], kite[1] + 0.6 * other)))
        self._relate(main, "holding", prop)

    def _play(self, main, prop):
        """The prop is before the main subject: a ball at its feet or in the air, a snowman at hand."""
        size, other = self._size_of(main), self._size_of(prop)
        reach = extent(main.name, pose(main.name, main.action), self.scene.place)[2] * size
        wide = -extent(prop.name, "stand", self.scene.place)[0] * other
        lift = self.rng.uniform(0.56, 0.8) * size if main.action == "throw" else 0
        self._add(main, 0, 0, size)
        self._add(prop, reach + wide + 0.03, lift, other, posed="fly" if lift else "stand")
        self._relate(main, "next to", prop)

    def _companion(self, main, single):
        """A neighbour beside the main subject, or one that it stands before, behind or under."""
        rng, place = self.rng, self.scene.place
        taken = {group.name for group in self.scene.groups}
        around = {name: w for name, w in NEIGHBOURS[place].items() if name not in taken}
        if self._afloat():
            around = {name: 1 for name in ("duck", "boat") if name in around}
        else:
            around.pop("boat", None)
        relation = rng.choice(self._relations_of(main, single, taken))
        if relation == "perch":
            return self._perch(main)
        if relation == "under":
            return self._under(main, "umbrella" if place == "beach" and rng.random() < 0.7 else "tree")
        if relation == "behind":
            around = {n: w for n, w in around.items() if NOMINAL[n] < 0.75 * NOMINAL[main.name]}
        if relation == "before":
            around = {n: w for n, w in around.items() if NOMINAL[n] > 0.7 * NOMINAL[main.name]}
            around = {n: w for n, w in around.items() if n not in PEOPLE}
        if around:
            name = pick(rng, around)
            actions = {"boat": ["sail"], "duck": ["swim" if self._afloat() else "walk"]}
            usual = (
                ["stand", "wave"]
                if name in PEOPLE
                else ["sit", "stand"]
                if name in ("dog", "cat")
                else ["stand"]
            )
            other = self._new(name, "companion", action=rng.choice(actions.get(name, usual)))
            getattr(self, "_" + relation)(main, other)

    def _afloat(self):
        """Whether what is there so far is on the water."""
        return any(thing.name == "boat" or thing.pose in ("swim", "surf") for thing in self.things)

    def _relations_of(self, main, single, taken):
        """The relations to a companion that are possible, likely ones more often."""
        relations = ["beside"] * 5
        if single and not self._afloat():
            relations += ["behind", "before"] * 2
            if main.name in PERCHES and "bird" not in taken:
                relations += ["perch"] * 4
            if main.name in (*PEOPLE, "dog", "cat", "sheep", "duck") and self.scene.place not in INDOORS:
                relations += ["under"] * 2
        return relations

    def _edges(self):
        reaches = [thing.reach(self.scene.place) for thing in self.things]
        return min(r[0] for r in reaches), max(r[2] for r in reaches)

    def _beside(self, main, other):
        size = self._size_of(other)
        left, right = self._edges()
        shown = pose(other.name, other.action)
        own = extent(other.name, shown, self.scene.place)
        x = right + 0.03 - own[0] * size if self.rng.random() < 0.5 else left - 0.03 - own[2] * size
        self._add(other, x, self.rng.uniform(-0.01, 0.01), size)
        self._relate(main, "next to", other)
        self._relate(main, "left of" if x > 0 else "right of", other)

    def _behind(self, main, other):
        """The main subject stands behind its smaller companion."""
        left, right = self._edges()
        size, hidden = self._size_of(other), 0.3 * (right - left)
        own = extent(other.name, pose(other.name, other.action), self.scene.place)
        x = self.rng.choice([left + hidden - own[2] * size, right - hidden - own[0] * size])
        self._add(other, x, -0.05, size)
        self._relate(main, "behind", other)

    def _before(self, main, other):
        """The main subject stands in front of something large."""
        left, right = self._edges()
        self._add(other, self.rng.choice([left, right]) * 1.1, 0.05, self._size_of(other) * 1.12, behind=True)
        self._relate(main, "in front of", other)

    def _under(self, main, name):
        other = self._new(name, "companion")
        top = max(thing.reach(self.scene.place)[3] for thing in self.things)
        size = top / (0.44 if name == "tree" else 0.5)
        self._add(other, -0.2 * size if name == "tree" else -0.12 * size, 0.015, size, behind=True)
        self._relate(main, "under", other)

    def _perch(self, main):
        x, y = PERCHES[main.name]
        host, bird = self.things[0], self._new("bird", "companion")
        self._add(bird, host.x + x * host.size, host.y + y * host.size, self._size_of(bird) * 0.72)
        self._relate(bird, "on", main)

    def place_it(self):
        """Choose a picture that the cluster fits, scale it, mirror it perhaps, and put it in its place."""
        scene, rng = self.scene, self.rng
        reaches = [thing.reach(scene.place) for thing in self.things]
        left, right = min(r[0] for r in reaches), max(r[2] for r in reaches)
        low, top = min(r[1] for r in reaches), max(r[3] for r in reaches)
        foot = rng.uniform(*self._band())
        room = (0.96 - foot) / (top - low)
        least = min(r[3] - r[1] for t, r in zip(self.things, reaches, strict=True) if t.group == 0)
        scale = min(room, max(rng.uniform(0.95, 1.15), 0.31 / least))
        scene.width, scene.height = _shape(rng, scale * (right - left) * 1.06)
        wide = scene.width / scene.height
        scale = min(scale, 0.97 * wide / (right - left))
        flip = rng.random() < 0.5
        sign = -1 if flip else 1
        if flip:
            left, right = -right, -left
        x, y = rng.uniform(0.01 * wide - left * scale, 0.99 * wide - right * scale), foot - low * scale
        for t in self.things:
            new = {"x": x + sign * t.x * scale, "y": y + t.y * scale, "size": t.size * scale}
            scene.things.append(replace(t, flip=flip, **new))
        for ends in self.strings:
            scene.strings.append(tuple((x + sign * p * scale, y + q * scale) for p, q in ends))
        if flip:
            other = {"left of": "right of", "right of": "left of"}
            scene.relations = [(a, other.get(r, r), b) for a, r, b in scene.relations]

    def _band(self):
        """Between which heights the cluster's foot may be."""
        main = self.scene.groups[0]
        if main.action == "surf":
            return 0.37, 0.41
        if main.action == "fly" and not self.strings:
            return 0.4, 0.52
        if main.name in ("car", "bus"):
            return 0.05, 0.09
        return BANDS[self.scene.place]["water" if self._afloat() else "front"]


def _shape(rng, needed):
    """Width and height of the picture, each 240 to 480 pixels, at least `needed` times as wide as high."""
    for _ in range(30):
        width, height = rng.randint(240, 480), rng.randint(240, 480)
        if width >= needed * height:
            return width, height
    return 480, max(240, min(480, int(480 / needed)))
