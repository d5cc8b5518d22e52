"""The checks of the exercises of 01: words, and the numbers that stand for them."""

from collections import Counter

import torch

from helpers.data.vocabulary import count_words
from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import as_number, compare, dice, expect


@exercise("1.1", "Zipf's long tail: a large part of the words is too rare to be learnt, and becomes UNK.")
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
    }
    otherwise = "count the words of all sentences with count_words, then look for counts of 1."
    compare(as_number(answer), once, mistakes, otherwise)


@exercise("1.2", "Fewer different words for the same meaning: each is seen more often, and learnt better.")
def a_tokenizer(answer):
    """Sentence -> its words in lower case, without punctuation."""
    chance = dice()
    expect(isinstance(answer("a dog"), (list, tuple)), "it should return a list of words.")
    expect(list(answer("A DOG")) != ["A", "DOG"], '"A" and "a" should be the same word.')
    for _ in range(20):
        words = [*chance.sample(["dog", "kite", "red", "beach", "two", "boat"], 3), "3"]
        chance.shuffle(words)
        caption = "".join(word + chance.choice([", ", ". ", "! ", " (", ") ", ": ", "; "]) for word in words)
        said = list(answer(caption))
        loose = [word for word in said if set(word) & set(",.!():;")]
        expect(not loose, f"{loose[:1]}: punctuation is no part of a word.")
        expect("" not in said, f"{caption!r} gives {said}: an empty string is no word.")
        expect("3" in said, f"{caption!r} gives {said}: a number is a word, too.")
        expect(said == words, f"{caption!r} gives {said}.")
        words = chance.sample(["t-shirt", "don't", "ice-cream", "dog's", "café"], 3)
        said = list(answer(" ".join(words).capitalize() + "."))
        expect(said == words, f"{' '.join(words)!r} gives {said}: what is inside a word belongs to it.")


@exercise("1.3", "Numbers in, numbers out: nothing else of the language ever reaches the network.")
def a_vocabulary(answer):
    """A class made from (captions, word_threshold), with encode(caption) and decode(ids)."""
    chance = dice()
    for threshold in (0, 1, 3):
        words = chance.sample(["cat", "dog", "sun", "sea"], 3)
        captions = (threshold + 1) * words + threshold * ["rare"] + chance.choices(words, k=5)
        vocabulary = answer(captions, threshold)
        ids = list(map(int, vocabulary.encode(" ".join(words))))
        expect(ids[:1] == [2], "encode() should begin with START, which is 2.")
        expect(ids[-1:] == [3], "encode() should end with END, which is 3.")
        expect(len(ids) == 5, f"three words, START and END make five numbers, not {len(ids)}.")
        expect(1 not in ids, f"with word_threshold {threshold}, a count of {threshold + 1} is above it.")
        expect(len(set(ids)) == 5 and min(ids[1:-1]) > 3, "every word needs a number of its own, from 4 on.")
        rare = list(map(int, vocabulary.encode("unheard rare")))
        expect(rare[1:2] == [1], "a word that never occurred should become UNK, which is 1.")
        expect(
            rare == [2, 1, 1, 3], f"with word_threshold {threshold}, a count of {threshold} is not above it."
        )
        said = vocabulary.decode(ids)
        expect(isinstance(said, str), "decode() should return a sentence, a str.")
        expect(len(said.split()) < 4, f"{said!r}: START and END are no part of the sentence.")
        expect(said == " ".join(words), f"decode(encode({' '.join(words)!r})) gives {said!r}.")
        expect(vocabulary.decode([*ids, ids[1], 0]) == said, "decode() should stop at END, whatever follows.")
        ids, loud = (list(map(int, vocabulary.encode(text))) for text in (words[0], f"{words[0].title()}."))
        expect(ids == loud, '"Cat" and "cat." are the word "cat": take the words of my_tokenize.')


@exercise("1.4", "Every batch the decoder sees has this form, and the loss looks away from the zeros.")
def a_padded_batch(answer):
    """Lists of numbers -> one block (B, T), filled up with PAD at the right."""
    chance = dice()
    for _ in range(5):
        rows = [[2, *chance.choices(range(4, 90), k=chance.randrange(1, 9)), 3] for _ in range(4)]
        rows.append([2, *[5] * 9, 3])  # the longest
        chance.shuffle(rows)
        said = answer([list(row) for row in rows])
        lengths = [len(row) for row in said] if isinstance(said, list) else [0]
        expect(len(set(lengths)) == 1, f"a block has rows of one length; yours have {lengths}.")
        said = torch.as_tensor(said)
        expect(said.ndim == 2, f"a batch is one block (B, T); yours has the shape {tuple(said.shape)}.")
        expect(said.shape != (11, 5), "that is (T, B): the batch comes first.")
        expect(said.size(1) >= 11, "it is shorter than the longest caption: something was cut off.")
        expect(said.shape == (5, 11), f"its shape is {tuple(said.shape)}; it should be (5, 11) here.")
        for row, ids in zip(said.tolist(), rows, strict=True):
            expect(row[0] == 2, "the captions should begin at the left, with the padding after them.")
            expect(row[: len(ids)] == ids, "the numbers of a caption have changed.")
            expect(not any(row[len(ids) :]), "PAD is 0.")
