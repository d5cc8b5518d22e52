"""Large animals."""

from helpers.scenes.animals import INK, eye, legs, zzz
from helpers.scenes.pen import PALETTE, dark, light, mix


def horse(pen, colour, action, rng):
    """A horse with mane and tail flowing."""
    coat = PALETTE[colour]
    mane = {"white": (196, 180, 160), "black": (20, 20, 24)}.get(colour, dark(coat, 0.5))
    pen.curve((-0.4, 0.62), (-0.62, 0.66), (-0.6 if action == "run" else -0.54, 0.22), 0.09, mane)
    legs(pen, (-0.36, -0.27, 0.18, 0.27), 0.5, action, 0.085, coat, hoof=INK)
    pen.box(-0.46, 0.42, 0.36, 0.7, coat, radius=0.13)
    if action == "eat":
        pen.shape([(0.12, 0.66), (0.34, 0.68), (0.62, 0.3), (0.5, 0.2)], coat)
        pen.line([(0.22, 0.7), (0.6, 0.34)], 0.07, mane)
        nose, brow = (0.6, 0.09), (0.56, 0.28)
    else:
        pen.shape([(0.08, 0.64), (0.34, 0.96), (0.52, 0.86), (0.36, 0.46)], coat)
        pen.line([(0.08, 0.7), (0.2, 0.84), (0.36, 0.97)], 0.08, mane)
        nose, brow = (0.66, 0.72), (0.44, 0.87)
        pen.shape([(0.34, 0.92), (0.36, 1.04), (0.44, 0.94)], dark(coat, 0.15))
    pen.line([brow, nose], 0.16, coat)
    pen.oval(*nose, 0.075, 0.07, light(coat, 0.3) if colour != "white" else (226, 200, 190))
    eye(pen, brow[0] + 0.03, brow[1] + 0.02, 0.026)


def cow(pen, colour, action, rng):
    """A cow, white with patches of its colour, horned, with a pink nose."""
    patch, coat = PALETTE[colour], (248, 244, 238)
    pen.curve((-0.55, 0.66), (-0.7, 0.6), (-0.66, 0.26), 0.05, patch)
    legs(pen, (-0.42, -0.3, 0.24, 0.36), 0.4, action, 0.12, coat, hoof=INK)
    pen.oval(-0.18, 0.3, 0.13, 0.09, (244, 166, 172))
    pen.box(-0.56, 0.3, 0.46, 0.76, coat, radius=0.13)
    for _ in range(3):
        pen.oval(
            -0.36 + 0.3 * _,
            0.58 + rng.uniform(-0.08, 0.08),
            rng.uniform(0.1, 0.15),
            rng.uniform(0.09, 0.14),
            patch,
        )
    x, y = (0.62, 0.3) if action == "eat" else (0.56, 0.78)
    pen.shape([(0.26, 0.72), (0.4, 0.42), (x, y - 0.1), (x, y + 0.12)], coat)
    for side in (-1, 1):
        pen.curve(
            (x + side * 0.08, y + 0.14),
            (x + side * 0.2, y + 0.14),
            (x + side * 0.17, y + 0.27),
            0.045,
            (226, 208, 166),
        )
        pen.oval(x + side * 0.21, y + 0.08, 0.1, 0.05, patch)
    pen.box(x - 0.15, y - 0.2, x + 0.15, y + 0.18, patch, radius=0.1)
    pen.box(x - 0.045, y - 0.1, x + 0.045, y + 0.17, coat, radius=0.04)
    pen.oval(x, y - 0.15, 0.17, 0.1, (246, 178, 182))
    for side in (-1, 1):
        pen.oval(x + side * 0.06, y - 0.14, 0.022, 0.028, (170, 96, 104))
        pen.oval(x + side * 0.09, y + 0.05, 0.034, 0.04, (255, 255, 255))
        pen.oval(x + side * 0.09, y + 0.05, 0.022, 0.03, INK)


def sheep(pen, colour, action, rng):
    """A cloud on four thin legs."""
    wool, face = ((250, 247, 240), (70, 62, 66)) if colour == "white" else ((74, 70, 78), (36, 34, 40))
    legs(pen, (-0.3, -0.2, 0.16, 0.26), 0.36, action, 0.075, face)
    for x, y, r in ((-0.38, 0.5, 0.2), (-0.26, 0.7, 0.2), (0, 0.76, 0.22), (0.24, 0.68, 0.19), (-0.3, 0.38,
                                                                                                0.18),
                    (0.02, 0.36, 0.2), (0.3, 0.46, 0.2)):  # fmt: skip
        pen.oval(x, y, r, r, dark(wool, 0.07) if y < 0.45 else wool)
    pen.oval(-0.04, 0.56, 0.4, 0.24, wool)
    for x, y in ((-0.25, 0.6), (-0.05, 0.66), (0.08, 0.5), (-0.2, 0.45)):
        pen.curve((x - 0.05, y), (x, y - 0.07), (x + 0.05, y), 0.018, dark(wool, 0.16))
    x, y = (0.5, 0.22) if action == "eat" else (0.48, 0.68)
    pen.oval(x - 0.12, y + 0.08, 0.11, 0.05, dark(face, 0.2))
    pen.oval(x, y, 0.14, 0.2, face)
    pen.oval(x - 0.03, y + 0.19, 0.15, 0.1, wool)
    pen.oval(x + 0.05, y + 0.03, 0.042, 0.05, (255, 255, 255))
    eye(pen, x + 0.06, y + 0.03, 0.024)


def camel(pen, colour, action, rng):
    """A camel with two humps and a patient smile."""
    coat = (206, 160, 98)
    pen.curve((-0.44, 0.56), (-0.56, 0.5), (-0.52, 0.3), 0.04, dark(coat, 0.4))
    legs(pen, (-0.36, -0.27, 0.16, 0.25), 0.46, action, 0.075, coat, hoof=dark(coat, 0.45))
    for x in (-0.24, 0.08):
        pen.oval(x, 0.64, 0.15, 0.24, dark(coat, 0.1))
        pen.oval(x, 0.84, 0.07, 0.05, dark(coat, 0.35))
    pen.box(-0.46, 0.4, 0.3, 0.68, coat, radius=0.12)
    pen.curve((0.22, 0.52), (0.56, 0.4), (0.52, 0.86), 0.13, coat)
    pen.line([(0.5, 0.9), (0.7, 0.86)], 0.14, coat)
    pen.oval(0.74, 0.84, 0.08, 0.065, light(coat, 0.3))
    pen.shape([(0.43, 0.94), (0.42, 1.04), (0.5, 0.97)], dark(coat, 0.3))
    pen.line([(0.7, 0.81), (0.78, 0.81)], 0.014, INK)
    eye(pen, 0.58, 0.92, 0.026)


def elephant(pen, colour, action, rng):
    """An elephant; one that sprays lifts its trunk."""
    coat = (146, 152, 168)
    pen.curve((-0.6, 0.6), (-0.72, 0.5), (-0.68, 0.3), 0.035, dark(coat, 0.3))
    legs(pen, (-0.42, -0.26, 0.12, 0.28), 0.36, action, 0.17, coat, hoof=light(coat, 0.35))
    pen.oval(-0.1, 0.56, 0.52, 0.34, coat)
    if action == "spray":
        pen.curve((0.6, 0.6), (0.95, 0.5), (0.86, 1.0), 0.11, coat)
        for x, y in ((0.8, 1.12), (0.92, 1.16), (1.02, 1.08), (0.72, 1.06)):
            pen.oval(x, y, 0.028, 0.04, (110, 190, 240))
    else:
        pen.curve((0.6, 0.62), (0.86, 0.5), (0.74, 0.08), 0.11, coat)
    pen.oval(0.46, 0.7, 0.26, 0.27, coat)
    pen.curve((0.54, 0.5), (0.66, 0.38), (0.8, 0.46), 0.045, (252, 248, 232))
    pen.oval(0.24, 0.7, 0.2, 0.26, dark(coat, 0.16))
    pen.oval(0.25, 0.68, 0.14, 0.19, mix(coat, (240, 170, 180), 0.45))
    eye(pen, 0.56, 0.78, 0.03)


def bear(pen, colour, action, rng):
    """A bear on four paws, upright and waving, or asleep."""
    coat = PALETTE[colour]
    if action == "sleep":
        pen.shadow(0.6)
        pen.oval(-0.05, 0.28, 0.56, 0.3, coat)
        x, y = 0.4, 0.24
        zzz(pen, 0.6, 0.52, 0.1)
    elif action == "wave":
        pen.shadow(0.36)
        for side in (-1, 1):
            pen.line([(side * 0.14, 0.3), (side * 0.17, 0.07)], 0.19, dark(coat, 0.12))
        pen.oval(0, 0.4, 0.29, 0.32, coat)
        pen.oval(0.03, 0.38, 0.19, 0.23, light(coat, 0.35))
        pen.line([(-0.22, 0.52), (-0.38, 0.3)], 0.14, dark(coat, 0.08))
        pen.line([(0.22, 0.54), (0.46, 0.82)], 0.14, dark(coat, 0.08))
        x, y = 0.0, 0.82
    else:
        legs(pen, (-0.42, -0.28, 0.2, 0.34), 0.36, action, 0.18, coat)
        pen.oval(-0.08, 0.54, 0.52, 0.31, coat)
        x, y = 0.46, 0.68
    for side in (-1, 1):
        pen.oval(x + side * 0.17, y + 0.18, 0.09, 0.09, dark(coat, 0.12))
        pen.oval(x + side * 0.17, y + 0.18, 0.045, 0.045, light(coat, 0.4))
    pen.oval(x, y, 0.25, 0.23, coat)
    pen.oval(x + 0.03, y - 0.08, 0.13, 0.1, light(coat, 0.5))
    pen.oval(x + 0.03, y - 0.03, 0.055, 0.04, INK)
    for side in (-1, 1):
        eye(pen, x + 0.02 + side * 0.1, y + 0.06, 0.03, action == "sleep")


DRAW = {f.__name__: f for f in (horse, cow, sheep, camel, elephant, bear)}
