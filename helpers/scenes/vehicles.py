"""Vehicles, seen from the side and heading to the right."""

import math

from helpers.scenes.pen import PALETTE, dark, light

GLASS = (186, 222, 240)
TYRE = (46, 46, 54)


def _wheel(pen, x, y, r, hub=(206, 208, 214)):
    pen.oval(x, y, r, r, TYRE)
    pen.oval(x, y, r * 0.55, r * 0.55, hub)
    pen.oval(x, y, r * 0.2, r * 0.2, dark(hub, 0.4))


def _speed(pen, x, heights):
    """Lines behind a thing that moves."""
    for i, y in enumerate(heights):
        pen.line([(x - 0.1 * (i % 2), y), (x - 0.42 + 0.1 * (i % 2), y)], 0.03, (250, 250, 252))


def car(pen, colour, action, rng):
    """A small round car."""
    paint = PALETTE[colour]
    pen.shadow(1.15, ry=0.09)
    pen.shape([(-0.72, 0.5), (-0.5, 0.96), (0.28, 0.96), (0.62, 0.5)], paint)
    pen.line([(-0.5, 0.96), (0.28, 0.96)], 0.08, paint)
    pen.shape([(-0.56, 0.54), (-0.42, 0.88), (-0.1, 0.88), (-0.1, 0.54)], GLASS)
    pen.shape([(-0.02, 0.54), (-0.02, 0.88), (0.24, 0.88), (0.5, 0.54)], GLASS)
    if action == "drive":
        pen.oval(0.12, 0.66, 0.11, 0.13, (226, 176, 140))
        pen.oval(0.11, 0.72, 0.12, 0.1, (70, 46, 36), part=(0, 190))
        _speed(pen, -1.12, (0.3, 0.45, 0.6))
    pen.box(-1.0, 0.16, 1.0, 0.56, paint, radius=0.17)
    pen.box(-1.0, 0.16, 1.0, 0.27, dark(paint, 0.25), radius=0.06)
    pen.oval(0.9, 0.42, 0.08, 0.08, (255, 244, 180))
    pen.oval(-0.95, 0.43, 0.05, 0.06, (226, 70, 60))
    pen.line([(-0.12, 0.44), (0.0, 0.44)], 0.03, dark(paint, 0.4))
    for x in (-0.56, 0.58):
        _wheel(pen, x, 0.19, 0.2)


def bus(pen, colour, action, rng):
    """A tall bus full of people."""
    paint = PALETTE[colour]
    pen.shadow(1.2, ry=0.07)
    pen.box(-1.12, 0.12, 1.12, 1.0, paint, radius=0.1)
    pen.box(-1.12, 0.3, 1.12, 0.42, light(paint, 0.55))
    for i in range(5):
        x = -1.02 + 0.36 * i
        pen.box(x, 0.52, x + 0.3, 0.86, GLASS, radius=0.04)
        if rng.random() < 0.6:
            pen.oval(
                x + 0.15, 0.63, 0.08, 0.1, rng.choice([(226, 176, 140), (150, 100, 70), (246, 206, 176)])
            )
            pen.oval(
                x + 0.15,
                0.68,
                0.085,
                0.07,
                rng.choice([(60, 40, 34), (190, 140, 70), (40, 34, 40)]),
                part=(0, 180),
            )
    pen.box(0.8, 0.2, 1.04, 0.86, dark(GLASS, 0.12), radius=0.03)
    pen.line([(0.92, 0.2), (0.92, 0.86)], 0.02, dark(paint))
    pen.oval(1.06, 0.26, 0.05, 0.05, (255, 244, 180))
    for x in (-0.68, 0.56):
        _wheel(pen, x, 0.14, 0.15)
    if action == "drive":
        _speed(pen, -1.2, (0.3, 0.5, 0.7))


def bicycle(pen, colour, action, rng):
    """A bicycle."""
    paint = PALETTE[colour]
    pen.shadow(0.9, ry=0.06)
    for x in (-0.56, 0.58):
        pen.ring(x, 0.37, 0.37, 0.065, TYRE)
        for angle in range(0, 180, 45):
            dx, dy = 0.32 * math.cos(math.radians(angle)), 0.32 * math.sin(math.radians(angle))
            pen.line([(x - dx, 0.37 - dy), (x + dx, 0.37 + dy)], 0.012, (190, 194, 200))
    pen.line([(-0.56, 0.37), (-0.24, 0.74), (0.4, 0.74), (0.02, 0.33), (-0.56, 0.37)], 0.07, paint)
    pen.line([(-0.28, 0.86), (-0.22, 0.72), (0.02, 0.33)], 0.065, paint)
    pen.line([(0.58, 0.37), (0.38, 0.84)], 0.07, paint)
    pen.line([(0.38, 0.86), (0.42, 0.96), (0.58, 0.95)], 0.05, TYRE)
    pen.line([(-0.42, 0.88), (-0.16, 0.88)], 0.09, TYRE)
    pen.oval(0.02, 0.33, 0.09, 0.09, dark(paint, 0.4))


def boat(pen, colour, action, rng):
    """A sailing boat with two white sails and a coloured hull."""
    paint = PALETTE[colour]
    pen.line([(-0.04, 0.2), (-0.04, 1.0)], 0.035, (122, 88, 60))
    pen.shape([(0.0, 0.96), (0.0, 0.32), (0.46, 0.32)], (252, 250, 244))
    pen.shape([(-0.08, 0.9), (-0.08, 0.32), (-0.4, 0.32)], (236, 232, 224))
    pen.shape([(0.0, 0.62), (0.0, 0.5), (0.33, 0.5), (0.245, 0.62)], paint)
    pen.shape([(-0.04, 1.06), (-0.04, 0.97), (-0.2, 1.01)], (226, 70, 60))
    hull(pen, paint)


def hull(pen, paint):
    """The boat's hull, alone, so that someone can sit behind it."""
    pen.shape([(-0.62, 0.26), (0.68, 0.28), (0.46, 0.0), (-0.46, 0.0)], paint)
    pen.shape([(-0.62, 0.26), (0.68, 0.28), (0.62, 0.2), (-0.58, 0.18)], light(paint, 0.6))
    for y, r in ((0.0, 0.66), (-0.05, 0.46)):
        pen.line([(-r, y), (r, y)], 0.022, (232, 246, 252))


def tractor(pen, colour, action, rng):
    """A tractor with one huge wheel."""
    paint = PALETTE[colour]
    pen.shadow(0.95, ry=0.08)
    pen.line([(0.44, 0.6), (0.44, 0.98)], 0.06, (90, 90, 98))
    if action == "drive":
        for x, y, r in ((0.4, 1.06, 0.06), (0.28, 1.14, 0.08)):
            pen.oval(x, y, r, r, (222, 222, 226))
    pen.box(0.0, 0.3, 0.84, 0.66, paint, radius=0.08)
    pen.box(0.66, 0.36, 0.84, 0.6, dark(paint, 0.35), radius=0.03)
    pen.shape([(-0.56, 0.5), (-0.46, 0.98), (0.04, 0.98), (0.1, 0.5)], GLASS)
    pen.oval(-0.2, 0.7, 0.1, 0.11, (226, 176, 140))
    pen.oval(-0.2, 0.76, 0.15, 0.06, (220, 184, 90))
    pen.line([(-0.54, 1.0), (0.1, 1.0)], 0.08, paint)
    pen.line([(-0.54, 0.4), (-0.46, 0.98)], 0.05, paint)
    pen.line([(0.1, 0.5), (0.04, 0.98)], 0.05, paint)
    pen.box(-0.62, 0.34, 0.1, 0.54, paint, radius=0.05)
    _wheel(pen, -0.38, 0.34, 0.35, hub=(248, 208, 66))
    _wheel(pen, 0.58, 0.2, 0.21, hub=(248, 208, 66))


def sled(pen, colour, action, rng):
    """A wooden sled on two runners."""
    paint = PALETTE[colour]
    pen.shadow(1.3, ry=0.12)
    pen.line([(-1.1, 0.1), (0.95, 0.1)], 0.16, dark(paint, 0.4))
    pen.curve((0.95, 0.1), (1.42, 0.1), (1.3, 0.72), 0.16, dark(paint, 0.4))
    for x in (-0.75, 0.0, 0.7):
        pen.line([(x, 0.15), (x, 0.6)], 0.13, (168, 118, 74))
    pen.box(-1.15, 0.56, 1.05, 0.86, paint, radius=0.12)
    pen.line([(-1.05, 0.72), (0.95, 0.72)], 0.06, light(paint, 0.5))


DRAW = {f.__name__: f for f in (car, bus, bicycle, boat, tractor, sled)}
