"""Groups of described pictures: their words, with weights, beside what the CNN sees.

    descriptions ─┬─ content_weights ─ weighted_vectors ─► (N, D) ─┬─ communities ─► labels (N,) ─► names (k)
                  └─ features, centred ─► (N, F) ──────────────────┘

Without features, the captions' words alone are sorted, as `cluster_captions` does.
"""

from collections import Counter
from itertools import takewhile

import numpy as np
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from helpers.sort.clustering import Clusters, cluster_captions, clusters_of, reduced, require_groups
from helpers.sort.communities import communities
from helpers.sort.grouping import group
from helpers.sort.naming import tally
from helpers.sort.phrases import spoken_words
from helpers.sort.vectors import STOP_WORDS, WHO, Words, cut, singular

SAY = 0.25  # of the words, where that of the features is 1: a small captioner errs more often than its CNN
HELD = 0.1  # a picture's text holds the words of this weight or more
FEW = 20  # fewer pictures make no communities
NO_TITLE = frozenset(
    ["outside", "outdoor", "outdoors", "inside", "indoor", "indoors", "snowy", "sandy", "rocky"]
)
THINGS_IN_ING = frozenset(
    ["building", "ceiling", "painting", "railing", "wedding", "swing", "string", "ring", "king"]
)


def cluster_descriptions(descriptions, k: int | None = None, seed: int = 0) -> Clusters:
    """Sort `helpers.tell.describing.Description`s into `k` groups, or as many `communities` as there are.

    Of these the very small ones, and those without a word that half of their pictures' texts hold, are put
    together as "Others". UserError as `cluster_captions` raises it.
    """
    captions = [each.caption for each in descriptions]
    if not descriptions or any(each.features is None for each in descriptions):
        return cluster_captions(captions, k, seed)
    require_groups(len(captions), k, "pictures")
    texts = [text_of(each) for each in descriptions]
    joined = [" ".join(text.content) for text in texts]
    with np.errstate(invalid="ignore"):  # of one picture there is no spread
        order, space, rows = reduced(description_vectors(descriptions, seed), seed, joined)
    said = [caption_first(texts[i], descriptions[i]) for i in order]
    if k is None and len(captions) >= FEW:
        found = *others_aside(*communities(rows, seed=seed), said), {}
    else:
        found = group(rows, k, seed)
    return clusters_of(found, rows, space, order, said, joined)


def description_vectors(descriptions, seed: int = 0) -> np.ndarray:
    """What pictures are sorted by, (N, D + F): their words beside their features less the mean of all."""
    words = weighted_vectors([content_weights(each.words) for each in descriptions], seed)  # (N, D)
    features = normalize(np.array([each.features for each in descriptions], np.float64))  # (N, F)
    return normalize(np.hstack([SAY * words, normalize(features - features.mean(0))]))


def content_weights(words: dict[str, float]) -> dict[str, float]:
    """Those words, with their weights, that say what a picture is about; plurals folded, as in `cut`."""
    content = Counter()
    for word, weight in words.items():
        for part in spoken_words(word):
            if part not in STOP_WORDS:
                content[singular(part)] = max(weight, content[singular(part)])
    return {word: weight for word, weight in content.items() if word not in WHO} or dict(content)


def text_of(description) -> Words:
    """The words to name a group by: those of the caption, and others that are not too unlikely."""
    caption = cut(description.caption)
    weights = content_weights(description.words)
    content = [word for word, weight in weights.items() if weight >= HELD and _may_be_a_title(word)]
    more = [word for word in content if word not in {*map(singular, caption.spoken)}]
    return Words([*caption.spoken, *(part for word in more for part in ("", word))], content)  # "": no pair


def caption_first(text: Words, description) -> Words:
    """The same words: the caption's as they come, then the likeliest. Of equals the first make the name."""
    weights = content_weights(description.words)
    caption = [singular(word) for word in takewhile(bool, text.spoken)]  # "" stands between it and the rest

    def place(word):
        return caption.index(word) if word in caption else len(caption)

    return Words(text.spoken, sorted(text.content, key=lambda word: (place(word), -weights[word])))


def _may_be_a_title(word: str) -> bool:
    """What is seen may be; not what it does, nor how it is."""
    return word not in NO_TITLE and (not word.endswith("ing") or word in THINGS_IN_ING)


def weighted_vectors(bags: list[dict[str, float]], seed: int = 0, dimensions: int = 20) -> np.ndarray:
    """Words with weights (N) -> vectors (N, D), as `tfidf_vectors` makes them of captions."""
    sums, counts = Counter(), Counter()
    for bag in bags:
        counts.update(bag.keys())
        sums.update(bag)
    rare = 2 if len(bags) >= 50 else 1
    numbers = {word: i for i, word in enumerate(sorted(word for word in counts if counts[word] >= rare))}
    if not numbers:
        return np.zeros((len(bags), 1))
    frequency = np.array([sums[word] for word in numbers])
    scale = np.sqrt(1 + np.log((1 + len(bags)) / (1 + frequency)))  # (V,)
    cells = [
        (row, numbers[word], x) for row, bag in enumerate(bags) for word, x in bag.items() if word in numbers
    ]
    where, which, weights = (np.array(column) for column in zip(*sorted(cells), strict=True))
    rows = normalize(csr_array((weights * scale[which], (where, which)), (len(bags), len(numbers))))
    if len(numbers) <= dimensions:
        return rows.toarray()
    return normalize(TruncatedSVD(dimensions, random_state=seed).fit_transform(rows))


def others_aside(labels: np.ndarray, centres: np.ndarray, said: list[Words]):
    """Labels (N,) and centres (k, D) without small and speechless groups: their labels become -1."""
    counted = tally(said, np.where(labels < 0, len(centres), labels), len(centres) + 1)
    smallest = max(3, len(labels) / 60)
    most = [max(count.values(), default=0) for count in counted.counts]  # pictures that share a word
    keep = [
        g for g in range(len(centres)) if counted.sizes[g] >= smallest and 2 * most[g] >= counted.sizes[g]
    ]
    if not keep:
        return labels, centres
    fresh = np.full(len(centres) + 1, -1)
    fresh[keep] = range(len(keep))
    return fresh[labels], centres[keep]
