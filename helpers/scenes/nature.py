"""Places under the open sky. Each fills the picture: y from 0 (bottom) to 1 (top), x from 0 to `a`."""

from helpers.scenes.pen import dark, light, mix, wave

SKY = {  # time of day -> (at the top, at the horizon)
    "day": ((92, 170, 236), (206, 234, 250)),
    "morning": ((150, 190, 236), (255, 226, 204)),
    "sunset": ((104, 92, 168), (255, 176, 112)),
    "cloudy": ((142, 156, 176), (212, 218, 226)),
    "night": ((14, 20, 56), (58, 66, 122)),
}


def sky(pen, a, time, horizon, rng, sun=True):
    """Sky down to the horizon, with the sun, clouds, or the moon and stars."""
    top, low = SKY[time]
    pen.gradient(horizon, 1.0, low, top)
    x, y = rng.uniform(0.15, 0.85) * a, rng.uniform(0.84, 0.93)
    if time == "night":
        for _ in range(34):
            pen.oval(
                rng.uniform(0, a), rng.uniform(horizon, 1), *[rng.uniform(0.002, 0.005)] * 2, (250, 246, 220)
            )
        pen.oval(x, y, 0.06, 0.06, (250, 244, 214))
        pen.oval(x + 0.024, y + 0.016, 0.052, 0.052, mix(top, low, 0.12))
        return
    if sun and time != "cloudy":
        y = horizon + 0.08 if time == "sunset" else y
        disc = (255, 214, 120) if time == "sunset" else (255, 240, 170)
        for r in (0.13, 0.095):
            pen.oval(x, y, r, r, (*disc, 70))
        pen.oval(x, y, 0.064, 0.064, disc)
    puff = {"cloudy": (190, 198, 210), "sunset": (255, 206, 180)}.get(time, (255, 255, 255))
    for _ in range(5 if time == "cloudy" else rng.randint(1, 3)):
        cloud(pen, rng.uniform(0, a), rng.uniform(0.74, 0.96), rng.uniform(0.05, 0.1), puff)


def cloud(pen, x, y, size, colour):
    """A cloud of three puffs on a flat base."""
    pen.oval(x - size * 0.8, y + size * 0.22, size * 0.6, size * 0.4, colour)
    pen.oval(x, y + size * 0.4, size * 0.75, size * 0.62, colour)
    pen.oval(x + size * 0.8, y + size * 0.2, size * 0.55, size * 0.36, colour)
    pen.box(x - size * 1.2, y - size * 0.12, x + size * 1.2, y + size * 0.24, colour, radius=size * 0.17)


def hills(pen, a, base, height, colour, rng, floor=0.0):
    """A rolling silhouette that fills everything from its crest down to `floor`."""
    pen.shape([(0, floor), *wave(24, a, height, rng, base), (a, floor)], colour)


def tufts(pen, a, count, top, colour, rng):
    """Tufts of grass here and there below `top`."""
    for _ in range(count):
        x, y = rng.uniform(0, a), rng.uniform(0.01, top)
        for lean in (-0.012, 0, 0.012):
            pen.line([(x, y), (x + lean, y + 0.026)], 0.005, colour)


def fir(pen, x, y, height, colour):
    """A fir far away."""
    pen.box(x - height * 0.03, y, x + height * 0.03, y + height * 0.2, (84, 62, 52))
    for i in range(3):
        r, low = height * (0.24 - 0.055 * i), y + height * (0.12 + 0.25 * i)
        pen.shape([(x - r, low), (x + r, low), (x, low + height * 0.42)], light(colour, 0.06 * i))


def beach(pen, a, time, rng):
    """Sand, shells, surf and an open sea."""
    sky(pen, a, time, 0.6, rng)
    deep = (36, 132, 190) if time != "sunset" else (86, 104, 170)
    pen.gradient(0.36, 0.6, (92, 206, 214), deep)
    for _ in range(12):
        x, y = rng.uniform(0, a), rng.uniform(0.43, 0.58)
        pen.line([(x, y), (x + 0.09, y)], 0.006, (190, 236, 244))
    crest = wave(24, a, 0.014, rng, 0.4)
    pen.shape([(0, 0), *[(x, y + 0.022) for x, y in crest], (a, 0)], (246, 252, 252))
    pen.shape([(0, 0), *crest, (a, 0)], (214, 186, 134))
    pen.shape([(0, 0), *[(x, y - 0.022) for x, y in crest], (a, 0)], (244, 218, 160))
    for _ in range(26):
        x, y = rng.uniform(0, a), rng.uniform(0.01, 0.34)
        pen.oval(x, y, 0.008, 0.004, (222, 190, 130))
    for _ in range(3):
        x, y = rng.uniform(0, a), rng.uniform(0.02, 0.2)
        pen.oval(x, y, 0.016, 0.016, rng.choice([(250, 170, 150), (255, 240, 226)]), part=(0, 180))


def park(pen, a, time, rng):
    """Lawn, flower beds, a winding path and round bushes, with the town behind."""
    sky(pen, a, time, 0.46, rng)
    x = -0.02
    while x < a:
        w, h = rng.uniform(0.06, 0.12), rng.uniform(0.06, 0.2)
        pen.box(x, 0.46, x + w, 0.5 + h, mix(SKY[time][1], (120, 130, 170), 0.4))
        x += w + rng.uniform(0.0, 0.04)
    for i in range(int(a / 0.09) + 2):
        r = rng.uniform(0.07, 0.1)
        pen.oval(i * 0.09, 0.47, r, r * 0.9, rng.choice([(84, 160, 86), (100, 174, 84), (72, 146, 84)]))
    pen.gradient(0.0, 0.48, (122, 196, 88), (158, 214, 104))
    bend = rng.uniform(0.3, 0.7) * a
    pen.shape([(bend - 0.02, 0.48), (bend + 0.02, 0.48), (bend + 0.1, 0.34), (bend - 0.02, 0.2),
               (bend + 0.3, 0.0),
               (bend - 0.24, 0.0), (bend - 0.2, 0.2), (bend + 0.02, 0.34)], (234, 216, 174))  # fmt: skip
    for _ in range(30):
        x, y = rng.uniform(0, a), rng.uniform(0.01, 0.4)
        if abs(x - bend) > 0.26:
            pen.oval(
                x,
                y,
                0.011,
                0.011,
                rng.choice([(250, 120, 150), (255, 220, 90), (255, 255, 255), (190, 130, 220)]),
            )
            pen.oval(x, y, 0.004, 0.004, (250, 180, 60))


def farm(pen, a, time, rng):
    """Ploughed and golden fields, a red barn with its silo, and a fence."""
    sky(pen, a, time, 0.5, rng)
    hills(pen, a, 0.53, 0.02, (150, 190, 98), rng, 0.4)
    hills(pen, a, 0.47, 0.02, (226, 196, 92), rng, 0.3)
    x = rng.choice([0.2, 0.8]) * a
    pen.box(x + 0.17, 0.42, x + 0.25, 0.74, (196, 200, 208))
    pen.oval(x + 0.21, 0.74, 0.04, 0.04, (160, 166, 178))
    pen.box(x - 0.15, 0.42, x + 0.15, 0.62, (190, 58, 50))
    pen.shape(
        [(x - 0.18, 0.61), (x - 0.11, 0.72), (x, 0.77), (x + 0.11, 0.72), (x + 0.18, 0.61)], (130, 48, 48)
    )
    pen.shape(
        [(x - 0.14, 0.61), (x - 0.09, 0.7), (x, 0.74), (x + 0.09, 0.7), (x + 0.14, 0.61)], (190, 58, 50)
    )
    pen.box(x - 0.06, 0.42, x + 0.06, 0.56, (246, 240, 230))
    pen.box(x - 0.048, 0.42, x + 0.048, 0.548, (150, 44, 42))
    pen.line([(x - 0.045, 0.425), (x + 0.045, 0.545)], 0.009, (246, 240, 230))
    pen.line([(x + 0.045, 0.425), (x - 0.045, 0.545)], 0.009, (246, 240, 230))
    pen.gradient(0.0, 0.42, (132, 172, 70), (170, 196, 86))
    for i in range(-6, 16):
        foot = a * i / 8
        pen.line([(a / 2 + (foot - a / 2) * 0.5, 0.36), (foot, 0.0)], 0.011, (116, 152, 62))
    for y in (0.37, 0.42):
        pen.line([(0, y), (a, y)], 0.011, (244, 238, 226))
    for i in range(int(a / 0.12) + 1):
        pen.line([(0.03 + 0.12 * i, 0.33), (0.03 + 0.12 * i, 0.46)], 0.016, (244, 238, 226))


def campsite(pen, a, time, rng):
    """A clearing at night: moon, stars, black firs and a camp fire."""
    sky(pen, a, "night", 0.38, rng)
    hills(pen, a, 0.5, 0.05, (34, 42, 88), rng, 0.3)
    for i in range(int(a / 0.1) + 2):
        fir(pen, i * 0.1 + rng.uniform(-0.03, 0.03), 0.34, rng.uniform(0.24, 0.38), (22, 44, 62))
    pen.gradient(0.0, 0.37, (52, 78, 74), (30, 52, 66))
    x, y = rng.choice([0.12, 0.5, 0.88]) * a, 0.3
    for r in (0.34, 0.24, 0.15):
        pen.oval(x, y + 0.02, r, r * 0.5, (255, 170, 70, 34))
    for tilt in (-1, 1):
        pen.line([(x - 0.07, y + 0.012 * tilt), (x + 0.07, y - 0.012 * tilt)], 0.026, (96, 62, 46))
    for r, h, colour in (
        (0.055, 0.17, (238, 104, 44)),
        (0.038, 0.12, (252, 170, 60)),
        (0.02, 0.07, (255, 236, 150)),
    ):
        pen.oval(x, y + 0.03, r, r * 0.8, colour)
        pen.shape([(x - r, y + 0.03), (x + rng.uniform(-0.02, 0.02), y + h), (x + r, y + 0.03)], colour)
    tufts(pen, a, 26, 0.28, (74, 106, 92), rng)


def forest(pen, a, time, rng):
    """Trunk behind trunk, beams of light, ferns and mushrooms."""
    pen.gradient(0.25, 1.0, (196, 220, 150), (66, 124, 84))
    for depth, colour in ((0, (146, 182, 124)), (1, (94, 134, 92)), (2, (70, 84, 62))):
        for i in range(int(a / (0.13 + 0.05 * depth)) + 1):
            x, w = (0.13 + 0.05 * depth) * i + rng.uniform(-0.04, 0.04), 0.014 + 0.011 * depth
            pen.shape([(x - w * 1.4, 0.26), (x - w, 1.0), (x + w, 1.0), (x + w * 1.4, 0.26)], colour)
    for _ in range(3):
        x = rng.uniform(0, a)
        pen.shape([(x, 1.0), (x + 0.1, 1.0), (x - 0.12, 0.25), (x - 0.34, 0.25)], (255, 250, 190, 36))
    for i in range(int(a / 0.1) + 2):
        pen.oval(
            i * 0.1,
            0.99,
            0.1,
            rng.uniform(0.06, 0.13),
            rng.choice([(44, 104, 66), (56, 120, 72), (36, 90, 60)]),
        )
    pen.gradient(0.0, 0.27, (76, 92, 50), (104, 132, 66))
    hills(pen, a, 0.25, 0.012, (96, 124, 62), rng, 0.2)
    for _ in range(13):
        x, y = rng.uniform(0, a), rng.uniform(0.02, 0.26)
        for lean in (-0.05, -0.027, 0, 0.027, 0.05):
            pen.line([(x, y), (x + lean, y + 0.055 - abs(lean) * 0.5)], 0.01, (62, 128, 62))
    for _ in range(4):
        x, y = rng.uniform(0, a), rng.uniform(0.02, 0.2)
        pen.box(x - 0.006, y, x + 0.006, y + 0.022, (248, 238, 220))
        pen.oval(x, y + 0.02, 0.02, 0.018, (214, 60, 52), part=(0, 180))


def desert(pen, a, time, rng):
    """Dunes behind dunes under a hot sky, and a table mountain."""
    top, low = ((255, 196, 110), (255, 236, 190)) if time != "sunset" else ((196, 90, 100), (255, 182, 104))
    pen.gradient(0.4, 1.0, low, top)
    x = rng.uniform(0.2, 0.8) * a
    for r in (0.17, 0.12):
        pen.oval(x, 0.86, r, r, (255, 246, 206, 80))
    pen.oval(x, 0.86, 0.085, 0.085, (255, 250, 222))
    x = rng.uniform(0.1, 0.9) * a
    pen.shape([(x - 0.3, 0.4), (x - 0.16, 0.62), (x + 0.14, 0.62), (x + 0.26, 0.4)], (206, 122, 82))
    pen.shape([(x - 0.16, 0.62), (x + 0.14, 0.62), (x + 0.165, 0.57), (x - 0.19, 0.57)], (222, 144, 98))
    for base, height, colour in (
        (0.45, 0.04, (232, 160, 86)),
        (0.37, 0.035, (240, 176, 98)),
        (0.28, 0.03, (246, 194, 116)),
    ):
        crest = wave(24, a, height, rng, base)
        pen.shape([(0, 0), *crest, (a, 0)], colour)
        pen.line(crest, 0.007, light(colour, 0.35))
    for _ in range(7):
        x, y = rng.uniform(0, a), rng.uniform(0.02, 0.24)
        pen.curve((x, y), (x + 0.07, y + 0.018), (x + 0.15, y), 0.006, (228, 168, 94))


def snow(pen, a, time, rng):
    """White slopes below sharp peaks, firs under snow and falling flakes."""
    sky(pen, a, time, 0.5, rng)
    x = rng.uniform(-0.3, 0.0)
    while x < a + 0.2:
        h, r = rng.uniform(0.22, 0.36), rng.uniform(0.22, 0.3)
        pen.shape([(x - r, 0.44), (x, 0.46 + h), (x + r, 0.44)], (134, 158, 200))
        pen.shape([(x - r * 0.42, 0.452 + h * 0.6), (x, 0.46 + h), (x + r * 0.42, 0.452 + h * 0.6),
                   (x + r * 0.14, 0.46 + h * 0.66),
                   (x, 0.46 + h * 0.54), (x - r * 0.16, 0.46 + h * 0.66)], (246, 249, 255))  # fmt: skip
        x += r * rng.uniform(0.9, 1.2)
    hills(pen, a, 0.46, 0.03, (222, 232, 248), rng)
    for _ in range(int(a * 6)):
        x, y, h = rng.uniform(0, a), rng.uniform(0.36, 0.44), rng.uniform(0.1, 0.17)
        fir(pen, x, y, h, (62, 110, 104))
        pen.shape(
            [(x - h * 0.1, y + h * 0.84), (x, y + h * 1.04), (x + h * 0.1, y + h * 0.84)], (250, 252, 255)
        )
    hills(pen, a, 0.33, 0.035, (238, 244, 254), rng)
    pen.gradient(0.0, 0.16, (250, 252, 255), (240, 246, 254))
    x = rng.uniform(0.1, 0.6) * a
    for shift in (0, 0.035):
        pen.curve(
            (x + shift, 0.33), (x + 0.3 + shift, 0.22), (x + 0.1 + shift * 2, 0.0), 0.008, (206, 218, 240)
        )
    for _ in range(40):
        r = rng.uniform(0.003, 0.007)
        pen.oval(rng.uniform(0, a), rng.uniform(0, 1), r, r, (255, 255, 255))


def lake(pen, a, time, rng):
    """Still water between green mountains, with lilies, reeds and a grassy shore."""
    sky(pen, a, time, 0.56, rng)
    haze = SKY[time][1]
    for base, height, colour in (
        (0.7, 0.07, (110, 140, 176)),
        (0.63, 0.04, (80, 136, 124)),
        (0.585, 0.02, (62, 122, 84)),
    ):
        hills(pen, a, base, height, mix(colour, haze, 0.18), rng, 0.5)
    pen.gradient(0.12, 0.56, (44, 124, 152), (128, 196, 206))
    for _ in range(14):
        x, y = rng.uniform(0, a), rng.uniform(0.22, 0.53)
        pen.line([(x, y), (x + rng.uniform(0.05, 0.16), y)], 0.006, (176, 222, 226))
    for _ in range(5):
        x, y = rng.uniform(0, a), rng.uniform(0.24, 0.34)
        pen.oval(x, y, 0.035, 0.011, (74, 152, 90))
        if rng.random() < 0.5:
            pen.oval(x, y + 0.01, 0.012, 0.012, (250, 170, 200))
    hills(pen, a, 0.17, 0.012, (92, 158, 76), rng)
    pen.gradient(0.0, 0.13, (104, 168, 78), (92, 158, 76))
    for side in (0.03, 0.97):
        for _ in range(6):
            x, h = side * a + rng.uniform(-0.06, 0.06), rng.uniform(0.16, 0.26)
            pen.line([(x, 0.1), (x + 0.01, 0.1 + h)], 0.007, dark((92, 158, 76), 0.2))
            pen.line([(x + 0.009, 0.07 + h), (x + 0.012, 0.12 + h)], 0.019, (124, 80, 50))
    tufts(pen, a, 20, 0.13, (74, 136, 64), rng)


BACKGROUNDS = {f.__name__: f for f in (beach, park, farm, campsite, forest, desert, snow, lake)}
