"""Toys, furniture, plants and the other things that stand about."""

import math

from helpers.scenes.pen import PALETTE, dark, light

WOOD = (158, 108, 68)
LEAF = [(84, 158, 80), (108, 172, 76), (66, 142, 86)]


def umbrella(pen, colour, action, rng):
    """An umbrella of eight panels; planted, it is a parasol."""
    paint = PALETTE[colour]
    if action == "stand":
        pen.shadow(0.4)
    pen.line([(0, 0.0), (0, 1.0)], 0.04, (110, 80, 60))
    pen.oval(0, 0.52, 0.62, 0.46, paint, part=(0, 180))
    for x in (-0.465, -0.155, 0.155, 0.465):
        pen.oval(x, 0.52, 0.155, 0.05, dark(paint, 0.3))
    pen.shape([(0, 0.97), (-0.31, 0.53), (0, 0.53)], light(paint, 0.5))
    pen.shape([(0, 0.97), (0.31, 0.53), (0.58, 0.53)], light(paint, 0.5))
    pen.line([(0, 0.96), (0, 1.04)], 0.04, (110, 80, 60))


def ball(pen, colour, action, rng):
    """A beach ball: panels of its colour and white, with a dark seam around."""
    paint, cream = PALETTE[colour], (252, 250, 244)
    if action != "fly":
        pen.shadow(0.5, ry=0.12)
    pen.oval(0, 0.5, 0.5, 0.5, dark(paint, 0.5))
    pen.oval(0, 0.5, 0.46, 0.46, cream)
    for start in (70, 190, 310):
        rim = (math.radians(start + 15 * i) for i in range(5))
        pen.shape([(0, 0.5), *((0.46 * math.cos(a), 0.5 + 0.46 * math.sin(a)) for a in rim)], paint)
    pen.oval(0, 0.5, 0.11, 0.11, cream)


def kite(pen, colour, action, rng):
    """A kite with a tail of ribbons; its string is the business of whoever flies it."""
    paint = PALETTE[colour]
    pen.shape([(0, 1.0), (-0.34, 0.62), (0, 0.1), (0.34, 0.62)], paint)
    pen.shape([(0, 1.0), (0.34, 0.62), (0, 0.62)], (254, 246, 220))
    pen.shape([(0, 0.1), (-0.34, 0.62), (0, 0.62)], (254, 246, 220))
    pen.line([(0, 1.0), (-0.34, 0.62), (0, 0.1), (0.34, 0.62), (0, 1.0)], 0.03, dark(paint, 0.3))
    pen.curve((0, 0.1), (-0.3, 0.0), (-0.5, 0.16), 0.02, (90, 80, 90))
    for x, y in ((-0.2, 0.05), (-0.36, 0.07), (-0.52, 0.17)):
        for side in (-1, 1):
            pen.shape([(x, y), (x + side * 0.09, y + 0.08), (x + side * 0.09, y - 0.08)], (250, 214, 80))


def balloon(pen, colour, action, rng):
    """A balloon on its string."""
    paint = PALETTE[colour]
    pen.curve((0, 0.0), (0.12, 0.28), (0, 0.5), 0.018, (120, 116, 124))
    pen.shape([(0, 0.56), (-0.05, 0.48), (0.05, 0.48)], dark(paint, 0.2))
    pen.oval(0, 0.77, 0.22, 0.25, paint)
    pen.oval(-0.08, 0.86, 0.05, 0.07, light(paint, 0.7))


def bench(pen, colour, action, rng):
    """A park bench."""
    paint = PALETTE[colour]
    pen.shadow(1.1, ry=0.1)
    for x in (-0.82, 0.82):
        pen.line([(x, 0.05), (x, 0.94)], 0.09, (64, 64, 72))
    for y in (0.66, 0.84, 1.0):
        pen.box(-1.02, y - 0.08, 1.02, y + 0.04, paint, radius=0.03)
    pen.box(-1.06, 0.36, 1.06, 0.5, dark(paint, 0.12), radius=0.03)
    pen.box(-1.06, 0.3, 1.06, 0.38, dark(paint, 0.35), radius=0.03)


def chair(pen, colour, action, rng):
    """A wooden chair with a cushion, turned to the right."""
    paint = PALETTE[colour]
    pen.shadow(0.42)
    for x in (-0.2, 0.34):
        pen.line([(x, 0.42), (x, 0.04)], 0.06, dark(WOOD, 0.3))
    for x in (-0.32, 0.24):
        pen.line([(x, 0.44), (x, 0.04)], 0.07, WOOD)
    pen.line([(-0.32, 0.44), (-0.38, 0.97)], 0.08, WOOD)
    pen.line([(-0.34, 0.62), (-0.38, 0.96)], 0.13, paint)
    pen.box(-0.38, 0.38, 0.38, 0.46, WOOD, radius=0.03)
    pen.box(-0.34, 0.45, 0.36, 0.55, paint, radius=0.05)


def sofa(pen, colour, action, rng):
    """A soft sofa with two cushions."""
    paint = PALETTE[colour]
    pen.shadow(1.25, ry=0.1)
    for x in (-0.95, 0.95):
        pen.line([(x, 0.12), (x, 0.05)], 0.1, dark(WOOD, 0.3))
    pen.box(-1.05, 0.3, 1.05, 1.0, dark(paint, 0.14), radius=0.16)
    for x in (-0.92, 0.02):
        pen.box(x, 0.4, x + 0.9, 0.9, paint, radius=0.1)
    pen.box(-1.0, 0.12, 1.0, 0.4, dark(paint, 0.06), radius=0.06)
    pen.box(-0.94, 0.32, 0.94, 0.48, light(paint, 0.22), radius=0.07)
    for x in (-1.2, 0.94):
        pen.box(x, 0.1, x + 0.26, 0.66, light(paint, 0.1), radius=0.12)


def table(pen, colour, action, rng):
    """A table with a coloured cloth."""
    paint = PALETTE[colour]
    pen.shadow(0.95, ry=0.1)
    for x, tone in ((-0.62, 0.35), (0.62, 0.35), (-0.78, 0.0), (0.78, 0.0)):
        pen.line([(x, 0.9), (x, 0.05)], 0.1, dark(WOOD, tone))
    pen.box(-0.98, 0.86, 0.98, 1.0, WOOD, radius=0.04)
    pen.box(-0.9, 0.7, 0.9, 1.0, paint)
    for i in range(6):
        pen.oval(-0.75 + 0.3 * i, 0.7, 0.15, 0.07, light(paint, 0.4))
    pen.box(-0.9, 0.94, 0.9, 1.0, light(paint, 0.4))


def lamp(pen, colour, action, rng):
    """A standing lamp, lit."""
    paint = PALETTE[colour]
    pen.shadow(0.2)
    for r in (0.36, 0.27):
        pen.oval(0, 0.8, r, r * 0.9, (255, 236, 140, 80))
    pen.box(-0.14, 0.0, 0.14, 0.05, (72, 68, 78), radius=0.02)
    pen.line([(0, 0.04), (0, 0.7)], 0.035, (72, 68, 78))
    pen.oval(0, 0.67, 0.07, 0.06, (255, 248, 200))
    pen.shape([(-0.11, 1.0), (0.11, 1.0), (0.22, 0.68), (-0.22, 0.68)], paint)
    pen.shape([(-0.04, 1.0), (0.04, 1.0), (0.08, 0.68), (-0.08, 0.68)], light(paint, 0.5))


def tent(pen, colour, action, rng):
    """A ridge tent, its door open and a light inside."""
    paint = PALETTE[colour]
    pen.shadow(1.0, ry=0.09)
    pen.shape([(-0.3, 0.98), (0.5, 0.98), (1.05, 0.0), (0.4, 0.0)], dark(paint, 0.2))
    pen.shape([(-0.3, 1.0), (-0.98, 0.0), (0.4, 0.0)], paint)
    pen.shape([(-0.3, 0.76), (-0.58, 0.0), (0.0, 0.0)], (255, 226, 140))
    pen.shape([(-0.3, 0.76), (-0.58, 0.0), (-0.42, 0.0)], light(paint, 0.4))
    pen.shape([(-0.3, 0.76), (0.0, 0.0), (-0.14, 0.0)], light(paint, 0.4))
    pen.line([(-0.3, 1.0), (-0.3, 1.06)], 0.04, WOOD)
    for x in (-0.98, 1.05):
        pen.line([(x, 0.0), (x + (0.1 if x > 0 else -0.1), -0.02)], 0.02, WOOD)


def pot(pen, colour, action, rng):
    """A cooking pot, steaming."""
    paint = PALETTE[colour]
    pen.shadow(0.62, ry=0.1)
    for x in (-0.18, 0.04, 0.26):
        pen.curve((x, 0.82), (x + 0.14, 0.94), (x, 1.12), 0.05, (250, 250, 250))
    for side in (-1, 1):
        pen.line([(side * 0.5, 0.42), (side * 0.72, 0.46)], 0.12, dark(paint, 0.4))
    pen.box(-0.54, 0.0, 0.54, 0.6, paint, radius=0.13)
    pen.box(-0.58, 0.54, 0.58, 0.66, dark(paint, 0.18), radius=0.04)
    pen.oval(0, 0.66, 0.52, 0.12, light(paint, 0.25), part=(0, 180))
    pen.oval(0, 0.8, 0.09, 0.07, dark(paint, 0.4))
    pen.box(-0.42, 0.12, -0.32, 0.46, light(paint, 0.5), radius=0.04)


def cake(pen, colour, action, rng):
    """A cake with icing, a cherry row and candles."""
    paint = PALETTE[colour]
    pen.shadow(0.72, ry=0.1)
    pen.oval(0, 0.06, 0.72, 0.07, (236, 236, 242))
    pen.box(-0.55, 0.06, 0.55, 0.6, (240, 204, 148), radius=0.05)
    pen.box(-0.55, 0.26, 0.55, 0.36, (252, 244, 230))
    pen.box(-0.58, 0.46, 0.58, 0.66, paint, radius=0.07)
    for i in range(5):
        pen.oval(-0.46 + 0.23 * i, 0.46, 0.1, 0.09 + 0.03 * (i % 2), paint)
    for x in (-0.3, 0.0, 0.3):
        pen.line([(x, 0.66), (x, 0.86)], 0.06, (120, 190, 230))
        pen.oval(x, 0.94, 0.045, 0.08, (255, 190, 60))


def tree(pen, colour, action, rng):
    """A round leafy tree; a fir in forest and snow, a palm on the beach and in the desert."""
    pen.shadow(0.3)
    if pen.place in ("forest", "snow", "campsite"):
        leaf = (52, 112, 84)
        pen.box(-0.05, 0.0, 0.05, 0.2, dark(WOOD, 0.2))
        for i in range(4):
            y, r = 0.12 + 0.2 * i, 0.33 - 0.065 * i
            pen.shape([(-r, y), (r, y), (0, y + 0.3)], light(leaf, 0.05 * i))
            if pen.place == "snow":
                pen.shape([(-r * 0.45, y + 0.16), (r * 0.45, y + 0.16), (0, y + 0.3)], (248, 250, 255))
    elif pen.place in ("beach", "desert"):
        pen.curve((0, 0), (0.02, 0.4), (0.12, 0.76), 0.075, (150, 112, 76))
        for dx, dy in (
            (-0.4, 0.02),
            (-0.34, 0.22),
            (-0.1, 0.25),
            (0.22, 0.24),
            (0.36, 0.08),
            (0.3, -0.12),
            (-0.26, -0.14),
        ):
            pen.curve(
                (0.12, 0.76), (0.12 + dx * 0.5, 0.82 + dy), (0.12 + dx, 0.72 + dy * 0.5), 0.062, (74, 148, 78)
            )
        for x in (0.07, 0.16):
            pen.oval(x, 0.72, 0.04, 0.04, (120, 80, 50))
    else:
        leaf = rng.choice(LEAF)
        pen.line([(0, 0.02), (0, 0.5)], 0.1, WOOD)
        pen.line([(0, 0.36), (0.14, 0.54)], 0.05, WOOD)
        for x, y, r in (
            (-0.2, 0.6, 0.18),
            (0.2, 0.6, 0.19),
            (-0.1, 0.78, 0.19),
            (0.12, 0.8, 0.19),
            (0, 0.66, 0.22),
        ):
            pen.oval(x, y, r, r, leaf)
        for x, y, r in ((-0.12, 0.8, 0.11), (0.1, 0.68, 0.1), (-0.2, 0.62, 0.07)):
            pen.oval(x, y, r, r, light(leaf, 0.18))


def snowman(pen, colour, action, rng):
    """A snowman with a carrot, a hat and a coloured scarf."""
    paint, snow = PALETTE[colour], (252, 253, 255)
    pen.shadow(0.4)
    for side in (-1, 1):
        pen.line([(side * 0.18, 0.5), (side * 0.46, 0.64)], 0.03, (110, 76, 50))
    for y, r in ((0.22, 0.25), (0.52, 0.19)):
        pen.oval(0, y, r, r, (206, 218, 238))
        pen.oval(-0.02, y + 0.01, r * 0.94, r * 0.94, snow)
    pen.oval(0, 0.77, 0.15, 0.15, snow)
    pen.box(-0.14, 0.62, 0.14, 0.68, paint, radius=0.03)
    pen.box(0.05, 0.46, 0.12, 0.66, dark(paint), radius=0.02)
    for x in (-0.03, 0.07):
        pen.oval(x, 0.81, 0.018, 0.022, (40, 40, 48))
    pen.shape([(0.02, 0.79), (0.02, 0.74), (0.2, 0.75)], (244, 136, 44))
    for y in (0.42, 0.52):
        pen.oval(0.02, y, 0.02, 0.02, (40, 40, 48))
    pen.box(-0.17, 0.87, 0.17, 0.9, (56, 50, 60))
    pen.box(-0.11, 0.88, 0.11, 1.04, (56, 50, 60), radius=0.02)


def surfboard(pen, colour, action, rng):
    """A surfboard stuck in the sand; ridden, it lies flat."""
    paint = PALETTE[colour]
    if action == "ride":
        pen.oval(-0.1, 0.0, 0.95, 0.16, (64, 160, 210))
        for x, y, r in ((-0.9, 0.02, 0.13), (-0.72, 0.1, 0.13), (-1.02, 0.1, 0.09), (0.6, -0.03, 0.1)):
            pen.oval(x, y, r, r * 0.8, (244, 250, 252))
        pen.oval(0, 0.1, 0.64, 0.11, light(paint, 0.5))
        pen.oval(0, 0.12, 0.58, 0.075, paint)
        return
    pen.shadow(0.25)
    pen.oval(0, 0.5, 0.16, 0.5, light(paint, 0.55))
    pen.oval(0, 0.5, 0.125, 0.46, paint)
    pen.box(-0.025, 0.06, 0.025, 0.94, (252, 250, 244))


def cactus(pen, colour, action, rng):
    """A cactus with two arms and a flower."""
    skin = (74, 146, 92)
    pen.shadow(0.3)
    pen.line([(0, 0.05), (0, 0.88)], 0.22, skin)
    for side, y in ((-1, 0.34), (1, 0.46)):
        pen.line([(0, y), (side * 0.27, y), (side * 0.27, y + 0.28)], 0.13, dark(skin, 0.08))
    for x in (-0.05, 0.05):
        pen.line([(x, 0.08), (x, 0.88)], 0.014, dark(skin, 0.3))
    for i in range(5):
        angle = math.radians(72 * i)
        pen.oval(0.05 * math.cos(angle), 0.99 + 0.05 * math.sin(angle), 0.04, 0.04, (246, 120, 160))


DRAW = {
    f.__name__: f
    for f in (umbrella, ball, kite, balloon, bench, chair, sofa, table, lamp, tent, pot, cake, tree,
              snowman, surfboard, cactus)
}  # fmt: skip
