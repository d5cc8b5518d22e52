"""How good is a caption? BLEU, ROUGE-L and CIDEr, computed as the COCO caption evaluation computes them.

All three count the words, and runs of words, that a caption shares with what people wrote about the same
picture. BLEU asks how much of the caption is in the references (precision), ROUGE-L looks for the longest
common subsequence, and CIDEr lets a rare word count for more than "a" or "the".
"""

import re
from collections import Counter
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np

from helpers.common import UserError

_JOINED = re.compile(r"\b(can)(not)\b|\b(gon|wan)(na)\b|\b(got)(ta)\b|\b(gim|lem)(me)\b")
_CONTRACTION = re.compile(r"(?<=\w)(n't|'(?:s|m|d|re|ve|ll))(?!\w)")
_TOKEN = re.compile(
    r"n't(?!\w)|'(?:s|m|d|re|ve|ll)(?!\w)"  # the second half of a contraction: do n't, dog 's
    r"|(?:mr|mrs|ms|dr|st|jr|sr|vs)\.(?=\s+\S)|(?:[a-z]\.){2,}"  # abbreviations keep their dots
    r"|\d+(?:[.,:]\d+)+"  # 3.5, 1,000, 10:30
    r"|\w+(?:[-'/]\w+)*"  # words, t-shirts and o'clock
    r"|[^\w\s]"  # any other mark by itself
)
_BRACKETS = {"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"}
_PUNCTUATION = set("'`\".?!,:;-…–—“”‘’")
_TINY, _SMALL = 1e-15, 1e-9  # keep BLEU's fractions from 0 / 0


def tokenize(sentence: str) -> list[str]:
    """Split a raw sentence into lower-case words roughly as the Penn Treebank does, punctuation left out.

    `"The dogs don't run."` becomes `["the", "dogs", "do", "n't", "run"]`. Brackets stay, as `-lrb-` and
    `-rrb-`: an oddity of the COCO evaluation, kept so that numbers agree. It uses Stanford's tokeniser; this
    is a compact stand-in that gives the same words for nearly every caption.
    """
    text = sentence.lower().replace("’", "'")
    text = _JOINED.sub(lambda match: " ".join(part for part in match.groups() if part), text)
    text = _CONTRACTION.sub(r" \1", text)
    return [_BRACKETS.get(token, token) for token in _TOKEN.findall(text) if token not in _PUNCTUATION]


def score(references: list[list[str]], candidates: list[str], per_image: bool = False) -> dict:
    """Score one raw caption for each picture against that picture's references.

    Returns a dict with "BLEU-1" … "BLEU-4" and "ROUGE-L" (0 to 1) and "CIDEr" (0 to 10). Each value is one
    number for the whole set or, with `per_image`, an array with a number for each picture, (N,). The set's
    BLEU is not the mean over its pictures: it adds up the counts first. CIDEr's rare words are rare *in these
    references*, so it depends on the set, and is 0 for a single picture. An empty caption scores 0.

    - BLEU: Papineni et al. 2002, with the closest reference length.
    - ROUGE-L: Lin 2004, with beta = 1.2 and the best precision and best recall over the references.
    - CIDEr: Vedantam et al. 2015. As in the COCO evaluation it is the variant CIDEr-D (clipped counts, and a
      penalty for a different length with sigma = 6), but without stemming.

    Raises UserError if the lists differ in length or are empty, if a picture has no references, or if a
    caption is not a string.
    """
    _check(references, candidates)
    candidates = [_read(sentence) for sentence in candidates]
    references = [[_read(sentence) for sentence in sentences] for sentences in references]

    scores = _bleu(references, candidates, per_image)
    for name, values in (
        ("ROUGE-L", _rouge_l(references, candidates)),
        ("CIDEr", _cider(references, candidates)),
    ):
        scores[name] = values if per_image else float(values.mean())
    return scores


def _check(references, candidates) -> None:
    if isinstance(references, str) or isinstance(candidates, str):
        raise UserError(
            "score() takes lists: for each picture a list of references, and for each picture a caption."
        )
    if len(references) != len(candidates):
        raise UserError(
            f"There are references for {len(references)} pictures but {len(candidates)} captions: "
            "give exactly one caption for each picture, in the same order."
        )
    if len(candidates) == 0:
        raise UserError("There is nothing to score: give at least one picture with its caption.")
    for i, (sentences, candidate) in enumerate(zip(references, candidates, strict=True)):
        if isinstance(sentences, str):
            raise UserError(
                f"The references of picture {i} are one string: put them in a list, even a single one."
            )
        if len(sentences) == 0:
            raise UserError(f"Picture {i} has no references: leave it out, it can't be scored without them.")
        for sentence in (candidate, *sentences):
            if not isinstance(sentence, str):
                raise UserError(f"Picture {i} has {sentence!r} where a sentence belongs: pass raw strings.")


class _Sentence(NamedTuple):
    words: list[str]
    grams: list[Counter]  # for n = 1 … 4, how often each run of n words occurs


def _read(sentence: str) -> _Sentence:
    words = tokenize(sentence)
    return _Sentence(words, [Counter(zip(*(words[i:] for i in range(n)), strict=False)) for n in range(1, 5)])


def _bleu(references, candidates, per_image: bool) -> dict:
    """Add up the counts over the set (unless every picture is wanted by itself), then divide."""
    counts = np.array([*map(_bleu_counts, references, candidates)])  # (N, 10)
    if not per_image:
        counts = counts.sum(0, keepdims=True)  # (1, 10)
    length, closest, matched, total = np.split(counts, [1, 2, 6], axis=1)
    precision = (matched + _TINY) / (total + _SMALL)  # (N, 4)
    brevity = np.exp(np.minimum(0, 1 - (closest + _SMALL) / (length + _TINY)))  # (N, 1)
    bleu = brevity * np.cumprod(precision, axis=1) ** (
        1 / np.arange(1, 5)
    )  # the geometric mean of the first n
    return {f"BLEU-{n + 1}": bleu[:, n] if per_image else float(bleu[0, n]) for n in range(4)}


def _bleu_counts(sentences, candidate) -> list[int]:
    """The caption's length, the closest reference length, then for n = 1 … 4 n-grams matched and n-grams."""
    length = len(candidate.words)
    closest = min((len(other.words) for other in sentences), key=lambda other: (abs(other - length), other))
    matched = [
        sum(
            min(count, max(other.grams[n][gram] for other in sentences))
            for gram, count in candidate.grams[n].items()
        )
        for n in range(4)
    ]
    return [length, closest, *matched, *(max(0, length - n) for n in range(4))]


def _rouge_l(references, candidates, beta: float = 1.2) -> np.ndarray:
    values = np.zeros(len(candidates))
    for i, (sentences, candidate) in enumerate(zip(references, candidates, strict=True)):
        common = [_longest_common_subsequence(other.words, candidate.words) for other in sentences]
        if any(common):
            precision = max(common) / len(candidate.words)
            recall = max(lcs / max(1, len(other.words)) for lcs, other in zip(common, sentences, strict=True))
            values[i] = (1 + beta**2) * precision * recall / (recall + beta**2 * precision)
    return values


def _longest_common_subsequence(left: list[str], right: list[str]) -> int:
    row = [0] * (len(right) + 1)  # row[j]: for the words of `left` so far and the first j of `right`
    for word in left:
        diagonal = 0
        for j, other in enumerate(right):
            above = row[j + 1]
            if word == other:
                row[j + 1] = diagonal + 1
            elif row[j] > above:
                row[j + 1] = row[j]
            diagonal = above
    return row[-1]


def _cider(references, candidates, sigma: float = 6.0) -> np.ndarray:
    """10 × the cosine of tf-idf vectors of n-grams, averaged over n = 1 … 4 and over the references."""
    pictures_with = Counter()
    for sentences in references:
        pictures_with.update({gram for other in sentences for grams in other.grams for gram in grams})
    unseen = log(len(references))
    idf = {gram: unseen - log(count) for gram, count in pictures_with.items()}

    def vectors(sentence):  # for n = 1 … 4: {n-gram: tf × idf} and its Euclidean length
        for grams in sentence.grams:
            weights = {gram: count * idf.get(gram, unseen) for gram, count in grams.items()}
            yield weights, sqrt(sum(weight * weight for weight in weights.values()))

    def pairs(sentence):  # the evaluation measures length in pairs of words
        return max(0, len(sentence.words) - 1)

    values = np.zeros(len(candidates))
    for i, (sentences, candidate) in enumerate(zip(references, candidates, strict=True)):
        mine = [*vectors(candidate)]
        for other in sentences:
            cosine = 0.0
            for (weights, norm), (theirs, their_norm) in zip(mine, vectors(other), strict=True):
                shared = [gram for gram in weights if gram in theirs]
                if shared and norm * their_norm > 0:
                    clipped = sum(min(weights[gram], theirs[gram]) * theirs[gram] for gram in shared)
                    cosine += clipped / (norm * their_norm) / 4
            penalty = exp(-((pairs(candidate) - pairs(other)) ** 2) / (2 * sigma**2))
            values[i] += 10 * penalty * cosine / len(sentences)
    return values
