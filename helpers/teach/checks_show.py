"""The checks of the exercises of 00 to 02: pictures, words, and the CNN."""

from collections import Counter
from operator import eq
from statistics import mean

import torch
from torch import nn

from helpers.data.vocabulary import count_words, tokenize
from helpers.scenes.words import things_in
from helpers.teach.exercises import as_number, compare, dice, exercise, expect, practice
from helpers.tell.captioner import SHIPPED, Captioner


@exercise("0.1", "The decoder of 03 will have to say that many words, one by one, each built on the last.")
def words_in_a_caption(answer):
    """The mean number of words of the practice captions."""
    captions = [caption for picture in practice() for caption in picture.captions]
    right = mean(len(caption.split()) for caption in captions)
    mistakes = {
        "those are letters: split() each caption first.": mean(map(len, captions)),
        "that is a mean over pictures, and each of them has five captions.": 5 * right,
        "those are all words together: divide by the number of captions.": right * len(captions),
    }
    compare(as_number(answer), right, mistakes, "count the words of all five captions of every picture.")


@exercise("0.2", "Only this is beyond doubt: a score that wants every word of one person is unfair.")
def words_that_all_say(answer):
    """The set of words that occur in every one of some captions."""
    for picture in practice(4, f"shared {dice().random()}"):
        captions = list(picture.captions)
        said = answer(list(captions))
        expect(isinstance(said, (set, frozenset, list, tuple)), "it should return a set of words.")
        said, words = set(said), [set(tokenize(caption)) for caption in captions]
        expect(said != set.union(*words), "those are the words that *any* of them says.")
        expect(said != set.intersection(*map(set, captions)), "those are letters: tokenize() makes words.")
        shared, bare = set.intersection(*words), set.intersection(*(set(c.split()) for c in captions))
        expect(said == shared or said != bare, '"The" and "the" are one word, and so are "park." and "park".')
        expect(said == shared, f"for {captions} it gives {sorted(map(str, said))}.")


@exercise("0.3", "The places are right in all 24; count them, too. BLEU, in 04, asks for all the words.")
def share_of_right_subjects(answer):
    """The share of captions by the shipped captioner that name the main subject."""
    answer, pictures = as_number(answer), practice()
    spoken = Captioner.load(SHIPPED).caption([picture.image for picture in pictures])
    pairs = [(caption, picture.truth["main"]) for caption, picture in zip(spoken, pictures, strict=True)]
    right = [main in things_in(caption) for caption, main in pairs]
    mistakes = {
        "that is how *many* are right: which share of all pictures is it?": sum(right),
        "that is in per cent: give a share between 0 and 1.": 100 * mean(right),
        "that is the share that is wrong.": 1 - mean(right),
        "“bikes” are a bicycle, too: things_in knows synonyms, a search in the text does not.": mean(
            main in caption for caption, main in pairs
        ),
        "a caption may name other things beside the main subject.": mean(
            things_in(caption) == {main} for caption, main in pairs
        ),
        "always? Then it is about places, or about people's captions: take `spoken` and truth['main'].": 1,
    }
    otherwise = "is picture.truth['main'] in things_in(caption)? Ask it of each caption in `spoken`."
    compare(answer, mean(right), mistakes, otherwise)


@exercise("0.4", "The same sentence for every picture is how a broken captioner shows. Now you will notice.")
def same_sentence_for_most(answer):
    """Whether more than half of the captions are one and the same."""
    chance = dice()
    for n in (4, 7, 10, 11, 25):
        others = [f"a dog and {i} birds" for i in range(n)]
        for copies in (n // 2, n // 2 + 1, n, 1):
            captions = ["a man on a street"] * copies + others[: n - copies]
            chance.shuffle(captions)
            said, broken = answer(captions), copies > n / 2
            expect(said in (True, False), "it should return True or False.")
            expect(not said or 2 * copies != n, "exactly half is not more than half.")
            expect(said or not broken, f"{copies} of {n} captions were the same, and it saw nothing wrong.")
            expect(not said or broken, f"{copies} of {n} captions were the same, and it called that broken.")
        twins = [f"a dog and {i // 2} birds" for i in range(2 * n)]
        expect(not answer(twins), "many captions that occur twice are not *one* sentence for most pictures.")


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
    compare(as_number(answer), once, mistakes, otherwise, eq)


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


@exercise("2.1", "All the rest, the CNN, stands still: so its features can be computed once and kept.")
def what_learns_in_the_encoder(answer):
    """How many parameters of the shipped encoder learn."""
    encoder = Captioner.load(SHIPPED, device="cpu").encoder
    everything = sum(p.numel() for p in encoder.parameters())
    learns = sum(p.numel() for p in encoder.parameters() if p.requires_grad)
    mistakes = {
        "those are all parameters: which of them does training change?": everything,
        "those are the frozen ones.": everything - learns,
        "those are fc's weights. Something else in fc learns, too.": encoder.fc.weight.numel(),
    }
    otherwise = "count the numbers (numel) in those parameters that learn."
    compare(as_number(answer), learns, mistakes, otherwise, eq)


@exercise("2.2", "With it you can read off what each layer of a CNN leaves, before you build it.")
def size_after_a_convolution(answer):
    """(size, kernel, stride, padding) -> the size that comes out."""
    chance = dice()
    for i in range(30):
        kernel, stride = chance.randrange(1, 6), chance.randrange(1, 4)
        padding = chance.randrange(1, 3) if i >= 10 else 0
        size = chance.randrange(kernel, 40)
        right = nn.Conv1d(1, 1, kernel, stride, padding)(torch.zeros(1, 1, size)).size(-1)
        said = as_number(answer(size, kernel, stride, padding))
        case = f"size {size}, kernel {kernel}, stride {stride}, padding {padding} gives {said:g}"
        expect(said == int(said), f"{case}: there is no half pixel. Round down.")
        one_end = (size + padding - kernel) // stride + 1
        expect(said == right or said != one_end, f"{case}: the padding is added at both ends.")
        expect(said != right - 1, f"{case}, one too few: the first place counts, too.")
        expect(said == right, f"{case}, but a convolution gives {right}.")


@exercise("2.3", "Near pictures, near vectors: if this finds like pictures, the features are good.")
def most_alike(answer):
    """(features (N, F), i) -> the other row with the greatest cosine."""
    for _ in range(5):
        chance = torch.Generator().manual_seed(dice().randrange(10**6))
        features = torch.randn(12, 6, generator=chance) * (1 + 9 * torch.rand(12, 1, generator=chance))
        unit, others = nn.functional.normalize(features, dim=1), torch.eye(12).bool()
        right, dot, distance = (
            table.masked_fill(others, -torch.inf).argmax(1).tolist()
            for table in (unit @ unit.T, features @ features.T, -torch.cdist(features, features))
        )
        said = [as_number(answer(features.clone(), i)) for i in range(12)]
        expect(said == [int(i) for i in said], "that is a cosine; we ask for the *number* of the picture.")
        mistakes = {
            "every picture is most like itself, but we ask for *another* one.": list(range(12)),
            "a long vector is not a like vector: make all of them of length one first.": dot,
            "that is the smallest distance; the cosine looks at directions alone.": distance,
            "without picture i those after it have moved up by one: keep it, and lower its cosine.": [
                best - (best > i) for i, best in enumerate(right)
            ],
        }
        compare(said, right, mistakes, "take the greatest cosine, leaving out the picture itself.", eq)


@exercise("2.4", "Off with its head: that is transfer learning, in three lines.")
def a_new_head(answer):
    """(model with `fc`, embedding_dim) -> the model, frozen but for a new `fc`."""
    for _ in range(3):
        features, dim = dice().randrange(5, 30), dice().randrange(3, 20)
        model = nn.Sequential()
        model.add_module("body", nn.Sequential(nn.Linear(7, features), nn.BatchNorm1d(features), nn.ReLU()))
        model.add_module("fc", nn.Linear(features, 1000))
        old, body = model.fc, model.body
        model = answer(model, dim)
        expect(hasattr(model, "fc"), "return the model, with the new layer as its `fc`.")
        expect(model.fc is not old, "`fc` is still the old head.")
        takes = getattr(model.fc, "in_features", features)
        expect(takes == features, "the new layer takes as many numbers as the old one did: fc.in_features.")
        said = model.eval()(torch.rand(2, 7))
        expect(said.shape == (2, dim), f"{dim} numbers were asked for a picture, {said.size(-1)} came.")
        learns = [p.requires_grad for p in model.fc.parameters()]
        expect(all(learns), "the new layer is frozen, too: freeze first, then put it there.")
        frozen = not any(p.requires_grad for p in body.parameters())
        expect(frozen, "the CNN would still learn: its parameters have requires_grad.")


@exercise("2.5", "A CNN that drifts gives other features in the test than in training. Many ship that.")
def frozen_means_frozen(answer):
    """A class with `cnn` and `fc` whose train() leaves the CNN in eval mode."""
    cnn = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Sequential(nn.BatchNorm1d(6)))
    model = answer(cnn, nn.Sequential(nn.Linear(6, 3), nn.Dropout(0.5)))
    before = [value.clone() for value in cnn.state_dict().values()]
    for mode in (True, False, True):
        returned = model.train(mode)
        expect(returned is model, "train() returns the model itself, as that of nn.Module does.")
        in_training = any(part.training for part in cnn.modules())
        expect(not in_training, f"after train({mode}) the CNN, or a layer in it, is in training mode.")
        expect(model.fc[1].training == mode, f"after train({mode}) `fc` should be in that mode.")
        cnn(torch.rand(8, 4))
    same = all(torch.equal(a, b) for a, b in zip(before, cnn.state_dict().values(), strict=True))
    expect(same, "BatchNorm's statistics have drifted.")
