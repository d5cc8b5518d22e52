"""The checks of the exercises of 05: how to search for a caption."""

import torch

from helpers.teach.exercises import exercise, practice
from helpers.teach.hints import ambiguous, as_number, compare, dice, expect, some_decoder, torch_dice
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.decoding import beam_search, greedy


@exercise("5.1", "Greedy is often good enough. Where it is not, the better word came only after a worse one.")
def greedy_against_beam(answer):
    """For how many practice pictures greedy and beam 5 say different captions."""
    answer = as_number(answer)
    captioner, pictures = Captioner.load(SHIPPED), [picture.image for picture in practice()]
    context = captioner.context(pictures)
    both = greedy(captioner.decoder, context), beam_search(captioner.decoder, context, 5)
    different = sum(one[0].words != other[0].words for one, other in zip(*both, strict=True))
    mistakes = {
        "for so many they agree.": len(pictures) - different,
        "that is a share; we ask for a number of pictures.": different / len(pictures),
    }
    otherwise = "compare the words of the best hypothesis, [0], of each picture."
    compare(answer, different, mistakes, otherwise)


class Scripted:
    """Stands in for a decoder: says what it is told, and minds how it is asked."""

    def __init__(self, script: list[int], loud: dict[int, float]):
        """`loud` are words that are likelier than the script's."""
        self.script, self.loud, self.asked = script, loud, 0

    def start(self, context):
        """The state is how many words have been said."""
        return (torch.zeros(len(context), dtype=torch.long),)

    def step(self, words, state):
        """The next word of the script is likeliest, but for the loud ones."""
        self.asked, t, word = self.asked + 1, int(state[0][0]), int(words[0])
        expect(self.asked < 60, "it does not stop: END ends it, or max_words words.")
        expect(self.asked > 1 or word == 2, "the first word that the decoder reads is START, 2.")
        expect(t > 0 or word == 2, "each step should get the state that the step before returned.")
        moved = t > 0 and word == self.script[t - 1] - 3
        expect(not moved, "cut off at the left, the first three words are missing in the count: add 3.")
        expect(word not in (0, 1), "PAD, UNK and START are never said, however likely they are.")
        expect(t == 0 or word == self.script[t - 1], "feed back the word that was said last.")
        logits = torch.zeros(len(words), 30)
        for word, value in {self.script[t]: 5.0, **self.loud}.items():
            logits[:, word] = value
        return logits, (state[0] + 1,)


@exercise(
    "5.2", "With the state handed from step to step it works for any decoder: LSTM, attention, Transformer."
)
def your_own_greedy(answer):
    """(decoder, context (1, E), max_words) -> word numbers without START and END; PAD, UNK, START unsaid."""
    chance = dice()
    for loud in ({}, {0: 9.0, 1: 8.0, 2: 7.0}):
        words = chance.choices(range(4, 30), k=chance.randrange(3, 8))
        for script, limit in (([*words, 3], 20), (words, len(words))):
            said = answer(Scripted(script + [9] * 60, loud), torch.zeros(1, 4), limit)
            expect(isinstance(said, (list, tuple)), "it should return a list of word numbers.")
            said = [int(word) for word in said]
            expect(said[:1] != [2], "START is no word of the caption.")
            expect(not {0, 1, 2} & set(said), "PAD, UNK and START are never said, however likely they are.")
            expect(3 not in said, "END is no word of the caption.")
            early = said and said == words[: len(said)] != words
            expect(not early, f"it said {said} and stopped before END, or before max_words = {limit} words.")
            expect(said == words, f"it said {said}, but the likeliest words were {words}.")
    decoder, context = some_decoder(), torch.randn(1, 6, generator=torch_dice())
    with torch.no_grad():
        said = [int(word) for word in answer(decoder, context, 7)]
    expect(said == greedy(decoder, context, 7)[0][0].words, "with a real decoder it says something else.")


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


@exercise("5.4", "That is all of beam search: this step, again and again, until no beam can win any more.")
def one_step_of_a_beam(answer):
    """(log_prob (K,), next_log_prob (K, V), width) -> the best `width` (beam, word) pairs, best first."""
    chance = torch_dice()
    for k, width in 5 * ((3, 3), (4, 2), (2, 5)):
        log_prob = -3 * torch.rand(k, generator=chance)  # (K,)
        following = (2 * torch.randn(k, 8, generator=chance)).log_softmax(-1)  # (K, V)
        total, product = log_prob.unsqueeze(1) + following, log_prob.unsqueeze(1) * following

        def best(table, columns=8, width=width) -> list:
            return [divmod(i, columns) for i in table.flatten().topk(width).indices.tolist()]

        right = best(total)
        own = [(int(beam), int(total[beam].argmax())) for beam in total.amax(1).argsort(descending=True)]
        mistakes = {
            "two of the best may grow from one beam, and none from another.": own[:width],
            "each pair is (beam, word), in this order.": [pair[::-1] for pair in right],
            "what the beams have said so far counts, too: where is log_prob?": best(following),
            "logarithms are added where probabilities are multiplied.": best(product),
            "a row of the sums has V words: divide by V, not by the number of beams.": best(total, k),
        }
        if ambiguous(right, mistakes | {"backwards": right[::-1]}):
            continue
        said = list(answer(log_prob.clone(), following.clone(), width))
        paired = all(getattr(pair, "ndim", 1) and not isinstance(pair, int) for pair in said)
        expect(paired, "each is a pair (beam, word): divmod makes one of a place in the flattened sums.")
        said = [tuple(map(int, pair)) for pair in said]
        otherwise = f"with {k} beams, width {width} it chose {said}; the best are {right}."
        if set(said) == set(right):
            otherwise = "they are the right ones: now put the best first."
        compare(said, right, mistakes, otherwise)
