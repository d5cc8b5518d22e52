"""The checks of the exercises of 05: how to search for a caption."""

from copy import deepcopy

import torch

from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import as_number, compare, dice, expect, some_decoder, torch_dice
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.decoding import beam_search, greedy


@exercise("5.1", "Greedy is often good enough. Where it is not, the better word came only after a worse one.")
def greedy_against_beam(answer):
    """For how many practice pictures greedy and beam 3 say different captions."""
    answer = as_number(answer)
    captioner, pictures = Captioner.load(SHIPPED), [picture.image for picture in practice()]
    context = captioner.context(pictures)
    one = [found[0] for found in greedy(captioner.decoder, context)]
    three, five = (beam_search(captioner.decoder, context, width) for width in (3, 5))

    def differ(others, of=lambda h: h.words) -> int:
        return sum(of(a) != of(b) for a, b in zip(one, others, strict=True))

    best = [found[0] for found in three]
    likelier = sum(b.log_prob > a.log_prob + 1e-4 for a, b in zip(one, best, strict=True))
    different, lengths = differ(best), differ(best, lambda h: len(h.words))
    mistakes = {
        "for so many they agree.": len(one) - different,
        "that is a share; we ask for a number of pictures.": different / len(one),
        "whole lists are never equal: greedy's has 1 hypothesis, the other's 3. Take [0] of each.": len(one),
        "that is with beam_width=5; we ask for 3.": differ([found[0] for found in five]),
        "so many differ in length; captions of one length may differ, too.": lengths,
        "that is [-1], the last hypothesis; the best is [0].": differ([found[-1] for found in three]),
        "that is [1], the second hypothesis; the best is [0].": differ([found[1] for found in three]),
        "for so many the beam's is likelier; count all that differ, also the others.": likelier,
    }
    otherwise = "compare the `.words` of each picture's best hypothesis, [0]: where do they differ?"
    compare(answer, different, mistakes, otherwise)


class Scripted:
    """Stands in for a decoder: says what it is told, stammers, and minds how it is asked."""

    def __init__(self, script: list[int], loud: dict[int, float]):
        """`loud` are words that are likelier than the script's, as is the word said last."""
        self.script, self.loud, self.asked = script, loud, 0

    def start(self, context):
        """The state is how many words have been said."""
        return (torch.zeros(len(context), dtype=torch.long),)

    def step(self, words, state):
        """The word of the script is likeliest, but for an echo and the loud ones."""
        self.asked, t, word = self.asked + 1, int(state[0][0]), int(words[0])
        due = self.script[t - 1] if t else 2
        expect(self.asked < 60, "it does not stop: END ends it, or max_words words.")
        expect(self.asked > 1 or word == 2, "the first word that the decoder reads is START, 2.")
        expect(t > 0 or word == 2, "each step should get the state that the step before returned.")
        expect(word == 3 or due != 3, "END ends it: do not forbid it.")
        expect(word not in (0, 1), "PAD, UNK and START are never said, however likely they are.")
        expect(t < 2 or word != self.script[t - 2], "it said the same word twice in a row.")
        again = due in self.script[: max(0, t - 1)]
        expect(word == due or not again, "a word is forbidden right after itself: later it may come again.")
        expect(t == 0 or word != due - 3, "cut off at the left, the first three words are missing: add 3.")
        expect(word == due, "feed back the word that was said last.")
        heard = {3: -9.0, due: 6.0, self.script[t]: 5.0, **self.loud}
        return torch.tensor([[heard.get(word, 0.0) - 20 for word in range(30)]]), (state[0] + 1,)


def without_echo(decoder, context, max_words: int) -> list[int]:
    """Greedy search that never says a word twice in a row: word numbers without START and END."""
    state, said = decoder.start(context), [2]
    while len(said) <= max_words:
        logits, state = decoder.step(torch.tensor(said[-1:], device=context.device), state)
        logits[0, [0, 1, 2, said[-1]]] = -torch.inf
        if int(logits[0].argmax()) == 3:
            break
        said.append(int(logits[0].argmax()))
    return said[1:]


@exercise("5.2", "Rules like this one are cheap cures. The decoder still believes what it believed.")
def greedy_without_echo(answer):
    """(decoder, context (1, E), max_words) -> words without START and END, none twice in a row."""
    chance = dice()
    for loud in ({}, {0: 9.0, 1: 8.0, 2: 7.0}):
        words = chance.sample(range(7, 30), chance.randrange(4, 8))
        words[2] = words[0]  # again, but not at once
        long = 2 * chance.sample(range(7, 30), 20)
        for script, limit in (
            ([*words, 3], 20),
            ([3], 20),
            (words, len(words)),
            (long, chance.randint(21, 39)),
        ):
            said = answer(Scripted(script + 30 * [4, 5], loud), torch.zeros(1, 4), limit)
            words = [word for word in script if word != 3][:limit]
            expect(isinstance(said, (list, tuple)), "it should return a list of word numbers.")
            said = [int(word) for word in said]
            expect(said[:1] != [2], "START is no word of the caption.")
            expect(not {0, 1, 2} & set(said), "PAD, UNK and START are never said, however likely they are.")
            expect(3 not in said, "END is no word of the caption.")
            expect(all(map(int.__ne__, said, said[1:])), f"it said {said}: the same word twice in a row.")
            expect(len(said) <= limit, f"it said {said}: at most max_words = {limit} words.")
            early = said and said == words[: len(said)] != words
            expect(not early, f"it said {said} and stopped before END, or before max_words = {limit} words.")
            expect(said == words, f"it said {said}, but the likeliest words without an echo were {words}.")
    decoder, context = some_decoder(), torch.randn(1, 6, generator=torch_dice())
    with torch.no_grad():
        said, right = ([int(w) for w in f(decoder, context, 7)] for f in (answer, without_echo))
    expect(said == right, f"with a real decoder it says {said} instead of {right}.")


@exercise("5.3", "The tail has little probability, but so many words that now and then one of them is drawn.")
def nucleus(answer):
    """(probabilities (V,), p) -> those of the fewest words that reach p, adding up to 1; the others 0."""
    chance = torch_dice()
    for p in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        given = torch.randn(12, generator=chance).softmax(-1)
        values, order = given.sort(descending=True)
        kept = int((values.cumsum(-1) < p).sum()) + 1
        if not 1 < kept < 12:
            continue
        fewer, some, more = (given * (order.argsort() < n) for n in (kept - 1, kept, kept + 1))
        right = some / some.sum()
        mistakes = {
            "what is left should add up to 1 again.": some,
            "the word with which p is reached belongs to them, too.": fewer / fewer.sum(),
            "that is one word too many: p was reached before it.": more / more.sum(),
            "the words have changed places: probability i belongs to word i.": right.sort(descending=True)[0],
            "those are all words: the unlikely ones should get 0.": given,
            "divide by the sum; another softmax makes other probabilities.": some.softmax(-1),
        }
        said = torch.as_tensor(answer(given.clone(), p))
        compare(said, right, mistakes, f"for p = {p} the likeliest {kept} of 12 words should be left.")
    for p, n, right in ((0.5, 1, [0, 1, 0, 0]), (0.25, 1, [0, 1, 0, 0]), (0.75, 2, [1 / 3, 2 / 3, 0, 0])):
        said = torch.as_tensor(answer(torch.tensor([0.25, 0.5, 0.1875, 0.0625]), p))
        compare(said, torch.tensor(right), {}, f"of 1/4, 1/2, 3/16, 1/16 it takes {n} to reach p = {p}.")
    tied = int((torch.as_tensor(answer(torch.full((4,), 0.25), 0.5)) > 0).sum())
    expect(tied == 2, "words may be equally likely: keep the fewest, by order and not by value.")
    for v, p in ((2000, 0.9), (500, 1.0)):  # as after rounding: all together do not quite reach 1
        given = torch.randn(v, generator=chance).softmax(-1) * (1 - 1e-5)
        kept = min(v, int((given.sort(descending=True)[0].cumsum(-1) < p).sum()) + 1)
        n = int((torch.as_tensor(answer(given.clone(), p)) > 0).sum())
        expect(abs(n - kept) < 2, f"of {v} words it kept {n}; for p = {p} (mind rounding) keep {kept}.")


def next_steps(decoder, beams) -> list[tuple]:
    """All beams with all words, likeliest first: (log p, words, state) each, as `beams` are."""
    steps = []
    for log_prob, words, state in beams:
        last = torch.tensor(words[-1:] or [2], device=state[0].device)  # 2 is START
        logits, state = decoder.step(last, state)
        p = logits[0].log_softmax(-1).tolist()
        steps += [(log_prob + p[word], [*words, word], state) for word in range(3, len(p))]
    return sorted(steps, key=lambda step: step[0], reverse=True)


def search_in_lists(divide, decoder, context, width: int, max_words: int, a: float) -> list[int]:
    """The best caption for context (1, E), ranked by log p / n**a; its middle is your `divide`."""
    beams, over = [(0.0, [], decoder.start(context))], []
    for _ in range(max_words):
        ended, beams = divide(next_steps(decoder, beams), width, a)
        over += ended
    over += [(log_prob / max_words**a, words) for log_prob, words, _ in beams]
    return max(over)[1]


def divided(steps, width: int, a: float) -> tuple[list, list]:
    """What `divide` returns: (score, words) of those that are over, and the `width` steps that go on."""
    over = [(log_p / len(words) ** a, words[:-1]) for log_p, words, _ in steps[:width] if words[-1] == 3]
    return over, [step for step in steps if step[1][-1] != 3][:width]


def some_steps(chance, width: int) -> list[tuple]:
    """Steps as `next_steps` gives them: END among the best and behind them."""
    n, value, steps = chance.randrange(2, 6), 0.0, []
    ends = {chance.randrange(width), width, width + 2}
    for place in range(4 * width):
        value -= chance.uniform(0.1, 1)
        words = [chance.randrange(4, 30) for _ in range(n)]
        steps.append((value, [*words, 3 if place in ends else chance.randrange(4, 30)], f"state {place}"))
    return steps


@exercise("5.4", "With it the loop finds what the package's beam search finds, on decoders drawn by chance.")
def middle_of_a_beam_search(answer):
    """(steps, width, a) -> (score, words) of those that are over, and the `width` steps that go on."""
    chance = dice()
    for width, a in ((3, 0.7), (2, 1.5), (4, 0.0), (3, 1.2)):
        steps = some_steps(chance, width)
        said = answer(list(given := deepcopy(steps)), width, a)
        expect(given == steps, "leave the steps as they are: words[:-1] makes a new list.")
        expect(isinstance(said, (list, tuple)) and len(said) == 2, "return two lists: over, beams.")
        over, beams = map(list, said)
        right_over, right_beams = divided(steps, width, a)
        expect(over != right_beams, "first those that are over, then those that go on.")
        expect(all(beam[1][-1] != 3 for beam in beams), "who has said END does not go on.")
        fewer = [step for step in steps[:width] if step[1][-1] != 3]
        expect(beams != fewer, "who is over leaves a place to the next: `width` beams go on.")
        expect(beams == right_beams, f"the {width} likeliest of those without END go on, each as it was.")
        expect(not any(isinstance(one[0], list) for one in over), "each is a pair (score, words).")
        scores, words = [float(one[0]) for one in over], [list(one[1]) for one in over]
        expect(all(some[-1:] != [3] for some in words), "END is no word of the caption: leave it out there.")
        expect(len(over) <= len(right_over), "END counts among the `width` likeliest steps, not behind.")
        expect(words == [some for _, some in right_over], "those that end among the best are set aside.")
        log_p, n = torch.tensor([p for p, some, _ in steps[:width] if some[-1] == 3]), len(steps[0][1])
        mistakes = {
            "the score is log p / n**a, not log p.": log_p,
            "n counts END, too.": log_p / (n - 1) ** a,
            "n to the power of a, not times a.": log_p / (n * a or 1),
        }
        compare(torch.tensor(scores), log_p / n**a, mistakes, "the score is log p / n**a.")
    for a in (0.0, 1.0):
        decoder, context = some_decoder(), torch.randn(1, 6, generator=torch_dice())
        with torch.no_grad():
            said = search_in_lists(answer, decoder, context, 3, 7, a)
        right = beam_search(decoder, context, 3, 7, a)[0][0].words
        expect(list(said) == right, f"in the loop it finds {said} instead of {right}.")
