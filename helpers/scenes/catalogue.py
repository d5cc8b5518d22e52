"""The tables of the small world: which kinds there are, how tall, in which colours, where, doing what."""

from dataclasses import dataclass

PLACES = [
    "beach", "street", "park", "kitchen", "living room", "farm", "harbour", "campsite", "forest", "desert",
    "snow", "lake",
]  # fmt: skip
INDOORS = ("kitchen", "living room")
PEOPLE = ("man", "woman", "boy", "girl")

NOMINAL = {  # height in picture heights, standing in front
    "man": 0.66, "woman": 0.64, "boy": 0.48, "girl": 0.47, "dog": 0.4, "cat": 0.41, "horse": 0.56,
    "cow": 0.46, "sheep": 0.4, "duck": 0.37, "bird": 0.37, "camel": 0.58, "elephant": 0.54, "bear": 0.48,
    "car": 0.38, "bus": 0.5, "bicycle": 0.4, "boat": 0.56, "tractor": 0.48, "umbrella": 0.48, "ball": 0.25,
    "kite": 0.4, "balloon": 0.52, "bench": 0.33, "chair": 0.44, "sofa": 0.38, "table": 0.34, "lamp": 0.6,
    "tent": 0.42, "pot": 0.27, "cake": 0.27, "tree": 0.7, "snowman": 0.46, "sled": 0.22, "surfboard": 0.48,
    "cactus": 0.5,
}  # fmt: skip
THINGS = list(NOMINAL)
CLASSES = PLACES + THINGS

_PAINT = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "white"]
COLOURS_OF = dict.fromkeys(THINGS, _PAINT) | {
    "dog": ["brown", "brown", "black", "white"], "cat": ["orange", "orange", "black", "white"],
    "horse": ["brown", "black", "white"], "cow": ["brown", "black"], "sheep": ["white", "white", "black"],
    "duck": ["yellow", "white", "brown"], "bird": ["blue", "red", "yellow"], "camel": [],
    "elephant": [], "bear": ["brown", "brown", "black"], "tree": [], "cactus": [], "car": [*_PAINT, "black"],
    "bench": ["brown", "green", "red", "blue"], "table": ["red", "blue", "green", "yellow", "pink"],
    "pot": ["red", "blue", "green", "orange", "black"], "tractor": ["red", "green", "blue", "orange"],
    "cake": ["pink", "white", "brown", "purple"],
    "ball": ["red", "blue", "yellow", "orange"], "kite": ["red", "orange", "purple", "pink", "green"],
    "balloon": ["red", "blue", "yellow", "purple", "pink"], "lamp": ["orange", "red", "yellow", "green"],
    "chair": ["red", "blue", "yellow", "green"],
}  # fmt: skip
SIZED = (
    "dog", "cat", "horse", "cow", "sheep", "duck", "bird", "elephant", "bear", "boat", "tent", "ball",
    "cake", "snowman",
)  # fmt: skip


@dataclass(frozen=True)
class Deed:
    """Something that subjects do: alone, or with a prop that they sit on, hold, fly or play with."""

    name: str
    who: str
    where: str = ""  # places, comma-separated; empty: everywhere
    prop: str | None = None
    how: str = ""  # seat, hold, string or play
    weight: float = 1.0


_ALL = " ".join(PEOPLE)
_OPEN = "beach,street,park,farm,harbour,campsite,forest,desert,snow,lake"
DEEDS = [
    Deed("stand", _ALL, weight=0.5),
    Deed("wave", _ALL + " bear", weight=0.7),
    Deed("walk", _ALL, _OPEN),
    Deed("run", _ALL, "beach,street,park,farm,forest,lake,desert"),
    Deed("rest", _ALL, "beach,park,lake,campsite,forest,living room,desert"),
    Deed("sit", _ALL, "street,park,harbour,lake", "bench", "seat"),
    Deed("sit", _ALL, "kitchen,living room,campsite", "chair", "seat"),
    Deed("sit", _ALL, "living room", "sofa", "seat", 2.0),
    Deed("ride", _ALL, "street,park,harbour,lake,forest", "bicycle", "seat", 1.4),
    Deed("ride", _ALL, "farm,beach,forest", "horse", "seat"),
    Deed("ride", _ALL, "desert", "camel", "seat", 2.0),
    Deed("ride", _ALL, "snow", "sled", "seat", 2.0),
    Deed("sail", _ALL, "lake,harbour", "boat", "seat", 1.4),
    Deed("surf", _ALL, "beach", "surfboard", "seat", 2.4),
    Deed("ski", _ALL, "snow", weight=2.4),
    Deed("fly", _ALL, "beach,park,farm,lake", "kite", "string", 1.6),
    Deed("kick", _ALL, "beach,park,street,farm,snow", "ball", "play"),
    Deed("throw", _ALL, "beach,park,lake,living room", "ball", "play"),
    Deed("hold", _ALL, "street,park,harbour,lake,forest", "umbrella", "hold", 1.3),
    Deed("hold", _ALL, "park,street,living room,kitchen", "balloon", "hold"),
    Deed("carry", _ALL, "kitchen,living room", "cake", "hold", 1.6),
    Deed("carry", _ALL, "kitchen", "pot", "hold", 2.6),
    Deed("build", _ALL, "snow", "snowman", "play", 1.6),
    Deed("stand", "dog cat horse cow sheep duck bird camel elephant bear", weight=0.8),
    Deed("walk", "dog cat horse cow sheep camel elephant bear", weight=1.0),
    Deed("walk", "duck", "park,farm,street,beach"),
    Deed("run", "dog horse", _OPEN, weight=1.4),
    Deed("sit", "dog cat", weight=1.2),
    Deed("sleep", "dog cat bear", weight=1.2),
    Deed("eat", "horse cow sheep", "farm,lake,park,forest", weight=1.4),
    Deed("chase", "dog cat", "beach,park,living room,lake,street,snow", "ball", "play", 1.2),
    Deed("sit", "dog cat", "living room", "sofa", "seat", 1.4),
    Deed("sleep", "dog cat", "living room", "sofa", "seat", 1.4),
    Deed("sit", "cat dog", "kitchen", "chair", "seat", 1.4),
    Deed("sit", "cat", "street,harbour,park", "bench", "seat", 1.4),
    Deed("sit", "cat", "kitchen", "table", "seat", 1.4),
    Deed("swim", "duck", "lake", weight=3.0),
    Deed("fly", "bird", weight=2.0),
    Deed("spray", "elephant", weight=1.0),
    Deed("drive", "car bus tractor", weight=1.4),
    Deed("park", "car bus tractor bicycle"),
    Deed("sail", "boat"),
    Deed("stand", "tent snowman umbrella"),
    Deed("fly", "balloon kite"),
    Deed("stand", "cake pot", "kitchen,living room", "table", "seat"),
]
SEATS = {  # where one sits, stands or lies on a thing, in its own units
    "bench": (0.0, 0.48), "chair": (0.02, 0.52), "sofa": (0.05, 0.46), "bicycle": (-0.28, 0.9),
    "horse": (-0.08, 0.68), "camel": (-0.08, 0.72), "sled": (-0.2, 0.86), "boat": (-0.26, 0.25),
    "surfboard": (0.0, 0.12), "table": (0.0, 0.99),
}  # fmt: skip
PERCHES = {
    "horse": (-0.2, 0.69), "cow": (-0.1, 0.75), "sheep": (-0.05, 0.95), "camel": (-0.24, 0.86),
    "elephant": (-0.1, 0.88), "car": (-0.1, 0.98), "bus": (-0.3, 0.99), "tractor": (-0.2, 1.02),
    "tent": (0.1, 0.97),
}  # fmt: skip

_FOLK = dict.fromkeys(PEOPLE, 2.0)
MAINS = {  # how often a kind is the main subject of a place
    "beach": _FOLK | {"dog": 2, "horse": 1.5, "boat": 1.5, "bird": 1.5, "umbrella": 1.5},
    "street": _FOLK | {"dog": 1.5, "cat": 2, "car": 5, "bus": 10, "bicycle": 0.5},
    "park": _FOLK | {"dog": 2, "bird": 1, "duck": 1.5, "balloon": 1.5, "kite": 2},
    "kitchen": _FOLK | {"cat": 3.5, "dog": 1, "cake": 2.5, "pot": 3.5},
    "living room": _FOLK | {"cat": 4, "dog": 2, "cake": 1, "balloon": 1},
    "farm": dict.fromkeys(PEOPLE, 0.7)
    | {"cow": 6.5, "sheep": 5, "horse": 2, "tractor": 4.5, "duck": 1, "dog": 0.5},
    "harbour": dict.fromkeys(PEOPLE, 1.5)
    | {"boat": 4, "bird": 2, "cat": 1.5, "dog": 1, "car": 1, "bicycle": 1.5},
    "campsite": dict.fromkeys(PEOPLE, 1.5) | {"tent": 4, "bear": 3, "dog": 1.5},
    "forest": dict.fromkeys(PEOPLE, 1.5) | {"bear": 4, "horse": 1.5, "dog": 1.5, "bird": 2},
    "desert": dict.fromkeys(PEOPLE, 0.8) | {"camel": 5, "elephant": 6, "car": 1, "bus": 1.5},
    "snow": _FOLK | {"dog": 1.5, "snowman": 3.5},
    "lake": dict.fromkeys(PEOPLE, 1.5) | {"duck": 4, "boat": 2.5, "dog": 1, "horse": 1, "cow": 1.2},
}
EXTRAS = {  # how often a kind stands farther back
    "beach": {"umbrella": 2, "surfboard": 5, "boat": 2, "tree": 2, "bird": 1, "kite": 1.5, "ball": 1},
    "street": {"lamp": 2, "bus": 5, "car": 3, "bicycle": 1, "tree": 1.5, "bench": 1.5},
    "park": {"bench": 3, "tree": 4, "kite": 2, "balloon": 2, "bird": 1, "bicycle": 1},
    "kitchen": {"table": 3, "chair": 4, "pot": 3, "cake": 2, "lamp": 1, "cat": 1},
    "living room": {"sofa": 6, "lamp": 3, "chair": 3, "balloon": 1, "table": 2, "cat": 1},
    "farm": {"tractor": 5, "cow": 5, "sheep": 4, "tree": 1.2, "horse": 1},
    "harbour": {"boat": 4, "bird": 2, "lamp": 2, "bench": 2, "duck": 1},
    "campsite": {"tent": 5, "tree": 3, "chair": 2, "bear": 0.5},
    "forest": {"tree": 3, "bird": 2, "bear": 1, "tent": 1.5},
    "desert": {"cactus": 6, "camel": 3, "elephant": 2, "tree": 2},
    "snow": {"snowman": 3, "sled": 6, "tree": 2},
    "lake": {"boat": 3, "duck": 3, "bench": 2, "tree": 2, "bird": 1},
}
NEIGHBOURS = {  # how often a kind keeps the main subject company
    place: {name: w for name, w in EXTRAS[place].items() if name not in ("kite", "bird", "pot", "cake")}
    | dict.fromkeys(PEOPLE, 0.7)
    | {"dog": 1.4, "cat": 0.8 if place in ("kitchen", "living room", "street", "farm") else 0.0001}
    for place in PLACES
}
BANDS = {  # foot heights of what is in front, farther back, on the water and in the air
    place: {"front": (0.03, 0.09), "back": back, "water": water, "air": (0.6, 0.72), "shelf": (0.515, 0.525)}
    for place, back, water in (
        ("beach", (0.2, 0.3), (0.3, 0.42)), ("street", (0.26, 0.3), (0.1, 0.2)), ("park", (0.22, 0.34),
                                                                                  (0.1, 0.2)),
        ("kitchen", (0.17, 0.22), (0.1, 0.2)), ("living room", (0.18, 0.24), (0.1, 0.2)),
        ("farm", (0.2, 0.3), (0.1, 0.2)), ("harbour", (0.1, 0.16), (0.22, 0.34)), ("campsite", (0.2, 0.3),
                                                                                   (0.1, 0.2)),
        ("forest", (0.18, 0.24), (0.1, 0.2)), ("desert", (0.2, 0.28), (0.1, 0.2)), ("snow", (0.2, 0.32),
                                                                                    (0.1, 0.2)),
        ("lake", (0.1, 0.14), (0.2, 0.34)),
    )
}  # fmt: skip


def pose(name, action):
    """The pose that shows an action."""
    shown = {"chase": "run", "park": "stand"}
    if name in PEOPLE:
        shown |= {"fly": "hold", "build": "carry"}
    return shown.get(action, action)
