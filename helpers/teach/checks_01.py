"""The checks of the exercises of 01: words, and the numbers that stand for them."""

from collections import Counter
from operator import ge, gt
from statistics import fmean

import torch

from helpers.data.vocabulary import count_words
from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import Hint, ambiguous, as_number, compare, dice, expect


@exercise("1.1", "Such words cannot be learnt and become UNK; what people write has many more of them.")
def words_that_occur_once(answer):
    """How many words occur once in the captions of 200 scenes."""
    sentences = [caption for picture in practice(200) for caption in picture.captions]
    counts, bare = count_words(sentences), Counter(" ".join(sentences).split())
    once = sum(n == 1 for n in counts.values())
    mistakes = {
        "that is how many different words there are: how many of them occur once?": len(counts),
        "those occur more than once.": len(counts) - once,
        '"Park" and "park." are one word: count_words knows.': sum(n == 1 for n in bare.values()),
        "that is a share of the words; we ask for a number.": once / len(counts),
        "those occur once or twice.": sum(n <= 2 for n in counts.values()),
    }
    otherwise = "count the words of all sentences with count_words, then look for counts of 1."
    compare(as_number(answer), once, mistakes, otherwise)


@exercise("1.2", "Fewer different words for the same meaning: each is seen more often, and learnt better.")
def a_tokenizer(answer):
    """Sentence -> its words in lower case, without punctuation."""
    chance = dice()
    expect(isinstance(answer("a dog"), (list, tuple)), "it should return a list of words.")
    said = [str(word) for word in answer("A DOG")]
    expect(said == [word.lower() for word in said], '"A" and "a", "DOG" and "dog" should be the same word.')
    expect("a" in said, f"'A DOG' gives {said}: a word of one letter is a word, too.")
    marks = [", ", ". ", "! ", "? ", " (", ") ", ": ", "; ", ' "', '" ', " '", "' ", " - "]
    for gap in (" ", "  ", "\n") * 2:
        chance.shuffle(marks)
        number = chance.choice(["3", "30", "2nd"])
        words = [chance.choice(["dog", "kite", "red", "beach", "two", "boat"]) for _ in marks] + [number]
        chance.shuffle(words)
        written = [chance.choice([str, str.upper, str.capitalize])(word) for word in words]
        caption = "".join(f"{word}{mark}" for word, mark in zip(written, [*marks, "."], strict=True))
        said = list(answer(caption))
        loose = [word for word in said if set(word) & set(",.!?():;")]
        expect(not loose, f"{loose[:1]}: punctuation is no part of a word.")
        expect("" not in said, f"{caption!r} gives {said}: an empty string is no word.")
        around = [word for word in said if word.strip("'\"-") != word]
        expect(not around, f"{around[:1]}: a hyphen or a quotation mark belongs to a word only inside it.")
        expect(number in said, f"{caption!r} gives {said}: a number is a word, too, {number} here.")
        expect(said == words, f"{caption!r} gives {said}.")
        last = chance.choice(["café", "piñata", "crêpe", "über"])
        words = [*chance.sample(["t-shirt", "don't", "ice-cream", "dog's"], 3), "jack-in-the-box", last]
        said = list(answer(gap.join(words).capitalize() + "."))
        loose = [word for word in said if word.split() != [word]]
        expect(not loose, f"{loose[:1]}: two spaces, or a new line, part words as one space does.")
        accent = next(letter for letter in last if not letter.isascii())
        hint = f"“{last}” gives {said[4:]}: {accent} is a letter like any other."
        expect(len(said) < 5 or said[-1] == last, hint)
        expect(said == words, f"{gap.join(words)!r} gives {said}: what is inside a word belongs to it.")
    expect(list(answer("")) == [] == list(answer("...")), "where there is no word, the list is empty.")


@exercise("1.3", "Rare words cost rows and hardly occur; but they may be those that you would like to read.")
def a_threshold(answer):
    """The largest word_threshold that keeps a share of the running words of some captions."""
    chance, tried = dice(), 0
    while tried < 6:
        often = {word: chance.randrange(1, 14) for word in ("kite", "tree", "sun", "bee", "red")}
        often["dog"] = 128 - sum(often.values())  # of 128 words every share is exact
        words = [word for word, n in often.items() for _ in range(n)]
        chance.shuffle(words)
        captions = [" ".join(words[i : i + 8]).capitalize() + "." for i in range(0, 128, 8)]
        counts = list(often.values())
        share = _kept(counts, chance.randrange(1, 13)) - tried % 2 / 256
        right, mistakes = _largest(counts, share), _mistaken(captions, counts, share)
        if ambiguous(right, mistakes):
            continue
        said, tried = as_number(answer(captions.copy(), share)), tried + 1
        otherwise = (
            f"with {said:g} they make up {_kept(counts, said):.1%} of the running words, not {share:.1%}."
        )
        if said < right:
            otherwise = f"{said:g} keeps enough, but so does a larger one."
        compare(said, right, mistakes, otherwise)
    hint = "where every word is needed, only 0 keeps enough."
    expect(as_number(answer(["a dog", "a cat"], 1.0)) == 0, hint)
    hint = "where each word occurs 300 times, 299 keeps all: look as far as the greatest count."
    expect(as_number(answer(300 * ["a dog"], 1.0)) == 299, hint)


def _kept(counts, threshold) -> float:
    return sum(n for n in counts if n > threshold) / sum(counts)


def _largest(counts, share, kept=_kept, enough=ge) -> int:
    return max((t for t in range(max(counts)) if enough(kept(counts, t), share)), default=0)


def _mistaken(captions, counts, share) -> dict:
    """Hint -> the wrong answer that it fits."""
    bare, right = Counter(" ".join(captions).split()).values(), _largest(counts, share)
    different = _largest(counts, share, lambda counts, t: fmean(n > t for n in counts))
    mistakes = {
        "with 0 every word is kept; larger thresholds keep enough, too.": 0,
        f"{right + 1} keeps too few: a word stays that occurs *more often* than the threshold.": right + 1,
        '"Dog" and "dog." are one word: count_words knows.': _largest(bare, share),
        "count running words: a word that occurs seven times makes up seven of them.": different,
    }
    if share in (_kept(counts, t) for t in counts):
        mistakes["*at least* that share: exactly as much is enough."] = _largest(counts, share, enough=gt)
    return mistakes


@exercise("1.4", "Every batch the decoder sees has this form, and the loss looks away from the zeros.")
def a_padded_batch(answer):
    """Lists of numbers -> one block (B, T), filled up with PAD at the right."""
    chance = dice()
    for lengths in (*(chance.sample(range(2, 15), b) for b in (3, 5, 3, 1)), [6, 6]):
        longest = max(lengths)
        lengths.remove(longest)
        lengths.insert(len(lengths) // 2 + len(lengths) % 2, longest)
        rows = [[2, *chance.choices(range(4, 9000), k=n - 2), 3] for n in lengths]
        said = _block(answer([row.copy() for row in rows]))
        b, t = said.shape
        turned = (t, b) == (len(rows), longest) != (b, t)
        expect(not turned, "that is (T, B): the batch comes first.")
        expect(b == len(rows), f"{len(rows)} captions make {len(rows)} rows; yours has {b}.")
        expect(t >= longest, "it is shorter than the longest caption: something was cut off.")
        expect(t == longest, f"the longest has {longest} numbers, your rows have {t}: pad no further.")
        said, right = said.tolist(), [row + [0] * (longest - len(row)) for row in rows]
        expect(said == right or sorted(said) != sorted(right), "the captions should stay in their order.")
        for row, ids in zip(said, rows, strict=True):
            expect(row[0] == 2, "the captions should begin at the left, with the padding after them.")
            expect(row[: len(ids)] == ids, "the numbers of a caption have changed.")
            expect(not any(row[len(ids) :]), "PAD is 0.")


def _block(said) -> torch.Tensor:
    """The answer as a tensor (B, T) of whole numbers; a Hint if it is none."""
    if isinstance(said, (list, tuple)):
        said = [row.tolist() if hasattr(row, "tolist") else row for row in said]
        lengths = [len(row) if isinstance(row, (list, tuple)) else 1 for row in said]
        expect(len(set(lengths)) == 1, f"a block has rows of one length; yours have {lengths}.")
    try:
        said = torch.as_tensor(said)
    except (TypeError, ValueError, RuntimeError):
        raise Hint("return a list of lists, or a tensor, of whole numbers.") from None
    expect(said.ndim == 2, f"a batch is one block (B, T); yours has the shape {tuple(said.shape)}.")
    whole = not said.is_floating_point() and said.dtype != torch.bool
    expect(whole, "an embedding looks words up by whole numbers; yours have become decimals.")
    return said
