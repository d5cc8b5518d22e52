"""How good is a caption? BLEU, ROUGE-L and CIDEr, computed as the COCO caption evaluation computes them.

All three count the words, and runs of words, that a caption shares with what people wrote about the same
picture. BLEU asks how much of the caption is in the references (precision), ROUGE-L looks for the longest
common subsequence, and CIDEr lets a rare word count for more than "a" or "the".

Words and runs of words (n-grams) become numbers, so that counting is sorting, done for all sentences at once.
Letters in the shapes: N pictures, M references, S = N + M sentences (the candidates first), T words in all,
G n-grams counted once in every sentence that has them.
"""

from typing import NamedTuple

import numpy as np

from helpers.base.arguments import check_captions, require_number, require_whole
from helpers.tell.penn_treebank import ptb_tokenize

_TINY, _SMALL = 1e-15, 1e-9  # keep BLEU's fractions from 0 / 0


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

    METEOR needs Java and large tables, so it is not among them: `meteor` of `helpers.tell.meteor` has it.

    Raises UserError if the lists differ in length or are empty, if a picture has no references, or if a
    caption is not a string.
    """
    counts, rouge_l, cider = _evidence(references, candidates)
    if per_image:
        return _bleu(counts) | {"ROUGE-L": rouge_l, "CIDEr": cider}
    scores = _bleu(counts.sum(0, keepdims=True)) | {"ROUGE-L": rouge_l, "CIDEr": cider}
    return {name: float(values.mean()) for name, values in scores.items()}


def bootstrap(
    references: list[list[str]], candidates: list[str], rounds: int = 1000, level: float = 0.95,
    seed: int = 0, against: list[str] | None = None,
) -> dict[str, tuple[float, float]]:  # fmt: skip
    """How far chance may have moved each score: name -> (low, high), between which lie `level` of the rounds.

    Each round scores as many pictures, drawn with replacement (Efron, 1979). Which n-grams are rare for CIDEr
    is counted once, over all pictures.

    `against` are other captions of the same pictures: then it is the difference that is bounded, how much
    higher `candidates` score. Both are scored on the same draws (the paired bootstrap, Koehn, 2004), so that
    pictures which are hard for both do not blur it: bounds on the same side of 0 tell the two apart.
    """
    require_whole(rounds=rounds)
    require_number(above=0, at_most=1, level=level)
    references, candidates = check_captions(references, candidates)
    n = len(candidates)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=rounds)  # (rounds, N)

    def score_rounds(captions) -> dict[str, np.ndarray]:  # (rounds,) each
        counts, rouge_l, cider = _evidence(references, captions)
        return _bleu(drawn @ counts) | {"ROUGE-L": drawn @ rouge_l / n, "CIDEr": drawn @ cider / n}

    scores, tail = score_rounds(candidates), (1 - level) / 2
    if against is not None:
        others = score_rounds(against)
        scores = {name: values - others[name] for name, values in scores.items()}
    return {name: tuple(np.quantile(values, [tail, 1 - tail]).tolist()) for name, values in scores.items()}


def _evidence(references, candidates) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the scores are made of, for each picture: counts for BLEU (N, 10), ROUGE-L (N,), CIDEr (N,)."""
    references, candidates = check_captions(references, candidates)
    n, index = len(candidates), {}
    texts = [*candidates, *(text for group in references for text in group)]
    sentences = [[index.setdefault(word, len(index)) for word in ptb_tokenize(text)] for text in texts]
    lengths = np.array([len(words) for words in sentences])  # (S,)
    picture = np.concatenate(
        [np.arange(n), np.repeat(np.arange(n), [len(group) for group in references])]
    )  # (S,)
    words = np.array([word for words in sentences for word in words], dtype=np.int64)  # (T,)
    matched, cosine = zip(*(_compare(grams, picture, n) for grams in _ngrams(words, lengths)), strict=True)
    counts = np.column_stack([lengths[:n], _closest(lengths, picture, n), *matched, *_totals(lengths[:n])])
    return counts, _rouge_l(sentences, picture, n), _cider(sum(cosine) / 4, lengths, picture, n)


class _Grams(NamedTuple):
    """The n-grams of one n: whose (rising), which (rising within a sentence), how often; all (G,)."""

    sentence: np.ndarray
    gram: np.ndarray
    count: np.ndarray


def _ngrams(words: np.ndarray, lengths: np.ndarray):
    """Yield the n-grams for n = 1 … 4 of sentences that lie one after another: words (T,), lengths (S,)."""
    sentence, ends = np.repeat([np.arange(len(lengths)), lengths.cumsum()], lengths, axis=1)  # (T,), (T,)
    start, gram, base = np.arange(len(words)), words, len(words) + 1
    for n in range(1, 5):
        inside = start + n <= ends[start]  # an n-gram does not reach into the next sentence
        start, gram = start[inside], gram[inside]
        if n > 1:  # one word longer than the last time, and numbered anew
            gram = np.unique(gram * base + words[start + n - 1], return_inverse=True)[1]
        pair, count = np.unique(sentence[start] * base + gram, return_counts=True)
        yield _Grams(pair // base, pair % base, count)


def _compare(grams: _Grams, picture: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Candidates beside references: clipped matches for BLEU (N,), cosines for CIDEr (S,)."""
    sentence, gram, count = grams
    base = gram.max(initial=0) + 1
    key = picture[sentence] * base + gram  # rising for the candidates, which come first
    mine = np.searchsorted(sentence, n)  # how many of the n-grams are theirs
    place = np.searchsorted(key[:mine], key[mine:])
    hit = np.append(key[:mine], -1)[place] == key[mine:]
    ours, theirs = place[hit], mine + np.flatnonzero(hit)  # the same n-gram, said about the same picture

    best = np.zeros(mine)
    np.maximum.at(best, ours, np.minimum(count[ours], count[theirs]))
    matched = np.bincount(sentence[:mine], best, minlength=n)

    theirs_sorted = np.sort(key[mine:])
    once = theirs_sorted[np.diff(theirs_sorted, prepend=-1) > 0]  # an n-gram counts once a picture
    pictures_with = np.bincount(once % base, minlength=base)
    idf = np.log(n) - np.log(np.maximum(1, pictures_with))
    weight = count * idf[gram]
    norm = np.sqrt(np.bincount(sentence, weight**2, minlength=len(picture)))
    dot = np.minimum(weight[ours], weight[theirs]) * weight[theirs]
    dot = np.bincount(sentence[theirs], dot, minlength=len(picture))
    scale = norm[picture] * norm
    return matched, np.divide(dot, scale, out=np.zeros(len(picture)), where=scale > 0)


def _totals(lengths: np.ndarray) -> list[np.ndarray]:
    return [np.maximum(0, lengths - n) for n in range(4)]  # how many n-grams there are, for n = 1 … 4


def _closest(lengths: np.ndarray, picture: np.ndarray, n: int) -> np.ndarray:
    """For each candidate the closest reference length, the shorter of two equally close: (N,)."""
    base, theirs = lengths.max() + 1, lengths[n:]
    closest = np.full(n, base * base)
    np.minimum.at(closest, picture[n:], abs(theirs - lengths[picture[n:]]) * base + theirs)
    return closest % base


def _bleu(counts: np.ndarray) -> dict[str, np.ndarray]:
    """BLEU-1 … BLEU-4, each (R,), from rows of counts (R, 10): a row a picture, or one for a whole set."""
    length, closest, matched, total = np.split(counts, [1, 2, 6], axis=1)
    precision = (matched + _TINY) / (total + _SMALL)  # (R, 4)
    brevity = np.exp(np.minimum(0, 1 - (closest + _SMALL) / (length + _TINY)))  # (R, 1)
    bleu = brevity * np.cumprod(precision, axis=1) ** (1 / np.arange(1, 5))  # geometric mean of the first n
    return {f"BLEU-{n + 1}": bleu[:, n] for n in range(4)}


def _rouge_l(sentences: list[list[int]], picture: np.ndarray, n: int, beta: float = 1.2) -> np.ndarray:
    """The F-measure of the best precision and the best recall over each picture's references: (N,)."""
    places = [_places(words) for words in sentences[:n]]
    precision, recall = np.zeros(n), np.zeros(n)
    for i, words in zip(picture[n:].tolist(), sentences[n:], strict=True):
        if words and sentences[i]:
            common = _longest_common_subsequence(places[i], words)
            precision[i] = max(precision[i], common / len(sentences[i]))
            recall[i] = max(recall[i], common / len(words))
    scale = recall + beta**2 * precision
    return np.divide((1 + beta**2) * precision * recall, scale, out=np.zeros(n), where=scale > 0)


def _places(words: list[int]) -> dict[int, int]:
    """For every word a number whose bit i is set where the word stands at place i."""
    places: dict[int, int] = {}
    for i, word in enumerate(words):
        places[word] = places.get(word, 0) | 1 << i
    return places


def _longest_common_subsequence(places: dict[int, int], words: list[int]) -> int:
    """Its length, all places of the other sentence at once in the bits of one number (Hyyrö, 2004)."""
    row = full = (1 << sum(map(int.bit_count, places.values()))) - 1  # a bit becomes 0 where the length grows
    for word in words:
        hits = row & places.get(word, 0)
        row = (row + hits | row - hits) & full
    return (full ^ row).bit_count()


def _cider(
    cosine: np.ndarray, lengths: np.ndarray, picture: np.ndarray, n: int, sigma: float = 6.0
) -> np.ndarray:
    """10 × the cosine (S,), less for a different length, averaged over each picture's references: (N,)."""
    pairs = np.maximum(0, lengths - 1)  # the evaluation measures length in pairs of words
    penalty = np.exp(-((pairs[picture] - pairs) ** 2) / (2 * sigma**2))
    references = picture[n:]
    return np.bincount(references, (10 * penalty * cosine)[n:], minlength=n) / np.bincount(
        references, minlength=n
    )
