"""Places that people built: streets, harbours and rooms. Same coordinates as in `nature`."""

from helpers.scenes.nature import SKY, sky
from helpers.scenes.pen import dark, light, mix

HOUSES = [
    (226, 140, 110),
    (240, 200, 130),
    (150, 178, 206),
    (206, 124, 124),
    (176, 198, 168),
    (232, 216, 196),
]


def street(pen, a, time, rng):
    """Houses with lit shop windows, pavement, and the road with its dashes."""
    sky(pen, a, time, 0.5, rng, sun=False)
    x = -rng.uniform(0, 0.1)
    while x < a:
        w, h = rng.uniform(0.2, 0.34), rng.uniform(0.68, 0.95)
        _house(pen, x, w, h, rng.choice(HOUSES), rng)
        x += w
    pen.box(0, 0.26, a, 0.35, (206, 202, 200))
    for i in range(int(a / 0.1) + 1):
        pen.line([(0.1 * i, 0.35), (0.1 * i - 0.03, 0.27)], 0.005, (180, 176, 176))
    pen.box(0, 0.245, a, 0.265, (160, 158, 162))
    pen.gradient(0.0, 0.25, (96, 98, 112), (122, 124, 134))
    for i in range(int(a / 0.22) + 2):
        x = 0.22 * i - 0.05
        pen.shape([(x, 0.115), (x + 0.11, 0.115), (x + 0.12, 0.14), (x + 0.01, 0.14)], (246, 240, 214))


def _house(pen, x, w, h, wall, rng):
    pen.box(x, 0.33, x + w, h, wall)
    pen.box(x, h - 0.025, x + w, h, dark(wall, 0.3))
    columns = 3 if w > 0.26 else 2
    step = w / columns
    y = 0.56
    while y + 0.09 < h - 0.02:
        for i in range(columns):
            left = x + step * i + step * 0.25
            lit = rng.random() < 0.25
            pen.box(left, y, left + step * 0.5, y + 0.08, (255, 234, 160) if lit else (120, 150, 180))
            pen.box(left - 0.006, y - 0.012, left + step * 0.5 + 0.006, y, light(wall, 0.5))
        y += 0.125
    pen.box(x + 0.02, 0.36, x + w * 0.6, 0.48, (190, 220, 232))
    pen.box(x + w * 0.7, 0.34, x + w - 0.02, 0.48, dark(wall, 0.5))
    stripe = rng.choice([(214, 80, 76), (70, 130, 190), (80, 160, 110)])
    for i in range(6):
        left = x + 0.01 + (w - 0.02) * i / 6
        pen.box(left, 0.485, left + (w - 0.02) / 6, 0.525, stripe if i % 2 else (250, 246, 238))


def harbour(pen, a, time, rng):
    """Cranes, warehouses and a lighthouse across the water; in front, the stone quay."""
    sky(pen, a, time, 0.56, rng)
    far = mix((96, 112, 140), SKY[time][1], 0.3)
    x = -0.05
    while x < a:
        w, h = rng.uniform(0.12, 0.2), rng.uniform(0.06, 0.1)
        wall = rng.choice([(170, 96, 80), (150, 118, 100), (120, 132, 150)])
        pen.box(x, 0.55, x + w, 0.56 + h, wall)
        pen.shape([(x, 0.56 + h), (x + w / 2, 0.6 + h), (x + w, 0.56 + h)], dark(wall, 0.3))
        x += w
    for _ in range(2):
        x, side = rng.uniform(0.1, 0.9) * a, rng.choice([-1, 1])
        pen.line([(x, 0.56), (x, 0.86)], 0.02, (236, 150, 60))
        pen.line([(x - side * 0.09, 0.84), (x + side * 0.24, 0.87)], 0.017, (236, 150, 60))
        pen.line([(x, 0.93), (x + side * 0.24, 0.87)], 0.006, far)
        pen.line([(x + side * 0.2, 0.865), (x + side * 0.2, 0.72)], 0.005, far)
        pen.box(x + side * 0.2 - 0.025, 0.69, x + side * 0.2 + 0.025, 0.72, (70, 90, 120))
    x = rng.choice([0.07, 0.93]) * a
    for i in range(5):
        w, y = 0.05 - 0.005 * i, 0.54 + 0.07 * i
        pen.shape([(x - w, y), (x + w, y), (x + w - 0.005, y + 0.07), (x - w + 0.005, y + 0.07)],
                  (214, 66, 60) if i % 2 == 0 else (250, 248, 242))  # fmt: skip
    pen.oval(x, 0.9, 0.032, 0.036, (255, 236, 140))
    pen.gradient(0.1, 0.56, (22, 74, 116), (70, 126, 160))
    for _ in range(16):
        x, y = rng.uniform(0, a), rng.uniform(0.22, 0.54)
        pen.curve((x, y), (x + 0.025, y + 0.014), (x + 0.05, y), 0.006, (120, 170, 200))
    pen.box(0, 0.0, a, 0.2, (156, 150, 150))
    pen.box(0, 0.175, a, 0.205, (190, 184, 180))
    for row in range(3):
        for i in range(int(a / 0.16) + 2):
            x = 0.16 * i - 0.08 * (row % 2)
            pen.box(
                x,
                0.058 * row + 0.004,
                x + 0.15,
                0.058 * row + 0.052,
                (144, 138, 140) if (i + row) % 2 else (164, 158, 156),
            )
    for x in (0.2, 0.8):
        pen.line([(x * a, 0.19), (x * a, 0.225)], 0.036, (58, 60, 70))
        pen.line([(x * a - 0.02, 0.235), (x * a + 0.02, 0.235)], 0.022, (58, 60, 70))


def kitchen(pen, a, time, rng):
    """Tiles, cupboards, a stove, a fridge and a chequered floor."""
    wall = rng.choice([(252, 236, 200), (206, 232, 226), (250, 222, 206)])
    wood = rng.choice([(120, 168, 160), (226, 170, 100), (150, 170, 200)])
    pen.gradient(0.26, 1.0, wall, light(wall, 0.3))
    for row in range(4):
        for i in range(int(a / 0.07) + 1):
            if (row + i) % 2:
                pen.box(0.07 * i, 0.54 + 0.05 * row, 0.07 * i + 0.066, 0.586 + 0.05 * row, light(wood, 0.6))
    for i in range(int(a / 0.22) + 1):
        pen.box(0.22 * i + 0.006, 0.78, 0.22 * i + 0.214, 1.0, wood)
        pen.box(0.22 * i + 0.03, 0.81, 0.22 * i + 0.19, 0.98, light(wood, 0.18))
        pen.oval(0.22 * i + 0.17, 0.83, 0.009, 0.009, (250, 240, 210))
        pen.box(0.22 * i + 0.004, 0.26, 0.22 * i + 0.216, 0.5, wood)
        pen.box(0.22 * i + 0.03, 0.3, 0.22 * i + 0.19, 0.46, light(wood, 0.18))
        pen.line([(0.22 * i + 0.08, 0.475), (0.22 * i + 0.14, 0.475)], 0.009, (250, 240, 210))
    pen.box(0, 0.5, a, 0.535, (246, 240, 232))
    pen.box(0, 0.495, a, 0.505, dark(wood, 0.4))
    fridge, stove = rng.sample([0.0, a / 2 - 0.13, a - 0.28], 2)
    pen.box(fridge, 0.24, fridge + 0.26, 0.9, (238, 242, 246), radius=0.02)
    pen.line([(fridge, 0.64), (fridge + 0.26, 0.64)], 0.007, (176, 186, 196))
    for y in (0.5, 0.7):
        pen.line([(fridge + 0.03, y), (fridge + 0.03, y + 0.1)], 0.014, (160, 170, 182))
    pen.box(stove, 0.24, stove + 0.26, 0.535, (86, 90, 102), radius=0.015)
    pen.box(stove + 0.035, 0.29, stove + 0.225, 0.43, (40, 42, 52), radius=0.015)
    pen.box(stove + 0.06, 0.31, stove + 0.2, 0.37, (250, 160, 70), radius=0.01)
    for i in range(4):
        pen.oval(stove + 0.05 + 0.053 * i, 0.48, 0.013, 0.013, (226, 228, 232))
    for row in range(4):
        y = (0.26, 0.2, 0.13, 0.05, -0.06)
        for i in range(int(a / 0.13) + 3):
            shade = (250, 246, 238) if (row + i) % 2 else mix(wood, (90, 90, 100), 0.35)
            low, high = 0.13 + 0.02 * (row + 1), 0.13 + 0.02 * row
            middle = a / 2
            n = i - (int(a / 0.13) + 3) / 2
            pen.shape([(middle + n * high, y[row]), (middle + (n + 1) * high, y[row]),
                       (middle + (n + 1) * low, y[row + 1]),
                       (middle + n * low, y[row + 1])], shade)  # fmt: skip


def living_room(pen, a, time, rng):
    """Striped wallpaper, a window with curtains, pictures, a bookshelf, floorboards and a rug."""
    wall = rng.choice([(176, 120, 136), (112, 140, 160), (176, 140, 100), (130, 150, 120)])
    pen.gradient(0.28, 1.0, wall, light(wall, 0.14))
    for i in range(int(a / 0.1) + 1):
        pen.box(0.1 * i, 0.28, 0.1 * i + 0.04, 1.0, light(wall, 0.12))
    x = rng.uniform(0.3, 0.7) * a
    pen.box(x - 0.17, 0.58, x + 0.17, 0.93, (252, 248, 240))
    for side in (0, 1):
        pen.box(x - 0.15 + 0.16 * side, 0.6, x - 0.01 + 0.16 * side, 0.91, (170, 216, 244))
    pen.oval(x + 0.07, 0.66, 0.06, 0.06, (120, 180, 110))
    curtain = rng.choice([(226, 110, 90), (238, 190, 90), (90, 130, 150)])
    for side in (-1, 1):
        pen.shape([(x + side * 0.24, 0.97), (x + side * 0.1, 0.97), (x + side * 0.15, 0.72),
                   (x + side * 0.16, 0.5),
                   (x + side * 0.25, 0.5)], curtain)  # fmt: skip
    pen.line([(x - 0.27, 0.97), (x + 0.27, 0.97)], 0.016, (110, 76, 54))
    shelf = x - 0.62 if x > a / 2 else x + 0.34
    pen.box(shelf, 0.3, shelf + 0.28, 0.88, (128, 86, 58))
    for row in range(4):
        y, left = 0.33 + 0.135 * row, shelf + 0.02
        pen.box(shelf + 0.015, y, shelf + 0.265, y + 0.115, (92, 60, 44))
        while left < shelf + 0.24:
            w = rng.uniform(0.014, 0.03)
            pen.box(
                left,
                y,
                left + w,
                y + rng.uniform(0.07, 0.105),
                rng.choice([*HOUSES, (70, 110, 160), (200, 70, 70)]),
            )
            left += w + 0.002
    frame = x + 0.42 if x > a / 2 else x - 0.42
    pen.box(frame - 0.09, 0.66, frame + 0.09, 0.84, (232, 196, 110))
    pen.box(frame - 0.07, 0.68, frame + 0.07, 0.82, (150, 200, 220))
    pen.shape([(frame - 0.07, 0.68), (frame, 0.78), (frame + 0.07, 0.68)], (90, 140, 110))
    pen.gradient(0.0, 0.28, (200, 146, 96), (176, 122, 78))
    pen.box(0, 0.275, a, 0.31, (250, 244, 234))
    for y in (0.05, 0.1, 0.155, 0.21):
        pen.line([(0, y), (a, y)], 0.004, (158, 108, 70))
    rug = rng.choice([(176, 70, 80), (70, 100, 140), (226, 180, 110)])
    pen.oval(a / 2, 0.1, 0.45 * a, 0.1, rug)
    pen.oval(a / 2, 0.1, 0.4 * a, 0.08, light(rug, 0.4))
    pen.oval(a / 2, 0.1, 0.36 * a, 0.066, rug)


BACKGROUNDS = {"street": street, "harbour": harbour, "kitchen": kitchen, "living room": living_room}
