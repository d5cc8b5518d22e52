"""Names for groups of captions out of the words that set each apart, and why a caption is where it is."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from helpers.base.arrays import as_array
from helpers.sort.phrases import Phrases, is_phrase, run_together, said_everywhere, spoken_words
from helpers.sort.vectors import Words, content_words, singular

REST = "Others"  # captions that fit nowhere, or that have no telling word


@dataclass
class Tally:
    """What must be counted to name groups. The tallies of parts of a collection add up."""

    sizes: np.ndarray  # (k,) captions
    counts: list[Counter]  # (k) in how many of its captions each content word is
    spoken: Counter = field(default_factory=Counter)  # words as they are spelt
    pairs: Counter = field(default_factory=Counter)  # (word, word that follows)

    def __add__(self, other: "Tally") -> "Tally":
        counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        return Tally(self.sizes + other.sizes, counts, self.spoken + other.spoken, self.pairs + other.pairs)


def tally(said: list[Words], labels, k: int) -> Tally:
    """Count the words of captions that have been `cut` (N); labels: (N,) int below k."""
    labels = as_array(labels)
    result = Tally(np.bincount(labels, minlength=k), [Counter() for _ in range(k)])
    for words, label in zip(said, labels, strict=True):
        result.counts[label].update(set(words.content))
        result.spoken.update(words.spoken)
        result.pairs.update(pairwise(words.spoken))
    return result


def telling_words(counted: Tally, n: int = 10) -> list[list[tuple[str, float]]]:
    """For each group its n most telling words with weights: class-based TF-IDF (Grootendorst 2022).

    Weight of word w in group g: the share of g's captions that have w, times log(1 + A / f), where f is the
    number of captions that have w and A the mean number of words in a group.
    """
    overall = sum(counted.counts, Counter())
    mean_words = overall.total() / len(counted.counts)
    tables, no_news = [], said_everywhere(counted.counts, counted.sizes)
    for count, size in zip(counted.counts, counted.sizes, strict=True):
        told = {word: c for word, c in count.items() if word not in no_news} or count
        weights = {word: c / size * float(np.log(1 + mean_words / overall[word])) for word, c in told.items()}
        tables.append(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:n])
    return tables


def name_groups(counted: Tally, rest: int | None = None):
    """Titles (k), no two alike, of words that half of a group's captions hold, if there are any; tables (k).

    Tables: telling words as mostly spelt. Group `rest`, if given, is called "Others".
    """
    spelling = {}
    for word, _ in sorted(counted.spoken.items(), key=lambda pair: (-pair[1], pair[0])):
        spelling.setdefault(singular(word), word)
    tables, phrases = telling_words(counted, 40), Phrases(counted.spoken, counted.pairs)
    tables = [phrases.table([(spelling[word], x) for word, x in table]) for table in tables]
    return _titles(tables, counted, rest), [table[:10] for table in tables]


def _titles(tables, counted: Tally, rest: int | None) -> list[str]:
    titles = [REST if group == rest else "" for group in range(len(tables))]
    for group in np.argsort(-counted.sizes, kind="stable"):
        if group == rest:
            continue
        count, half = counted.counts[group], counted.sizes[group] / 2
        held = [pair for pair in tables[group] if is_phrase(pair[0]) or count[singular(pair[0])] >= half]
        best, weights = zip(*(held or tables[group] or [("wordless", 0.0)])[:3], strict=True)
        two_strong = len(weights) > 1 and weights[1] > weights[0] / 2 and not is_phrase(best[0])
        options = [_join(best[:n], counted) for n in ([2, 1, 3] if two_strong else [1, 2, 3])]
        options += [f"{best[0]} {n}" for n in range(2, len(tables) + 1)]
        titles[group] = next(option.capitalize() for option in options if option.capitalize() not in titles)
    return titles


def _join(words: list[str], counted: Tally | None = None) -> str:
    if len(words) == 2 and counted:
        for a, b in (words, words[::-1]):  # "living room", not "room and living"
            if counted.pairs[a, b] > min(counted.spoken[a], counted.spoken[b]) / 2:
                return f"{a} {b}"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def reason(caption: str, name: str, table: list[tuple[str, float]]) -> str:
    """Why a caption is in the group called `name`, whose telling words are `table`: the words they share."""
    said = content_words(caption)
    shared = [word for word, _ in table if {*map(singular, spoken_words(word))} <= {*said}]
    if name == REST:
        return f"{REST}: no group claims what it says."
    if shared:
        return f"{name}: it says {_join(shared[:3])}."
    if said:
        said = _join(run_together(said)[:3])
        return f"{name}: {said} is none of its telling words, but keeps company with them."
    return f"{name}: it has no telling word at all."
