"""A title for every group, as one would write it on an album: a noun that most of it says, and few others.

Which words are nouns, the captions tell themselves: a noun is where "a", "the", "two" or "in" opens something
and "is", "on", "and" or the end closes it. So "boats" is one in "two boats in the harbour", and "kicks",
"parked" and "living" are none. In captions of other languages any word may be a title.
"""

from collections import Counter

from helpers.sort.phrases import is_phrase, said_everywhere
from helpers.sort.vectors import STOP_WORDS, singular

REST = "Others"  # captions that fit nowhere, or that have no telling word
MIXED, WORDLESS = "Mixed", "Wordless"  # groups without a word that a quarter holds, without any word
BETWEEN = """
    in on at of with by near over under through across along into onto from behind beside between inside
    against around toward towards past for like
"""
OPENS = """
    a an the his her its their our my your this these those some many several two three four five six other
    another each no red orange yellow green blue purple pink brown black white grey gray large small little
    big young old wearing holding
"""
COUNTED = frozenset(
    ["pair", "herd", "row", "body", "variety", "number", "slice", "set", "edge", "top", "view"]
)
ENGLISH = frozenset(["the", "an", "is", "are", "with", "and", "of"])  # of English captions a tenth and more
OPENS = frozenset((BETWEEN + OPENS).split())
CLOSES = STOP_WORDS - OPENS | {*BETWEEN.split(), ""}


def title_groups(counted, tables, rest: int | None = None) -> list[str]:
    """Titles (k), no two alike, for a `helpers.sort.naming.Tally` and its telling words, (k) tables.

    A title has no word that fewer than half of a group's captions hold, unless it says so: "Dog and more".
    Group `rest`, if given, is called "Others".
    """
    titles = [REST if group == rest else "" for group in range(len(tables))]
    words = _TitleWords(counted)
    for group in sorted(range(len(tables)), key=lambda g: -counted.sizes[g]):
        if group != rest:
            options = [each[:1].upper() + each[1:] for each in words.options(group, dict(tables[group]))]
            options += [f"{options[0]} {n}" for n in range(2, len(tables) + 1)]
            titles[group] = next(option for option in options if option not in titles)
    return titles


class _TitleWords:
    """The words that captions have in common, and what they are good for in a title."""

    def __init__(self, counted):
        self.counted, self.total = counted, sum(counted.sizes)
        self.overall = sum(counted.counts, Counter())
        self.spelling, self.phrases = counted.spelling, counted.phrases
        self.no_news = said_everywhere(counted.counts, counted.sizes)
        self.opening, self.closing = noun_phrases(counted)
        self.english = self.opening is not self.closing

    def options(self, group: int, weights: dict[str, float]) -> list[str]:
        """Titles for a group, the best first."""
        best = self.best(group, weights)
        held = [word for word in best if self.share(group, word) >= 1 / 2]
        if not self.english:  # a word that all groups have may be a small one
            held = [word for word in held if self.more(group, word) > 0] or held
        nouns, doings = filter(self.is_noun, held), [word for word in held if word.endswith("ing")]
        first, *others = self.joined(nouns, held) or self.joined(doings, held) or [None]
        if first is None:
            some = [word for word in best if self.is_noun(word) and self.share(group, word) >= 1 / 4]
            some = [f"{self.spelling[word]} and more" for word in some]
            return some or self.joined(held, held) or [MIXED if best else WORDLESS]
        word, count = singular(first.split()[-1]), self.counted.counts[group]
        alone = self.share(group, word) >= 2 / 3 and 2 * self.overall[word] <= 3 * count[word]
        more = [f"{first} and {other}" for other in others]
        more += [f"{self.spelling[doing]} {first}" for doing in doings if doing not in first.split()]
        return [first, *more] if alone or is_phrase(first) else [*more[:1], first, *more[1:]]

    def is_noun(self, word: str) -> bool:
        return word in self.opening and word in self.closing

    def share(self, group: int, word: str) -> float:
        return self.counted.counts[group][word] / self.counted.sizes[group]

    def more(self, group: int, word: str) -> float:
        """The share of a group that has a word, less the share of the others that have it."""
        outside = self.overall[word] - self.counted.counts[group][word]
        return self.share(group, word) - outside / max(self.total - self.counted.sizes[group], 1)

    def best(self, group: int, weights: dict[str, float]) -> list[str]:
        """The words of a group: those that most of it has and few others, the best first."""
        count, early = self.counted.counts[group], self.counted.early[group]

        # Of equals the telling comes first, then the earliest; or the longest, where small words are unknown.
        def value(word):
            first = -early[word] if self.english else -len(word) * (not is_phrase(word))
            more, weight = self.more(group, word), weights.get(self.spelling[word], 0)
            return -round(more, 9), -round(weight, 9), round(first, 9), word

        return sorted(count.keys() - self.no_news or count, key=value)

    def joined(self, words: list[str], held: list[str]) -> list[str]:
        """As they are spelt; "room" is "living room" where it mostly is, and pairs of characters grow."""
        told, used = [], set()
        for word in words:
            if word not in used:
                whole = self.compound(word, [other for other in held if other not in used])
                used.update(whole)
                told.append(" ".join(self.spelling[part] for part in whole))
        return [word for word, _ in self.phrases.table([(word, 0.0) for word in told])]

    def compound(self, word: str, held: list[str]) -> list[str]:
        if is_phrase(word):
            return [word]
        spoken, pairs, this = self.counted.spoken, self.counted.pairs, self.spelling[word]
        for other in held:
            that = self.spelling[other]
            if other in self.opening and 2 * pairs[that, this] >= spoken[this]:
                return [other, word]
            if self.is_noun(other) and 2 * pairs[this, that] >= spoken[this]:
                return [word, other]
        return [word]


def spellings(spoken: Counter) -> dict[str, str]:
    """How words (singular) are mostly spelt."""
    found = {}
    for word, _ in sorted(spoken.items(), key=lambda pair: (-pair[1], pair[0])):
        found.setdefault(singular(word), word)
    return found


def noun_phrases(counted) -> tuple[set[str], set[str]]:
    """Words (singular) that stand in noun phrases, and those that end one or may: nouns are both."""
    words, pairs = {*sum(counted.counts, Counter())}, counted.pairs.items()
    if sum(counted.spoken[word] for word in ENGLISH) < 0.08 * counted.spoken.total():
        return words, words
    told = [(a, b, n) for (a, b), n in pairs if a not in ("", "and", "or")]  # those tell nothing
    opened = words - rarely((b, n, a in OPENS or a.endswith(("ing", "ed"))) for a, b, n in told)
    closing = {b for _, b in counted.pairs if b in CLOSES or b.endswith(("ing", "ed"))}
    closing |= {b for _, b in counted.pairs if b.endswith("s") and singular(b) not in opened}  # "runs"
    ends = words - rarely((a, n, b in closing) for (a, b), n in pairs)
    ends -= COUNTED  # "a pair of boats" shows boats
    adjectives = OPENS | (opened - ends)  # behind "fire" the phrase goes on: "fire hydrant"
    return words - rarely((b, n, a in adjectives or a.endswith(("ing", "ed"))) for a, b, n in told), ends


def rarely(told) -> set[str]:
    """Of (word, times, yes or no): the words (singular) that have a yes in fewer than one of four."""
    yes, times = Counter(), Counter()
    for word, n, said in told:
        yes[singular(word)] += n * said
        times[singular(word)] += n
    return {word for word in times if 4 * yes[word] < times[word]}
