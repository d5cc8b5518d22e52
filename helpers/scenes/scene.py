"""What a scene consists of: things at their places, the groups people would speak of, and how these relate.

All positions are in picture heights: x from the left, y from the bottom.
"""

from dataclasses import dataclass, field

from helpers.scenes.catalogue import COLOURS_OF, SIZED
from helpers.scenes.draw import extent


@dataclass(frozen=True)
class Thing:
    """One thing in the picture: its foot at (x, y), its full height `size`, all in picture heights."""

    name: str
    pose: str
    x: float
    y: float
    size: float
    group: int
    colour: str | None = None
    flip: bool = False
    look: int = 0

    def reach(self, place):
        """Left, bottom, right and top in picture heights."""
        left, low, right, high = extent(self.name, self.pose, place)
        if self.flip:
            left, right = -right, -left
        return (
            self.x + left * self.size,
            self.y + low * self.size,
            self.x + right * self.size,
            self.y + high * self.size,
        )

    def height(self, place):
        """Height from the lowest to the highest point, in picture heights."""
        _, low, _, top = self.reach(place)
        return top - low


@dataclass
class Group:
    """Things of one kind that are spoken of together."""

    name: str
    role: str  # main, prop, companion or extra
    count: int = 1
    colour: str | None = None
    size: str | None = None  # small or big, where it is remarkable
    action: str = "stand"


@dataclass
class Scene:
    """A picture's layout, with all that captions and truth need."""

    seed: str
    place: str
    time: str
    width: int = 0
    height: int = 0
    groups: list[Group] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    strings: list = field(default_factory=list)
    relations: list[tuple[int, str, int]] = field(default_factory=list)

    def box(self, thing):
        """[x, y, width, height] of a thing in pixels of the picture, cut at its edges."""
        left, low, right, high = (v * self.height for v in thing.reach(self.place))
        x0, y0 = max(0, round(left)), max(0, round(self.height - high))
        return [x0, y0, min(self.width, round(right)) - x0, min(self.height, round(self.height - low)) - y0]


def pick(rng, weights):
    """A key of `weights`, each as likely as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]


def new_group(rng, name, role, count=1, action="stand"):
    """A group with a colour and perhaps a size drawn at random."""
    colour = rng.choice(COLOURS_OF[name]) if COLOURS_OF[name] else None
    size = rng.choice(["small", "big"]) if name in SIZED and role != "extra" and rng.random() < 0.3 else None
    return Group(name, role, count, colour, size, action)
