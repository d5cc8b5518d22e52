"""Words to group and to name by, also where nobody writes blanks between them.

In Chinese, Japanese, Thai, Lao, Khmer and Burmese a single character says too little. There two neighbours
are a word, and each character is in two of them: 沙滩上 (on the beach) is 沙滩, 滩上. In a name such pairs
grow together again, as far as the captions always have them together.
"""

import re
from collections import Counter
from itertools import pairwise

import regex

from helpers.data.scripts import BARE_WORD, CHARACTER, plain

_ENGLISH = re.compile(r"[^\W\d_]{2,}|\ba\b")  # two letters or more, and "a": a noun comes
_RUNS = regex.compile(rf"(?:{CHARACTER})+|{BARE_WORD}", regex.VERSION1)
_CHARACTER = regex.compile(CHARACTER, regex.VERSION1)
_HANGUL = regex.compile(r"\p{Hangul}")
LONGEST_PHRASE = 12  # characters


def spoken_words(caption: str) -> list[str]:
    """The words of a caption in lower case, one after the other, those of one letter left out but "a".

    Of a Korean syllable and of a character by itself there is more to say than of a letter: they stay.
    """
    if caption.isascii():
        return _ENGLISH.findall(caption.lower())
    spoken = []
    for run in _RUNS.findall(plain(caption)):
        characters = _CHARACTER.findall(run)
        if characters:
            spoken += [a + b for a, b in pairwise(characters)] or characters
        elif len(run) > 1 or run == "a" or _HANGUL.match(run):
            spoken.append(run)
    return spoken


def said_everywhere(counts: list[Counter], sizes) -> set[str]:
    """Words that most captions of *every* group have, (k) counts and sizes: they set none apart.

    English ones have been left out already, by a list; for other letters there is none.
    """
    if len(counts) < 2:
        return set()
    words = {word for word, count in counts[0].items() if 2 * count > sizes[0] and not word.isascii()}
    return {word for word in words if all(2 * c[word] > n for c, n in zip(counts, sizes, strict=True))}


class Phrases:
    """What pairs of characters grow into, by what captions have: `spoken` words, and `pairs` of them."""

    def __init__(self, spoken: Counter, pairs: Counter):
        self.spoken, self.pairs = spoken, pairs
        self.after, self.before = {}, {}  # the neighbour that a pair mostly has
        for a, b in sorted(pair for pair in pairs if _overlap(*pair)):
            if pairs[a, b] > pairs[a, self.after.get(a)]:
                self.after[a] = b
            if pairs[a, b] > pairs[self.before.get(b), b]:
                self.before[b] = a

    def table(self, words: list[tuple[str, float]]) -> list[tuple[str, float]]:
        """Words with weights, best first, pairs grown; one that mostly touches what is there is left out."""
        told, used = {}, set()
        for word, weight in words:
            if word not in used and not self._touches(word, used):
                grown = self._grown(word, used)
                used.update(grown)
                told.setdefault(run_together(grown)[0], weight)
        return list(told.items())

    def _touches(self, word: str, used: set[str]) -> bool:
        """Does it mostly stand beside one of `used`?"""
        before, after = self.before.get(word), self.after.get(word)
        beside = (before in used) * self.pairs[before, word], (after in used) * self.pairs[word, after]
        return 2 * max(beside) > self.spoken[word]

    def _grown(self, word: str, used: set[str]) -> list[str]:
        """To the left and the right, as far as four times in five the same pair comes next."""
        grown = [word]
        while len(grown) < LONGEST_PHRASE - 1:
            first, last = grown[0], grown[-1]
            before, after = self.before.get(first), self.after.get(last)
            taken = used.union(grown)
            if self.pairs[last, after] > 0.8 * self.spoken[last] and self._free(after, used, taken):
                grown.append(after)
            elif self.pairs[before, first] > 0.8 * self.spoken[first] and self._free(before, used, taken):
                grown.insert(0, before)
            else:
                break
        return grown

    def _free(self, word: str, used: set[str], taken: set[str]) -> bool:
        return word not in taken and not self._touches(word, used)


def is_phrase(word: str) -> bool:
    """Is it made of characters that nobody parts by blanks?"""
    return _CHARACTER.match(word) is not None


def run_together(words: list[str]) -> list[str]:
    """Pairs that overlap become one word: ["沙滩", "滩上", "dog"] -> ["沙滩上", "dog"]."""
    whole = words[:1]
    for a, b in pairwise(words):
        if _overlap(a, b):
            whole[-1] += "".join(_CHARACTER.findall(b)[1:])
        else:
            whole.append(b)
    return whole


def _overlap(a: str, b: str) -> bool:
    """Are these neighbours, of two characters each, the second of one being the first of the other?"""
    if a.isascii() or b.isascii():
        return False
    one, other = _CHARACTER.findall(a), _CHARACTER.findall(b)
    return len(one) == len(other) == 2 and one[1] == other[0]
