"""Men, women, boys and girls: one skeleton, a table of poses, and what each of them wears."""

import math

from helpers.scenes.pen import PALETTE, dark, light, mix

SKIN = [(250, 214, 186), (236, 188, 150), (206, 152, 110), (164, 112, 76), (120, 80, 56)]
HAIR = [(50, 36, 32), (86, 56, 36), (140, 88, 44), (214, 166, 84), (176, 78, 40)]
TROUSERS = {"man": (44, 54, 92), "boy": (196, 160, 108)}

# (upper, lower) limb in degrees from straight down, forward positive: near arm, far arm, near leg, far leg.
POSES = {
    "stand": ((12, 16), (-14, -6), (5, 4), (-6, -6)),
    "wave": ((12, 16), (-140, -165), (5, 4), (-6, -6)),
    "walk": ((-28, -12), (28, 44), (26, 12), (-20, -36)),
    "run": ((-62, 20), (48, 120), (68, 2), (-28, -96)),
    "sit": ((30, 62), (22, 60), (86, 2), (80, -4)),
    "rest": ((-24, -22), (20, 70), (74, 96), (110, 30)),
    "ride": ((52, 74), (48, 74), (70, -4), (48, -24)),
    "sail": ((50, 80), (60, 95), (0, 0), (0, 0)),
    "surf": ((-80, -88), (84, 92), (40, -12), (-40, 8)),
    "ski": ((36, 84), (30, 80), (34, -14), (26, -18)),
    "hold": ((10, 14), (58, 138), (5, 4), (-6, -6)),
    "carry": ((24, 88), (20, 84), (5, 4), (-6, -6)),
    "kick": ((-48, -20), (50, 70), (56, 44), (-12, -16)),
    "throw": ((-40, -10), (96, 128), (22, 6), (-22, -34)),
}
GROWN = {"arm": 0.165, "leg": 0.225, "torso": 0.27, "head": 0.118, "limb": 0.062, "chest": 0.095}
SMALL = {"arm": 0.15, "leg": 0.17, "torso": 0.26, "head": 0.158, "limb": 0.08, "chest": 0.1}


def _build(kind):
    return SMALL if kind in ("boy", "girl") else GROWN


def _limb(start, length, angles):
    """Where a limb's joint and end are."""
    (x, y), (a, b) = start, (math.radians(angle) for angle in angles)
    joint = (x + length * math.sin(a), y - length * math.cos(a))
    return joint, (joint[0] + length * math.sin(b), joint[1] - length * math.cos(b))


def hip(kind, action):
    """Height of the hips above the lower foot, in heights of the person."""
    build = _build(kind)
    if action == "sail":  # the hull hides the legs
        return 0.0
    lowest = min(_limb((0, 0), build["leg"], angles)[1][1] for angles in POSES[action][2:])
    return max(-lowest, 0.5 * build["limb"]) + 0.02


def hand(kind, action):
    """Where the far hand is, the one that holds things: (x, y) in heights of the person."""
    build = _build(kind)
    shoulder = (0.0, hip(kind, action) + build["torso"] - 0.03)
    return _limb(shoulder, build["arm"], POSES[action][1])[1]


def person(pen, kind, colour, action, rng):
    """Draw a person of `kind` dressed in `colour`."""
    build, pose = _build(kind), POSES[action]
    skin, hair, trousers = rng.choice(SKIN), rng.choice(HAIR), TROUSERS.get(kind, (84, 80, 84))
    cloth = PALETTE[colour]
    waist = (0.0, hip(kind, action))
    shoulder = (0.0, waist[1] + build["torso"] - 0.03)
    if action not in ("sit", "ride", "surf", "sail"):
        pen.shadow(0.22 if build is GROWN else 0.28)
    _arm(pen, build, shoulder, pose[1], dark(cloth, 0.14), skin)
    for angles, shade in ((pose[3], 0.16), (pose[2], 0.0)) if action != "sail" else ():
        _leg(pen, kind, build, waist, angles, dark(skin, shade * 0.6), dark(trousers, shade), cloth)
    if kind in ("woman", "girl"):
        _long_hair(pen, kind, build, shoulder, hair)
    _body(pen, kind, build, waist, shoulder, cloth, action)
    _head(pen, kind, build, (0.015, shoulder[1] + 0.045 + build["head"]), skin, hair, cloth)
    _arm(pen, build, shoulder, pose[0], cloth, skin)
    if action == "ski":
        _skis(pen, build, shoulder)


def _skis(pen, build, shoulder):
    for y in (0.0, 0.035):
        pen.curve((-0.32, y), (0.3, y), (0.42, y + 0.06), 0.024, (226, 74, 62) if y else (190, 52, 52))
    grip = (build["arm"] * 1.5, shoulder[1] - build["arm"] * 0.9)
    pen.line([grip, (grip[0] - 0.2, 0.02)], 0.014, (60, 64, 80))


def _arm(pen, build, shoulder, angles, cloth, skin):
    elbow, palm = _limb(shoulder, build["arm"], angles)
    pen.line([shoulder, elbow, palm], build["limb"] * 0.86, skin)
    pen.line([shoulder, elbow], build["limb"], cloth)
    pen.oval(*palm, build["limb"] * 0.5, build["limb"] * 0.5, skin)


def _leg(pen, kind, build, waist, angles, skin, trousers, cloth):
    """Long trousers for men, long dresses for women, shorts and short dresses for children."""
    knee, foot = _limb(waist, build["leg"], angles)
    width = build["limb"] * 1.2
    lower = {"man": trousers, "woman": cloth}.get(kind, trousers if pen.place == "snow" else skin)
    pen.line([waist, knee, foot], width * (1.2 if kind == "woman" else 0.9), lower)
    if kind == "girl":  # white socks
        pen.line([((knee[0] + foot[0]) / 2, (knee[1] + foot[1]) / 2), foot], width * 0.95, (252, 250, 246))
    if kind in ("man", "boy"):
        pen.line([waist, knee], width * 1.15, trousers)
    elif abs(angles[0]) > 45:
        pen.line([waist, knee], width * 1.5, cloth)
    pen.oval(
        foot[0] + 0.025,
        foot[1],
        width * 0.78,
        width * 0.42,
        (226, 80, 130) if kind == "girl" else (70, 56, 58),
    )


def _body(pen, kind, build, waist, shoulder, cloth, action):
    chest, low, high = build["chest"], waist[1], shoulder[1]
    pen.box(-chest, low - 0.02, chest, high + 0.035, cloth, radius=0.05)
    if kind == "man":
        pen.shape(
            [(0.0, high + 0.03), (0.05, high + 0.03), (0.04, low + 0.06), (0.01, low + 0.06)], (60, 56, 72)
        )
    elif kind == "boy":
        for y in (0.06, 0.15):
            pen.box(-chest, low + y, chest, low + y + 0.045, (252, 250, 244))
    else:
        if action == "run" or (POSES[action][2][0] < 60 and action != "sail"):
            hem, flare = (
                (low - build["leg"] * 1.55, 2.3) if kind == "woman" else (low - build["leg"] * 0.95, 2.2)
            )
            pen.shape([(-chest * 0.9, low + 0.05), (chest * 0.9, low + 0.05),
                       (chest * flare, hem), (-chest * flare, hem)], cloth)  # fmt: skip
            pen.box(-chest * flare, hem - 0.015, chest * flare, hem + 0.02, light(cloth, 0.45))
        pen.box(-chest, low + 0.035, chest, low + 0.065, dark(cloth, 0.3))
    if kind == "woman":
        _dots(pen, chest, low, high, cloth, action)
    if kind == "girl":
        pen.oval(0.02, high + 0.02, chest * 1.05, 0.06, (252, 250, 246))


def _dots(pen, chest, low, high, cloth, action):
    """The dots on a woman's dress."""
    dot = (252, 250, 244) if cloth != PALETTE["white"] else (232, 92, 130)
    rows = [(high - 0.03, (-0.5, 0.4)), (low + 0.1, (-0.1, 0.7))]
    if POSES[action][2][0] < 60 and action != "sail":
        rows += [
            (low - 0.05, (-0.7, 0.1, 0.8)),
            (low - 0.14, (-1.1, -0.3, 0.5, 1.2)),
            (low - 0.23, (-1.4, -0.6, 0.2, 1)),
        ]
    elif action != "sail":
        rows += [(low - 0.02, (0.3, 1.2))]
    for y, xs in rows:
        for x in xs:
            pen.oval(chest * x, y, 0.02, 0.02, dot)


def _long_hair(pen, kind, build, shoulder, hair):
    r, y = build["head"], shoulder[1] + 0.045 + build["head"]
    if kind == "woman":
        pen.box(-r * 1.5, y - r * 2.3, r * 1.15, y + r * 0.7, hair, radius=r * 0.8)
    else:
        for side in (-1, 1):
            pen.oval(side * r * 1.42, y - r * 0.34, r * 0.5, r * 0.8, hair)


def _head(pen, kind, build, centre, skin, hair, cloth):
    (x, y), r = centre, build["head"]
    pen.line([(x - 0.01, y - r - 0.04), (x - 0.01, y - r * 0.6)], r * 0.6, dark(skin, 0.12))
    pen.oval(x, y, r, r * 1.05, skin)
    pen.oval(x - r * 0.05, y + r * 0.1, r * 1.06, r * 1.05, hair, part=(24, 186))
    pen.shape([(x - r * 1.1, y + r * 0.3), (x - r * 0.35, y + r * 0.5), (x - r * 0.8, y - r * 0.45)], hair)
    _hat(pen, kind, x, y, r, cloth)
    if kind == "man":
        pen.oval(x + r * 0.06, y - r * 0.32, r * 0.96, r * 0.86, hair, part=(180, 360))
    for eye in (0.12, 0.62):
        pen.oval(x + r * eye, y + r * 0.06, r * 0.11, r * 0.15, (40, 32, 40))
    pen.oval(x + r * 0.72, y - r * 0.3, r * 0.18, r * 0.12, mix(skin, (240, 90, 90), 0.4))
    pen.oval(x + r * 0.36, y - r * 0.36, r * 0.3, r * 0.22, (170, 60, 60), part=(190, 350))


def _hat(pen, kind, x, y, r, cloth):
    """A hat for men, a cap for boys, bows for girls; in the snow, bobble hats for all."""
    colour = {"man": (92, 62, 46), "boy": (40, 84, 190), "girl": (240, 84, 140)}.get(kind, dark(cloth, 0.15))
    if pen.place == "snow":
        pen.oval(x - r * 0.05, y + r * 0.2, r * 1.12, r * 1.1, colour, part=(5, 175))
        pen.oval(x - r * 0.1, y + r * 1.35, r * 0.3, r * 0.3, (250, 250, 250))
    elif kind == "boy":
        pen.oval(x - r * 0.02, y + r * 0.22, r * 1.1, r * 0.98, colour, part=(0, 180))
        pen.line([(x + r * 0.4, y + r * 0.34), (x + r * 1.6, y + r * 0.24)], r * 0.24, (226, 66, 60))
    elif kind == "man":
        pen.box(x - r * 0.9, y + r * 0.4, x + r * 0.85, y + r * 1.35, colour, radius=r * 0.3)
        pen.box(x - r * 0.9, y + r * 0.5, x + r * 0.85, y + r * 0.75, (226, 190, 120))
        pen.line([(x - r * 1.4, y + r * 0.46), (x + r * 1.4, y + r * 0.46)], r * 0.24, colour)
    if kind == "girl":
        for side in (-1, 1):
            for tilt in (-1, 1):
                pen.oval(side * r * 1.15 + tilt * r * 0.24, y + r * 0.5, r * 0.28, r * 0.34, colour)


DRAW = {
    kind: (lambda pen, colour, action, rng, kind=kind: person(pen, kind, colour, action, rng))
    for kind in ("man", "woman", "boy", "girl")
}
