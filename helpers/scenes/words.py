"""A grammar of captions for a scene, as different people might put it; every one is true of the picture."""

import random
import re

from helpers.scenes import lexicon as lex
from helpers.scenes.catalogue import INDOORS, PEOPLE, THINGS

ANIMALS = ("dog", "cat", "horse", "cow", "sheep", "duck", "bird", "camel", "elephant", "bear")
NUMBERS = {2: {"two": 9, "a pair of": 0.8, "a couple of": 0.6}, 3: {"three": 9, "a group of": 0.8}}


def captions(scene, count=5):
    """`count` different captions of a `world.Scene`, 5 to 16 words each."""
    writer = _Writer(scene, random.Random(f"words {scene.seed}"))
    found, seen = [], set()
    while len(found) < count:
        caption = writer.write()
        plain = caption.lower().rstrip(".")
        if 5 <= len(plain.split()) <= 16 and plain not in seen:
            seen.add(plain)
            found.append(caption)
    return found


def _pick(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


def _class(name):
    return "people" if name in PEOPLE else "animal" if name in ANIMALS else "thing"


class _Writer:
    """Writes captions of one scene."""

    def __init__(self, scene, rng):
        self.scene, self.rng = scene, rng
        self.main = scene.groups[0]
        self.prop = next((g for g in scene.groups if g.role == "prop"), None)
        self.companion = next((g for g in scene.groups if g.role == "companion"), None)
        self.extras = [g for g in scene.groups if g.role == "extra"]

    def write(self):
        """One caption."""
        ways = {"plain": 5, "going on": 6, "fragment": 4, "place first": 3, "there is": 3, "view": 1.6}
        if self.companion:
            ways |= {"beside": 8, "company": 2}
        elif self.extras:
            ways |= {"company": 3}
        if self.extras:
            ways |= {"backdrop": 2.5}
        if self.prop and self.main.action in lex.PASSIVE and self.main.name in (*PEOPLE, "dog", "cat"):
            ways |= {"passive": 1.6}
        way = _pick(self.rng, ways)
        text = re.sub(r"\s+", " ", getattr(self, "_" + way.replace(" ", "_"))()).strip(" ,")
        mood = self.rng.random()
        if mood < 0.08:
            return text.lower()
        return text[0].upper() + text[1:] + ("." if mood < 0.86 else "")

    # ------------------------------------------------------------------ the ways of putting it

    def _plain(self):
        return f"{self.noun(self.main, 0.4)} {self.verb('finite')} {self.where()} {self.when()}"

    def _going_on(self):
        return f"{self.noun(self.main, 0.4)} {self.verb('going on')} {self.where()} {self.when()}"

    def _fragment(self):
        return f"{self.noun(self.main, 0.5)} {self.verb('fragment')} {self.where()} {self.when()}"

    def _place_first(self):
        where = _pick(self.rng, self.wheres())
        return f"{where}, {self.noun(self.main, 0.4)} {self.verb(self.rng.choice(['finite', 'going on']))}"

    def _there_is(self):
        be = "is" if self.main.count == 1 else "are"
        doing = self.verb("fragment") if self.rng.random() < 0.6 else ""
        return f"there {be} {self.noun(self.main, 0.5)} {doing} {self.where()}"

    def _view(self):
        place = lex.article(self.rng.choice(lex.SCENERY[self.scene.place]))
        doing = self.verb("fragment") if self.rng.random() < 0.4 else ""
        also = self.companion or (self.extras[0] if self.extras else None)
        also = f"and {self.noun(also, 0.5)}" if also and not doing else ""
        return f"{place} with {self.noun(self.main, 0.5)} {doing} {also}"

    def _company(self):
        other = self.companion or self.rng.choice(self.extras)
        one, two = self.noun(self.main, 0.4), self.noun(other, 0.4)
        if self.rng.random() < 0.25:
            one, two = two, one
        return f"{one} and {two} {self.rng.choice(['', '', 'are'])} {self.where()}"

    def _backdrop(self):
        extra = self.rng.choice(self.extras)
        far = "in the sky" if extra.action == "fly" else "in the background"
        subject, doing = self.noun(self.main, 0.3), self.verb("fragment")
        return f"{subject} {doing} {self.where()} with {self.noun(extra, 0.3)} {far}"

    def _passive(self):
        be = self.rng.choice(["is", "is", "is being", "being"])
        done = lex.PASSIVE[self.main.action]
        return f"{self.noun(self.prop, 0.5)} {be} {done} by {self.noun(self.main, 0.3)} {self.where()}"

    def _beside(self):
        """Where the main subject and its companion are, seen from one or the other."""
        index = self.scene.groups.index(self.companion)
        ties = [tie for tie in self.scene.relations if index in (tie[0], tie[2])]
        a, relation, b = self.rng.choices(ties, [3 if tie[1] == "next to" else 1 for tie in ties])[0]
        if relation == "on":
            return self._perched()
        if relation in lex.OPPOSITE and self.rng.random() < 0.25:
            a, relation, b = b, lex.OPPOSITE[relation], a
        one, two = self.scene.groups[a], self.scene.groups[b]
        if one is self.main and self.rng.random() < 0.6:
            link = self.verb(self.rng.choice(["finite", "going on", "fragment"]))
        else:
            link = self.rng.choice(["", "is" if one.count == 1 else "are"])
        near = _pick(self.rng, lex.RELATION[relation])
        return f"{self.noun(one, 0.35)} {link} {near} {self.noun(two, 0.45)} {self.where()}"

    def _perched(self):
        host, guest = self.noun(self.main, 0.3), self.noun(self.companion, 0.5)
        on = {"animal": "on its back", "thing": "on top"}[_class(self.main.name)]
        if self.rng.random() < 0.5:
            return f"{host} with {guest} {on} {self.where()}"
        sits = self.rng.choice(["sits", "is sitting", "sitting", "perched"])
        return f"{guest} {sits} on {host} {self.where()}"

    # ------------------------------------------------------------------ the parts

    def noun(self, group, detail):
        """A noun phrase; `detail` is the chance that its colour is mentioned."""
        rng, kind = self.rng, _class(group.name)
        noun = _pick(rng, lex.NOUNS[group.name])
        if group.name in ("boy", "girl") and rng.random() < 0.02:
            noun = rng.choice(["kid", "child"])
        if group.name in lex.RARE_NOUNS and rng.random() < 0.012:
            noun = rng.choice(lex.RARE_NOUNS[group.name])
        if group.name in lex.EXTRA_NOUNS and rng.random() < 0.5:
            noun = lex.EXTRA_NOUNS[group.name].get(self.scene.place, noun)
        if group.name == "umbrella" and group.action == "stand" and rng.random() < 0.15:
            noun = "parasol"
        adjectives, after = [], ""
        if rng.random() < 0.025:
            adjectives.append(rng.choice(lex.MOOD[kind]))
        elif rng.random() < 0.008:
            adjectives.append(rng.choice(lex.RARE_MOOD[kind]))
        if group.size and rng.random() < 0.55:
            adjectives.append(_pick(rng, lex.SIZE[group.size]))
        if group.colour and rng.random() < detail:
            if kind == "people":
                clothes = "dress" if group.name in ("woman", "girl") else "shirt"
                after = (
                    f"in {group.colour} {lex.plural(clothes)}"
                    if group.count > 1
                    else f"in a {group.colour} {clothes}"
                )
                after = after.replace("a orange", "an orange")
            elif group.name == "snowman":
                after = f"with {lex.article(group.colour + ' scarf')}"
            else:
                adjectives.append(group.colour + (" and white" if group.name == "cow" else ""))
        if group.count == 1:
            return f"{lex.article(' '.join([*adjectives, noun]))} {after}".strip()
        if group.name == "snowman":
            after = ""
        number = _pick(rng, NUMBERS[group.count])
        return f"{number} {' '.join([*adjectives, lex.plural(noun)])} {after}".strip()

    def verb(self, form):
        """What the main subject does, with its prop: "walks", "is walking" or "walking"."""
        name, action, rng = self.main.name, self.main.action, self.rng
        seat = " seat" if self.prop and action in ("sit", "sleep", "stand") else ""
        if seat and _class(name) == "thing":
            keys = ["thing seat"]
        else:
            keys = [f"{name} {action}{seat}", f"{_class(name)} {action}{seat}", action + seat]
        if seat and _class(name) != "thing" and rng.random() < 0.12:
            keys = [action]
        verb, _, tail = _pick(rng, lex.VERBS[next(key for key in keys if key in lex.VERBS)]).partition(" ")
        if "{prop}" in tail:
            tail = tail.replace("{prop}", self.noun(self.prop, 0.42))
        if self.main.count > 1 and "its trunk" in tail:
            tail = "their trunks"
        if self.main.count > 1 and tail == "a paw":
            tail = "their paws"
        adverb = rng.choice(lex.RARE_ADVERBS) if rng.random() < 0.004 and _class(name) != "thing" else ""
        be = "is" if self.main.count == 1 else "are"
        if verb == "be":
            return tail if form == "fragment" else f"{be} {tail}"
        if form == "finite":
            verb = lex.third_person(verb) if self.main.count == 1 else verb
        else:
            verb = ("" if form == "fragment" else be + " ") + lex.participle(verb)
        return f"{verb} {tail} {adverb}"

    def wheres(self):
        """Phrases that name the place, with their weights."""
        place = self.scene.place
        if (
            self.main.action in ("surf", "swim")
            or self.main.name == "boat"
            or (self.prop and self.prop.name == "boat")
        ):
            return lex.AFLOAT[place]
        if self.main.action == "fly" and not self.prop and place not in INDOORS:
            noun = {"snow": "snowy slope"}.get(place, place)
            return lex.WHERE[place] | {f"over the {noun}": 6, f"above the {noun}": 4}
        return lex.WHERE[place]

    def where(self):
        """A phrase that names the place; now and then nothing, as some people leave it out."""
        return _pick(self.rng, self.wheres()) if self.rng.random() < 0.91 else ""

    def when(self):
        """Now and then, the time of day or the weather."""
        if self.scene.place in (*INDOORS, "forest", "desert") or self.rng.random() > 0.12:
            return ""
        return _pick(self.rng, lex.WHEN[self.scene.time])


# ---------------------------------------------------------------------- reading captions


def _forms():
    forms = {}
    for name in THINGS:
        for noun in [*lex.NOUNS[name], *lex.RARE_NOUNS.get(name, [])]:
            for form in (noun, lex.plural(noun)):
                forms[form.split()[-1]] = name
    return forms | {"parasol": "umbrella", "parasols": "umbrella"}


THING_OF_WORD = _forms()
_PLACE_OF_WORD = {word: place for place, words in lex.PLACE_WORDS.items() for word in words}
_PLACE_PATTERN = re.compile(r"\b(" + "|".join(sorted(_PLACE_OF_WORD, key=len, reverse=True)) + r")\b")


def place_in(caption):
    """The place that a caption names, by any of its synonyms; None if it names none."""
    found = _PLACE_PATTERN.search(" ".join(re.findall(r"[a-z]+", caption.lower())))
    return _PLACE_OF_WORD[found[1]] if found else None


def things_in(caption):
    """The kinds of things that a caption names, by any of their synonyms, singular or plural."""
    return {THING_OF_WORD[word] for word in re.findall(r"[a-z]+", caption.lower()) if word in THING_OF_WORD}


def judge(captions, truths):
    """How true captions are, by the truth of their pictures (records with "place" and "main").

    Returns fractions: `place` (captions that name the right place),
    `place_of_named` (of those that name any),
    `main` (that name the main subject), and `different`, the number of different captions.
    """
    places = [place_in(caption) for caption in captions]
    right = sum(place == truth["place"] for place, truth in zip(places, truths, strict=True))
    main = sum(truth["main"] in things_in(caption) for caption, truth in zip(captions, truths, strict=True))
    named = sum(place is not None for place in places)
    return {
        "place": right / max(1, len(captions)),
        "place_of_named": right / max(1, named),
        "main": main / max(1, len(captions)),
        "different": len(set(captions)),
    }
