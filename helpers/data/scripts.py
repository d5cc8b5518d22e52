"""The scripts of the world: text in any of them is cut into words, and words are put together again.

A letter with all its marks is one letter. Most scripts leave blanks between words. Chinese, Japanese, Thai,
Lao, Khmer, Burmese and their kin do not, and only a dictionary could tell where a word ends: there every
character is a word, with its marks and the vowels that are written around it (as in BLEU on characters).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from unicodedata import normalize

import regex

_FLAGS = regex.VERSION1  # sets of sets: [A--B] is A without B, [A&&B] what both have
UNSPACED = r"[[\p{Han}\p{Hiragana}\p{Katakana}ーｰ\p{Bopomofo}\p{LB=SA}\p{Javanese}\p{Balinese}]&&\p{L}]"
SPACED = rf"[[\p{{L}}\p{{N}}]--{UNSPACED}]"
MARKS = r"[\p{Mn}\p{Mc}\uff9e\uff9f]"
# Thai and Lao vowels before and after their consonant, and signs that set the next one below the last.
_BEFORE, _AFTER, _STACKS = r"[เ-ไເ-ໄ]", rf"(?:{MARKS}|[ะาำๅະາຳ])", r"[\u17d2\u1039\u1a60\u1b44\ua9c0]"
CHARACTER = rf"{_BEFORE}?{UNSPACED}{_AFTER}*(?:(?<={_STACKS}){UNSPACED}{_AFTER}*)*"
_JOINER = rf"[\u180e\u200c\u200d](?=[{SPACED}{MARKS}])|(?<={MARKS})\u200d"  # inside Persian, Hindi, Mongolian
LETTERS = rf"{SPACED}(?:[{SPACED}{MARKS}]|{_JOINER})*"

_LETTER = rf"[\p{{L}}--{UNSPACED}]"
_RUN = rf"{_LETTER}(?:[{_LETTER}{MARKS}]|{_JOINER})*"  # an apostrophe belongs to it but in Latin letters
BARE_WORD = rf"{_RUN}(?:(?<!\p{{Latin}}{MARKS}*)'{_RUN})*"

_EASY = re.compile("[^\u00ad\u0130\u0250-\U0010ffff]*")  # Latin letters, the common ones: already composed
_EASY_BARE = re.compile(r"[^\W\d_]+")
_EASY_WORD = re.compile(r"[^\W_]+(?:['·-][^\W_]+)*")  # don't, t-shirt and col·legi stay whole
_BARE = regex.compile(rf"{CHARACTER}|{BARE_WORD}", _FLAGS)
_WORD = regex.compile(rf"{CHARACTER}|{LETTERS}(?:['·״-]{LETTERS})*", _FLAGS)

# What nobody sees, or only as an ornament: soft hyphens, signs of direction and variation, the stroke that
# lengthens Arabic words, the Armenian signs of tone; and joiners in scripts that need none.
_UNSEEN = regex.compile(r"[\p{DI}--[\u180b-\u180f\u200b-\u200d]]|[\u0640\u055b\u055c\u055e]", _FLAGS)
_NEEDLESS = regex.compile(
    r"[\u200c\u200d]++"
    rf"(?<=[\p{{Latin}}\p{{Greek}}\p{{Cyrillic}}\p{{Hangul}}\p{{N}}{UNSPACED}]{MARKS}*[\u200c\u200d]+)",
    _FLAGS,
)
_APOSTROPHE = regex.compile(rf"[’＇׳]|[‘ʻʼ](?=\p{{L}})(?<=\p{{L}}{MARKS}*.)", _FLAGS)
_HYPHENS = str.maketrans("‐‑", "--")


def _easy(text: str) -> bool:
    return text.isascii() or _EASY.fullmatch(text) is not None


def plain(text: str) -> str:
    """`text` as it is compared: in lower case, composed (NFC), with one apostrophe, without what nobody sees.

    The Turkish İ becomes an i like any other; I does, too, since nobody says which language it is.
    """
    if _easy(text):
        return text.lower()
    text = _UNSEEN.sub("", normalize("NFC", text).replace("İ", "i").lower())
    text = _NEEDLESS.sub("", text)
    text = normalize("NFC", text.replace("i\u0307", "i").translate(_HYPHENS))
    return _APOSTROPHE.sub("'", text)


def words_in(text: str) -> list[str]:
    """The words of `text`, as `plain` has them; punctuation and emoji are none.

    "A dog's T-shirt!" -> ["a", "dog's", "t-shirt"]; "一只狗" -> ["一", "只", "狗"].
    """
    if _easy(text):
        return _EASY_WORD.findall(text.lower())
    return _WORD.findall(plain(text))


def bare_words(text: str) -> list[str]:
    """The words of `text` without their numbers, English ones cut at apostrophes, too: ["dog", "s"]."""
    return _EASY_BARE.findall(text.lower()) if text.isascii() else _BARE.findall(plain(text))


def joined(words: Sequence[str]) -> str:
    """A sentence of `words`, with a blank only where the two could not be told apart without one."""
    text = " ".join(words)
    if text.isascii():
        return text
    return "".join([*words[:1], *(_gap(a, b) + b for a, b in pairwise(words))])


@lru_cache(2**16)
def _gap(a: str, b: str) -> str:
    return "" if words_in(a + b) == [a, b] else " "
