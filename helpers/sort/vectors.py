"""Captions become vectors, so that near means alike. Each way is a small function: swap one for another.

    caption ─ cut ─► its words ─ tfidf_vectors, sif_vectors ─► a vector for every word
                               └───────── transform ─────────► their sum, made of length one

    tfidf_vectors  words that keep company come close         needs nothing but the captions
    sif_vectors    the decoder's own word vectors, averaged   needs a captioner
    directions     any vectors, such as `captioner.context(images)`, with fewer numbers
    together       any of them beside any others

Wherever captions are asked for, captions that have been `cut` already will do.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from sys import intern
from typing import NamedTuple

import numpy as np
from scipy.sparse import diags_array
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer
from sklearn.preprocessing import normalize

from helpers.base.arrays import as_array
from helpers.base.errors import UserError
from helpers.data.scripts import plain, words_in
from helpers.sort.phrases import spoken_words

# Words that describe what is seen but do not say what the picture is about.
FILLER = """
    red orange yellow green blue purple pink brown black white grey gray golden tan colorful colourful big
    large small little tiny huge tall short long young old bright dark light different various several sit
    sits sitting stand stands standing look looks looking hold holds holding wear wears wearing dressed
    shirt shirts jacket jackets clothes clothing covered topped filled person people group couple bunch
    lot piece area thing picture photo photograph image view scene background foreground camera middle
    left right near next doing unk
"""
STOP_WORDS = (ENGLISH_STOP_WORDS - {"fire", "mill", "cry"}) | set(FILLER.split())  # those three can be seen
# Most photographs show somebody: who it is tells albums apart only where nothing else is said.
WHO = frozenset(["man", "woman", "boy", "girl", "child", "kid", "baby", "toddler", "lady", "guy"])
IRREGULAR = {"children": "child", "leaves": "leaf", "geese": "goose", "buses": "bus", "mice": "mouse"}


@cache
def singular(word: str) -> str:
    """Fold a plural onto its singular by its ending: dogs, puppies, beaches. Now and then off by a letter."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith("men"):
        return word[:-2] + "an"
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]


class Words(NamedTuple):
    """The words of one caption."""

    spoken: list[str]  # all of them, one after the other, in lower case
    content: list[str]  # those that say what it is about, plurals folded


def cut(caption: str | Words) -> Words:
    """Cut a caption into its words, once for all who need them: what has been cut stays as it is.

    Words for people are content only where there are no others: `"Two men"` -> `["man"]`.
    """
    if isinstance(caption, Words):
        return caption
    spoken = [intern(word) for word in spoken_words(caption)]  # a million captions, few words
    words = [singular(word) for word in spoken if word not in STOP_WORDS]
    return Words(spoken, [word for word in words if word not in WHO] or words)


def content_words(caption: str | Words) -> list[str]:
    """The words that say what a caption is about: `"Two men with red Dogs"` -> `["dog"]`."""
    return cut(caption).content


@dataclass
class WordVectors:
    """A vector for every word it knows; captions it has never seen get theirs from the same words."""

    words: list[str]  # (V)
    matrix: np.ndarray  # (V, D)

    def transform(self, captions) -> np.ndarray:
        """Captions (N) -> vectors (N, D) of length one; one without a known word becomes zeros."""
        bag = CountVectorizer(analyzer=content_words, vocabulary=self.words, binary=True, dtype=np.float32)
        return normalize(bag.transform(captions) @ self.matrix)  # (N, V) of 0 and 1, (V, D)


def tfidf_vectors(captions, seed: int = 0, dimensions: int = 20) -> WordVectors:
    """Learn word vectors from the captions alone: TF-IDF, reduced by a truncated SVD to `dimensions`.

    What the SVD keeps are words that keep company (latent semantic analysis, Deerwester et al. 1990), so
    captions come close that share no word. A word weighs the *square root* of its inverse document frequency:
    groups are made of what many captions share, and with the full weight words said twice outshout them.
    """
    said = [cut(caption) for caption in captions]
    counts = Counter(word for caption in said for word in set(caption.content))
    rare = 2 if len(said) >= 50 else 1  # where there are many captions, a word seen once joins nothing
    words = sorted(word for word, count in counts.items() if count >= rare)
    words = words or ["?"]  # no caption has it: all vectors are zeros
    weights = np.sqrt([1 + np.log((1 + len(said)) / (1 + counts[word])) for word in words], dtype=np.float32)
    if len(words) <= dimensions:
        return WordVectors(words, np.diag(weights))
    rows = WordVectors(words, diags_array(weights)).transform(said)  # (N, V), sparse
    kept = TruncatedSVD(dimensions, random_state=seed).fit(rows).components_  # (D, V)
    return WordVectors(words, weights[:, None] * kept.T)


def sif_vectors(captions, embedding, words: list[str], a: float = 0.1) -> WordVectors:
    """Word vectors that a decoder has learnt, weighted and cleaned: SIF (Arora, Liang, Ma 2017).

    embedding: (V, E), as `captioner.decoder.embedding.weight`; words: (V), as `captioner.vocabulary.words`.
    A word of frequency p weighs a / (a + p), and the direction that all captions share is taken away. The
    paper's a = 0.001 is meant for an encyclopaedia; in captions even telling words are a hundred times as
    frequent. UserError if words and rows do not match, or if no caption has a known word.
    """
    table = as_array(embedding, np.float64)  # (V, E)
    if len(table) != len(words):
        raise UserError(f"{len(words)} words but {len(table)} rows: take both from the same captioner.")
    rows = {}
    for word, row in zip(words, table, strict=True):
        rows.setdefault(singular(plain(word)), []).append(row)  # "dog" means dog and dogs
    said = [cut(caption) for caption in captions]
    parts = cache(words_in)  # of most words the word itself; of two characters, each has its row
    counts = Counter(word for one in said for word in one.content if rows.keys() >= {*parts(word)})
    if not counts:
        raise UserError("No caption has a word that this captioner knows: was it trained on other captions?")
    known, total = sorted(counts), counts.total()
    means = {word: np.mean([np.mean(rows[part], axis=0) for part in parts(word)], axis=0) for word in known}
    weighted = np.array([a / (a + counts[word] / total) * means[word] for word in known])
    vectors = WordVectors(known, weighted).transform(said)  # (N, E)
    common = np.linalg.eigh(vectors.T @ vectors)[1][:, -1:]  # (E, 1): the first singular direction
    return WordVectors(known, weighted - weighted @ common @ common.T)


def averaged(vectors: WordVectors, captions_of_each: list[list[str]]) -> np.ndarray:
    """Several captions a picture, (N) lists of them, become one vector each, (N, D): their mean direction."""
    flat = vectors.transform([caption for several in captions_of_each for caption in several])
    ends = np.cumsum([len(several) for several in captions_of_each])[:-1]
    return normalize(np.array([part.sum(0) for part in np.split(flat, ends)]))


def together(*parts) -> np.ndarray:
    """Vectors beside vectors, (N, D1), (N, D2) … -> (N, D1 + D2 …): each part has an equal say."""
    return normalize(np.hstack([normalize(as_array(part, np.float64)) for part in parts]))


@dataclass
class Directions:
    """Vectors of F numbers, made of length one, as seen along D directions."""

    matrix: np.ndarray  # (F, D)

    def transform(self, vectors) -> np.ndarray:
        """Vectors (M, F) -> (M, D)."""
        return normalize(as_array(vectors, np.float64)) @ self.matrix


def directions(vectors: np.ndarray, seed: int = 0, most: int = 50) -> Directions:
    """The `most` directions in which vectors (N, F) differ, or all F if they are no more."""
    space = Directions(np.eye(vectors.shape[1]))
    if vectors.shape[1] > most:
        svd = TruncatedSVD(most, random_state=seed).fit(space.transform(vectors))
        space = Directions(svd.components_.T)
    return space
