"""Small animals, and what all animals share: legs, eyes and sleep."""

from helpers.scenes.pen import PALETTE, dark, light

INK = (40, 34, 42)
STRIDE = {"walk": (-0.09, 0.08, -0.07, 0.1), "run": (-0.3, -0.18, 0.2, 0.32), "stand": (0, 0, 0, 0)}


def legs(pen, xs, top, action, width, coat, hoof=None):
    """Four legs under the body: far ones darker, swung as the action asks."""
    swing = STRIDE.get(action, STRIDE["stand"])
    lift = 0.07 if action == "run" else 0.0
    pen.shadow((max(xs) - min(xs)) * 0.75 + 0.08, x=sum(xs) / 4)
    for i in (1, 3, 0, 2):
        colour = dark(coat, 0.25) if i in (1, 3) else dark(coat, 0.06)
        foot = (xs[i] + swing[i] * top * 1.6, lift + width * 0.4)
        pen.line([(xs[i], top), foot], width, colour)
        if hoof:
            pen.line([(foot[0], foot[1]), (foot[0] + width * 0.15, foot[1])], width, hoof)


def eye(pen, x, y, r=0.03, asleep=False):
    """An eye with a gleam, or closed."""
    if asleep:
        pen.oval(x, y, r * 1.5, r, INK, part=(190, 350))
    else:
        pen.oval(x, y, r, r * 1.15, INK)
        pen.oval(x + r * 0.3, y + r * 0.4, r * 0.35, r * 0.35, (255, 255, 255))


def zzz(pen, x, y, size):
    """The letters that sleepers breathe."""
    for i in range(2):
        a, b, s = x + i * size * 1.5, y + i * size * 1.7, size * (1 + 0.4 * i)
        pen.line([(a, b + s), (a + s, b + s), (a, b), (a + s, b)], s * 0.2, (250, 250, 255))


def dog(pen, colour, action, rng):
    """A dog with floppy ears, a collar and its tongue out."""
    coat = PALETTE[colour]
    ear = dark(coat, 0.4) if colour != "black" else (96, 80, 72)
    if action == "sleep":
        pen.shadow(0.6)
        pen.curve((-0.45, 0.2), (-0.72, 0.1), (-0.62, 0.36), 0.09, ear)
        pen.oval(-0.05, 0.22, 0.5, 0.23, coat)
        pen.line([(0.1, 0.06), (0.55, 0.06)], 0.11, dark(coat, 0.1))
        x, y = 0.42, 0.24
    elif action == "sit":
        pen.shadow(0.4)
        pen.curve((-0.3, 0.1), (-0.6, 0.08), (-0.56, 0.36), 0.09, ear)
        pen.shape([(-0.36, 0.04), (0.0, 0.72), (0.3, 0.66), (0.24, 0.3), (0.1, 0.02)], coat)
        pen.oval(-0.17, 0.18, 0.24, 0.18, dark(coat, 0.08))
        pen.line([(0.17, 0.45), (0.19, 0.05), (0.25, 0.05)], 0.11, light(coat, 0.12))
        x, y = 0.18, 0.79
    else:
        legs(pen, (-0.36, -0.26, 0.2, 0.3), 0.38, action, 0.11, coat)
        pen.curve((-0.4, 0.52), (-0.64, 0.52), (-0.66, 0.82), 0.09, ear)
        pen.box(-0.46, 0.3, 0.38, 0.62, coat, radius=0.16)
        pen.oval(-0.22, 0.55, 0.14, 0.08, ear)
        pen.shape([(0.12, 0.5), (0.3, 0.82), (0.52, 0.7), (0.36, 0.36)], coat)
        x, y = 0.42, 0.8
    pen.oval(x, y, 0.2, 0.18, coat)
    pen.oval(x + 0.2, y - 0.06, 0.15, 0.095, light(coat, 0.25))
    if action != "sleep":
        pen.oval(x + 0.2, y - 0.16, 0.05, 0.08, (240, 110, 120))
        pen.line([(x - 0.19, y - 0.13), (x + 0.04, y - 0.24)], 0.08, (226, 50, 54))
    pen.oval(x + 0.32, y - 0.02, 0.05, 0.04, INK)
    pen.oval(x - 0.13, y - 0.03, 0.09, 0.18, ear)
    eye(pen, x + 0.08, y + 0.05, 0.034, action == "sleep")
    if action == "sleep":
        zzz(pen, 0.55, 0.5, 0.1)


def cat(pen, colour, action, rng):
    """A cat: round face, pointed ears, whiskers, stripes and a long tail."""
    coat = PALETTE[colour]
    stripe = dark(coat, 0.5) if colour != "black" else (136, 130, 142)
    if action == "sleep":
        pen.shadow(0.55)
        pen.oval(0, 0.27, 0.5, 0.27, coat)
        pen.curve((-0.45, 0.2), (-0.3, -0.06), (0.2, 0.07), 0.1, stripe)
        x, y = 0.32, 0.26
    elif action == "sit":
        pen.shadow(0.4)
        pen.curve((-0.2, 0.07), (-0.72, 0.0), (-0.5, 0.46), 0.09, stripe)
        pen.oval(-0.04, 0.3, 0.27, 0.32, coat)
        pen.box(-0.3, 0.0, 0.22, 0.18, coat, radius=0.09)
        for foot in (0.02, 0.16):
            pen.oval(foot, 0.05, 0.1, 0.06, light(coat, 0.8))
        x, y = 0.04, 0.7
    else:
        legs(pen, (-0.34, -0.24, 0.16, 0.26), 0.36, action, 0.09, coat)
        pen.curve((-0.4, 0.48), (-0.74, 0.5), (-0.58, 0.98), 0.08, stripe)
        pen.box(-0.44, 0.3, 0.36, 0.54, coat, radius=0.12)
        x, y = 0.36, 0.66
    for i in (-0.22, -0.1, 0.02):
        top = {"sleep": 0.51, "sit": 0.5}.get(action, 0.53)
        pen.line([(i, top), (i + 0.02, top - 0.15)], 0.05, stripe)
    for side in (-1, 1):
        pen.shape(
            [(x + side * 0.24, y + 0.32), (x + side * 0.25, y + 0.02), (x + side * 0.04, y + 0.17)], coat
        )
        pen.shape(
            [(x + side * 0.21, y + 0.25), (x + side * 0.2, y + 0.1), (x + side * 0.1, y + 0.16)],
            (244, 168, 168),
        )
    pen.oval(x, y, 0.27, 0.21, coat)
    pen.oval(x, y - 0.09, 0.15, 0.1, light(coat, 0.8))
    for side in (-1, 1):
        if action == "sleep":
            eye(pen, x + side * 0.11, y + 0.04, 0.036, True)
        else:
            pen.oval(x + side * 0.11, y + 0.04, 0.05, 0.06, (196, 222, 90))
            pen.oval(x + side * 0.11, y + 0.04, 0.022, 0.055, INK)
        for tilt in (-0.03, 0.03):
            pen.line(
                [(x + side * 0.12, y - 0.07), (x + side * 0.36, y - 0.07 + tilt)], 0.012, light(stripe, 0.4)
            )
    pen.oval(x, y - 0.04, 0.03, 0.022, (236, 120, 130))
    if action == "sleep":
        zzz(pen, 0.5, 0.58, 0.1)


def duck(pen, colour, action, rng):
    """A duck, on its feet or on the water."""
    coat = PALETTE[colour]
    head = (44, 120, 84) if colour == "brown" else coat
    low = 0.0 if action == "swim" else 0.14
    if action != "swim":
        pen.shadow(0.4)
        for x, swing in ((-0.08, -0.06), (0.08, 0.06)):
            foot = x + (swing if action == "walk" else 0)
            pen.line([(x, 0.2), (foot, 0.03), (foot + 0.13, 0.03)], 0.05, (238, 140, 40))
    pen.shape([(-0.62, low + 0.48), (-0.4, low + 0.16), (-0.2, low + 0.36)], dark(coat, 0.1))
    pen.oval(-0.05, low + 0.24, 0.46, 0.25, coat)
    pen.shape([(0.1, low + 0.3), (0.16, low + 0.66), (0.42, low + 0.62), (0.38, low + 0.2)], head)
    pen.oval(-0.12, low + 0.27, 0.27, 0.14, dark(coat, 0.16))
    if colour == "brown":
        pen.line([(0.13, low + 0.42), (0.38, low + 0.4)], 0.05, (250, 248, 240))
    pen.oval(0.3, low + 0.69, 0.2, 0.17, head)
    pen.oval(0.54, low + 0.64, 0.16, 0.06, (240, 146, 36))
    eye(pen, 0.36, low + 0.74, 0.034)
    if action == "swim":
        for y, r in ((0.02, 0.66), (-0.06, 0.48)):
            pen.line([(-r, y), (r, y)], 0.03, (235, 248, 252))


def bird(pen, colour, action, rng):
    """A round bird, perched or with its wings spread."""
    coat = PALETTE[colour]
    belly = light(coat, 0.55) if colour != "white" else (216, 224, 232)
    if action == "fly":
        pen.shape([(-0.1, 0.5), (-0.5, 1.0), (0.22, 0.62)], dark(coat, 0.25))
        pen.shape([(-0.4, 0.42), (-0.95, 0.56), (-0.9, 0.3)], dark(coat, 0.15))
        pen.oval(0, 0.42, 0.5, 0.22, coat)
        pen.oval(0.08, 0.34, 0.36, 0.13, belly)
        pen.shape([(-0.25, 0.5), (-0.2, 1.12), (0.3, 0.5)], dark(coat, 0.12))
        x, y = 0.46, 0.52
    else:
        pen.shadow(0.26)
        for leg in (-0.04, 0.1):
            pen.line([(leg, 0.2), (leg, 0.02), (leg + 0.1, 0.02)], 0.035, (216, 130, 50))
        pen.shape([(-0.2, 0.5), (-0.82, 0.2), (-0.68, 0.08), (0, 0.24)], dark(coat, 0.2))
        pen.oval(0, 0.44, 0.36, 0.3, coat)
        pen.oval(0.1, 0.36, 0.25, 0.2, belly)
        pen.oval(-0.12, 0.44, 0.25, 0.16, dark(coat, 0.2))
        x, y = 0.2, 0.76
    pen.shape([(x + 0.16, y + 0.08), (x + 0.44, y - 0.02), (x + 0.16, y - 0.08)], (244, 160, 40))
    pen.oval(x, y, 0.23, 0.22, coat)
    eye(pen, x + 0.09, y + 0.05, 0.045)


DRAW = {f.__name__: f for f in (dog, cat, duck, bird)}
