"""The words that set groups of captions apart; names made of them; why a caption is where it is."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from helpers.base.arrays import as_array
from helpers.sort.phrases import Phrases, run_together, said_everywhere, spoken_words
from helpers.sort.titles import REST, spellings, title_groups
from helpers.sort.vectors import Words, content_words, singular


@dataclass
class Tally:
    """What must be counted to name groups. The tallies of parts of a collection add up."""

    sizes: np.ndarray  # (k,) captions
    counts: list[Counter]  # (k) in how many of its captions each content word is
    early: list[Counter]  # (k) and how early: 1 for the first content word of a caption, 1/2 for the second …
    spoken: Counter = field(default_factory=Counter)  # words as they are spelt
    pairs: Counter = field(default_factory=Counter)  # (word, word that follows)

    @cached_property
    def spelling(self) -> dict[str, str]:
        """How words (singular) are mostly spelt."""
        return spellings(self.spoken)

    @cached_property
    def phrases(self) -> Phrases:
        """Words that mostly go together."""
        return Phrases(self.spoken, self.pairs)

    def __add__(self, other: "Tally") -> "Tally":
        both = zip((*self.counts, *self.early), (*other.counts, *other.early), strict=True)
        sums, k = [a + b for a, b in both], len(self.counts)
        more = self.spoken + other.spoken, self.pairs + other.pairs
        return Tally(self.sizes + other.sizes, sums[:k], sums[k:], *more)


def tally(said: list[Words], labels, k: int) -> Tally:
    """Count the words of captions that have been `cut` (N); labels: (N,) int below k."""
    labels = as_array(labels)
    counts, early = ([Counter() for _ in range(k)] for _ in range(2))
    result = Tally(np.bincount(labels, minlength=k), counts, early)
    for words, label in zip(said, labels, strict=True):
        different = dict.fromkeys(words.content)
        counts[label].update([*different])
        early[label].update({word: 1 / (1 + i) for i, word in enumerate(different)})
        result.spoken.update(words.spoken)
        result.pairs.update(pairwise([*words.spoken, ""]))
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
    """Titles (k), no two alike, and tables (k) of telling words as mostly spelt.

    Group `rest`, if given, is called "Others".
    """
    tables = [[(counted.spelling[word], x) for word, x in table] for table in telling_words(counted, 40)]
    titles = title_groups(counted, tables, rest)
    return titles, [counted.phrases.table(table)[:10] for table in tables]


def _join(words: list[str]) -> str:
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
