"""Men, women, boys and girls: one skeleton, a table of poses, and what each of them wears."""

import math

from helpers.scenes.pen import PALETTE, dark, light, mix

SKIN = [(250, 214, 186), (236, 188, 150), (206, 152, 110), (164, 112, 76), (120, 80, 56)]
HAIR = [(50, 36, 32), (86, 56, 36), (140, 88, 44), (214, 166, 84), (176, 78, 40)]
TROUSERS = [(58, 72, 104), (84, 80, 84), (104, 84, 66), (62, 88, 92)]

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
GROWN = {"arm": 0.165, "leg": 0.225, "torso": 0.28, "head": 0.11, "limb": 0.062, "chest": 0.088}
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
    skin, hair, trousers = rng.choice(SKIN), rng.choice(HAIR), rng.choice(TROUSERS)
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
    _head(pen, kind, build, (0.015, shoulder[1] + 0.045 + build["head"]), skin, hair, cloth, rng)
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
    knee, foot = _limb(waist, build["leg"], angles)
    width = build["limb"] * 1.2
    long = kind == "man" or pen.place == "snow"
    pen.line([waist, knee, foot], width * 0.86, trousers if long else skin)
    if kind in ("man", "boy"):
        pen.line([waist, knee], width * 1.15, trousers if kind == "man" else dark(trousers, 0.1))
    elif abs(angles[0]) > 45:
        pen.line([waist, knee], width * 1.5, cloth)
    pen.oval(foot[0] + 0.025, foot[1], width * 0.78, width * 0.42, (70, 56, 58))


def _body(pen, kind, build, waist, shoulder, cloth, action):
    chest = build["chest"]
    pen.box(-chest, waist[1] - 0.02, chest, shoulder[1] + 0.035, cloth, radius=0.05)
    if kind in ("woman", "girl"):
        if action == "run" or (POSES[action][2][0] < 60 and action != "sail"):
            hem, flare = waist[1] - build["leg"] * 1.02, 2.25 if kind == "woman" else 2.0
            pen.shape([(-chest * 0.9, waist[1] + 0.05), (chest * 0.9, waist[1] + 0.05),
                       (chest * flare, hem), (-chest * flare, hem)], cloth)  # fmt: skip
            pen.box(-chest * flare, hem - 0.015, chest * flare, hem + 0.02, light(cloth, 0.45))
        pen.box(-chest, waist[1] + 0.035, chest, waist[1] + 0.065, dark(cloth, 0.3))
    else:
        pen.box(-chest, waist[1] + 0.1, chest, waist[1] + 0.14, light(cloth, 0.5))


def _long_hair(pen, kind, build, shoulder, hair):
    r, y = build["head"], shoulder[1] + 0.045 + build["head"]
    if kind == "woman":
        pen.box(-r * 1.35, y - r * 2.1, r * 1.0, y + r * 0.5, hair, radius=r * 0.7)
    else:
        for side in (-1, 1):
            pen.oval(side * r * 1.32, y - r * 0.25, r * 0.36, r * 0.62, hair)
            pen.oval(side * r * 1.12, y + r * 0.2, r * 0.2, r * 0.2, (236, 90, 120))


def _head(pen, kind, build, centre, skin, hair, cloth, rng):
    (x, y), r = centre, build["head"]
    pen.line([(x - 0.01, y - r - 0.04), (x - 0.01, y - r * 0.6)], r * 0.6, dark(skin, 0.12))
    pen.oval(x, y, r, r * 1.05, skin)
    pen.oval(x - r * 0.05, y + r * 0.1, r * 1.06, r * 1.05, hair, part=(24, 186))
    pen.shape([(x - r * 1.1, y + r * 0.3), (x - r * 0.35, y + r * 0.5), (x - r * 0.8, y - r * 0.45)], hair)
    style = rng.random()
    if pen.place == "snow":
        pen.oval(x - r * 0.05, y + r * 0.2, r * 1.12, r * 1.1, dark(cloth, 0.15), part=(5, 175))
        pen.oval(x - r * 0.1, y + r * 1.35, r * 0.3, r * 0.3, (250, 250, 250))
    elif kind == "boy" and style < 0.75:
        cap = mix(cloth, (40, 50, 90), 0.45)
        pen.oval(x - r * 0.02, y + r * 0.22, r * 1.08, r * 0.95, cap, part=(4, 176))
        pen.line([(x + r * 0.4, y + r * 0.3), (x + r * 1.45, y + r * 0.22)], r * 0.2, cap)
    elif kind == "man" and style < 0.55:
        pen.oval(x + r * 0.05, y - r * 0.3, r * 0.9, r * 0.74, hair, part=(186, 354))
    for eye in (0.12, 0.62):
        pen.oval(x + r * eye, y + r * 0.06, r * 0.11, r * 0.15, (40, 32, 40))
    pen.oval(x + r * 0.72, y - r * 0.3, r * 0.18, r * 0.12, mix(skin, (240, 90, 90), 0.4))
    pen.oval(x + r * 0.36, y - r * 0.36, r * 0.3, r * 0.22, (170, 60, 60), part=(190, 350))


DRAW = {
    kind: (lambda pen, colour, action, rng, kind=kind: person(pen, kind, colour, action, rng))
    for kind in ("man", "woman", "boy", "girl")
}
