"""A pen that draws in a thing's own units, so that each thing is a few lines and fits anywhere.

Inside a thing, (0, 0) is the point where it touches the ground, x runs to where it faces, y runs up, and 1 is
its full height. A pen without an image draws nothing and only measures: that is how the layout learns the
boxes of things without painting them.
"""

import math

from PIL import Image, ImageDraw

SHARPNESS = 2  # pictures are drawn this many times larger and then reduced, which smooths every edge

PALETTE = {
    "red": (216, 60, 56),
    "orange": (242, 140, 40),
    "yellow": (248, 208, 66),
    "green": (70, 158, 84),
    "blue": (52, 112, 204),
    "purple": (138, 84, 182),
    "pink": (246, 138, 176),
    "white": (248, 246, 240),
    "black": (50, 50, 58),
    "brown": (140, 92, 58),
}


def mix(a, b, t):
    """The colour a fraction `t` of the way from `a` to `b`."""
    return tuple(round(x + (y - x) * t) for x, y in zip(a[:3], b[:3], strict=True))


def dark(colour, t=0.22):
    """A shade of `colour`."""
    return mix(colour, (24, 20, 48), t)


def light(colour, t=0.3):
    """A tint of `colour`."""
    return mix(colour, (255, 252, 240), t)


class Pen:
    """Draws shapes given in a thing's own units; `left`, `top`, … say how far they reach, in pixels."""

    def __init__(self, image, x, y, size, flip=False, place=""):
        self.image, self.place = image, place
        self.x, self.y, self.size, self.sign = x, y, size, -1 if flip else 1
        self.left = self.top = math.inf
        self.right = self.bottom = -math.inf
        if image is not None:
            self.solid = ImageDraw.Draw(image)
            self.glass = ImageDraw.Draw(image, "RGBA")

    def _pixels(self, points, reach=0.0):
        """Pixel positions of `points`; the extent grows by them and `reach` pixels around them."""
        found = [(self.x + self.sign * self.size * x, self.y - self.size * y) for x, y in points]
        xs, ys = [x for x, _ in found], [y for _, y in found]
        self.left, self.right = min(self.left, *xs, min(xs) - reach), max(self.right, *xs, max(xs) + reach)
        self.top, self.bottom = min(self.top, *ys, min(ys) - reach), max(self.bottom, *ys, max(ys) + reach)
        return found

    def _brush(self, fill):
        return self.glass if len(fill) == 4 else self.solid

    def shape(self, points, fill):
        """A filled polygon."""
        pixels = self._pixels(points)
        if self.image is not None:
            self._brush(fill).polygon(pixels, fill=fill)

    def box(self, x0, y0, x1, y1, fill, radius=0.0):
        """A filled rectangle from corner to corner, its corners rounded by `radius`."""
        (ax, ay), (bx, by) = self._pixels([(x0, y0), (x1, y1)])
        if self.image is None:
            return
        corners = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        if radius and len(fill) == 3:
            self.solid.rounded_rectangle(corners, radius=radius * self.size, fill=fill)
        else:
            self._brush(fill).rectangle(corners, fill=fill)

    def oval(self, x, y, rx, ry, fill, part=None):
        """A filled ellipse; `part=(from, to)` draws a slice of it, in degrees counted from ahead over up."""
        (ax, ay), (bx, by) = self._pixels([(x - rx, y - ry), (x + rx, y + ry)])
        if self.image is None:
            return
        corners = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        if part is None:
            self._brush(fill).ellipse(corners, fill=fill)
        else:
            start, end = (-part[1], -part[0]) if self.sign > 0 else (part[0] - 180, part[1] - 180)
            self._brush(fill).chord(corners, start, end, fill=fill)

    def ring(self, x, y, r, width, fill):
        """A circle's outline."""
        (ax, ay), (bx, by) = self._pixels([(x - r, y - r), (x + r, y + r)])
        if self.image is not None:
            corners = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
            self.solid.ellipse(corners, outline=fill, width=max(1, round(width * self.size)))

    def line(self, points, width, fill):
        """A stroke through `points` with round ends."""
        thick = max(1.0, width * self.size)
        pixels = self._pixels(points, reach=thick / 2)
        if self.image is None:
            return
        brush, r = self._brush(fill), thick / 2 - 0.5
        brush.line(pixels, fill=fill, width=round(thick), joint="curve")
        if thick > 3 and len(fill) == 3:
            for x, y in (pixels[0], pixels[-1]):
                brush.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    def curve(self, start, bend, end, width, fill, steps=8):
        """A stroke from `start` to `end`, drawn towards `bend` (a quadratic Bézier curve)."""
        points = []
        for i in range(steps + 1):
            t = i / steps
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
            points.append(tuple(a * p + b * q + c * r for p, q, r in zip(start, bend, end, strict=True)))
        self.line(points, width, fill)

    def shadow(self, rx, x=0.0, y=0.0, ry=None):
        """A soft shadow on the ground; no part of the thing's extent."""
        if self.image is None:
            return
        ry = ry or min(0.16 * rx, 0.08)
        for grow in (1.0, 0.72):
            cx, cy = self.x + self.sign * self.size * x, self.y - self.size * y
            dx, dy = rx * grow * self.size, ry * grow * self.size
            self.glass.ellipse((cx - dx, cy - dy, cx + dx, cy + dy), fill=(20, 24, 50, 46))

    def gradient(self, y0, y1, low, high):
        """Fill the picture from height `y0` to `y1`, from colour `low` up to `high`."""
        top, bottom = round(self.y - self.size * y1), round(self.y - self.size * y0)
        if self.image is None or bottom <= top:
            return
        column = Image.new("RGB", (1, 2))
        column.putdata([tuple(high), tuple(low)])
        column = column.resize((1, bottom - top), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
        self.image.paste(column.resize((self.image.width, bottom - top), Image.Resampling.NEAREST), (0, top))


def wave(count, length, height, rng, base=0.0):
    """Points of a gently rolling line, `count` to a `length`; hills, dunes and treetops grow from it."""
    a, b = rng.uniform(0, 6.3), rng.uniform(0, 6.3)
    k = rng.uniform(2.2, 3.6)
    return [
        (
            length * i / count,
            base
            + height
            * (math.sin(a + k * length * i / count) + 0.4 * math.sin(b + 2.3 * k * length * i / count)),
        )
        for i in range(count + 1)
    ]
