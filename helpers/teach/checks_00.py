"""The checks of the exercises of 00: what the grammar writes of scenes, and what the machine says."""

from collections import Counter
from collections.abc import Iterable
from statistics import fmean, median

from helpers.data.vocabulary import tokenize
from helpers.scenes.words import things_in
from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import Hint, as_number, compare, dice, expect
from helpers.tell.captioner import SHIPPED, Captioner


@exercise("0.1", "The decoder of 03 will have to say that many words, one by one, each built on the last.")
def words_in_a_caption(answer):
    """The mean number of words of the practice captions."""
    lengths = [[len(caption.split()) for caption in picture.captions] for picture in practice()]
    each = [length for five in lengths for length in five]
    right = fmean(each)
    letters = fmean(len(caption) for picture in practice() for caption in picture.captions)
    mistakes = {
        "those are letters: split() each caption first.": letters,
        "that is a mean over pictures, and each of them has five captions.": 5 * right,
        "those are all words together: divide by the number of captions.": sum(each),
        "take the mean, not the median, and all five captions of each picture, not the first.": median(each),
    }
    compare(as_number(answer), right, mistakes, "count the words of all five captions of every picture.")


@exercise("0.2", "Only this is beyond doubt: a score that wants every word of one caption is unfair.")
def words_that_all_say(answer):
    """The set of words that occur in every one of some captions."""
    one, two = dice().sample(["dog", "park", "girl", "beach", "horse", "lake"], 2)
    made = [
        f"The {one} runs in the {two}.",
        f"In the {two} a {one} is sitting",
        f"One {one} inside, and the {two}!",
    ]
    drawn = [list(picture.captions) for picture in practice(3, f"shared {dice().random()}")]
    often = ["The dog and the dog and the dog.", "A dog sleeps", "One dog", "Two cats"]
    for captions in (made, *drawn, drawn[0][:1], ["A dog runs.", "Two cats sleep"], often):
        said, words = answer(list(captions)), [set(tokenize(caption)) for caption in captions]
        expect(isinstance(said, Iterable) and not isinstance(said, str), "it should return a set of words.")
        said = list(said)
        expect(all(isinstance(word, str) for word in said), "it should return a set of words.")
        said, shared = set(said), set.intersection(*words)
        if said == shared:
            continue
        expect(said != set.union(*words), "those are the words that *any* of them says.")
        letters, *pieces = (
            set.intersection(*map(set, cut))
            for cut in (captions, [c.split() for c in captions], [c.lower().split() for c in captions])
        )
        expect(said not in pieces, '"The" and "the" are one word, and so are "park." and "park".')
        expect(said, "it finds no word. The empty set shares none with any: begin with the first caption.")
        expect(said != letters, "those are letters: tokenize() makes words.")
        for word in sorted(said - shared, key=str):
            where = next(caption for caption, of in zip(captions, words, strict=True) if word not in of)
            raise Hint(f"{word!r} is no word of {where!r}.")
        raise Hint(f"{min(shared - said)!r} is a word of each of {captions}.")


@exercise("0.3", "The places are right in all 24; count them, too. BLEU, in 04, asks for all the words.")
def share_of_right_subjects(answer):
    """The share of captions by the shipped captioner that name the main subject."""
    answer, pictures = as_number(answer), practice()
    spoken = Captioner.load(SHIPPED).caption([picture.image for picture in pictures])
    mains = [picture.truth["main"] for picture in pictures]
    told = [(main, text, things_in(text)) for main, text in zip(mains, spoken, strict=True)]
    right = fmean(main in things for main, _, things in told)
    found = fmean(main in text for main, text, _ in told)
    whole = fmean(main in tokenize(text) for main, text, _ in told)
    alone = fmean({main} == things for main, _, things in told)
    mistakes = {
        "that is how *many* are right: which share of all pictures is it?": right * len(told),
        "that is in per cent: give a share between 0 and 1.": 100 * right,
        "that is the share that is wrong.": 1 - right,
        "“bikes” are a bicycle, too: things_in knows synonyms, a search in the text does not.": found,
        "“girls” are a girl, too: things_in knows plurals and synonyms, a list of words does not.": whole,
        "a caption may name other things beside the main subject.": alone,
        "always? That holds of places, or of what the grammar wrote: take `spoken` and truth['main'].": 1,
    }
    otherwise = "is picture.truth['main'] in things_in(caption)? Ask it of each caption in `spoken`."
    compare(answer, right, mistakes, otherwise)


@exercise("0.4", "The same sentence for every picture is how a broken captioner shows. Now you will notice.")
def same_sentence_for_most(answer):
    """Whether more than half of the captions are one and the same."""
    chance = dice()
    for n in (7, 4, 10, 25, 101, 1):
        others = [f"a dog and {i} birds" for i in range(n)]
        for copies in (n // 2, n // 2 + 1, n, 1):
            rest = others[: n - copies]
            captions = ["a man on a street"] * copies + rest[2:]
            chance.shuffle(captions)
            captions = [*rest[:1], *captions, *rest[1:2]]  # the sentence is neither first nor last
            most = max(Counter(captions).values())
            said = answer(list(captions))
            expect(said in (True, False), "it should return True or False.")
            expect(not said or 2 * most != n, "exactly half is not more than half.")
            expect(said or 2 * most <= n, f"{most} of {n} captions were the same, and it saw nothing wrong.")
            expect(
                not said or 2 * most > n, f"{most} of {n} captions were the same, and it called that broken."
            )
        for times in (2, 3):
            some = [f"a dog and {i // times} birds" for i in range(times * (n + 2))]
            hint = f"many captions that occur {times} times are not *one* sentence for most pictures."
            expect(not answer(some), hint)
