"""The checks of the exercises of 00: what people say, and what the machine says."""

from statistics import fmean

from helpers.data.vocabulary import tokenize
from helpers.scenes.words import things_in
from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import as_number, compare, dice, expect
from helpers.tell.captioner import SHIPPED, Captioner


@exercise("0.1", "The decoder of 03 will have to say that many words, one by one, each built on the last.")
def words_in_a_caption(answer):
    """The mean number of words of the practice captions."""
    captions = [caption for picture in practice() for caption in picture.captions]
    right = fmean(len(caption.split()) for caption in captions)
    mistakes = {
        "those are letters: split() each caption first.": fmean(map(len, captions)),
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
    mains = [picture.truth["main"] for picture in pictures]
    told = [(main, text, things_in(text)) for main, text in zip(mains, spoken, strict=True)]
    right = fmean(main in things for main, _, things in told)
    found = fmean(main in text for main, text, _ in told)
    alone = fmean({main} == things for main, _, things in told)
    mistakes = {
        "that is how *many* are right: which share of all pictures is it?": right * len(told),
        "that is in per cent: give a share between 0 and 1.": 100 * right,
        "that is the share that is wrong.": 1 - right,
        "“bikes” are a bicycle, too: things_in knows synonyms, a search in the text does not.": found,
        "a caption may name other things beside the main subject.": alone,
        "always? Then it is about places, or about people's captions: take `spoken` and truth['main'].": 1,
    }
    otherwise = "is picture.truth['main'] in things_in(caption)? Ask it of each caption in `spoken`."
    compare(answer, right, mistakes, otherwise)


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
