"""The checks of the exercises of 05 and 06: how to search for a caption, and how to sort captions."""

from collections import Counter
from operator import eq

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer

from helpers.scenes.catalogue import PLACES
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.sort.judging import agreement
from helpers.teach.checks_tell import same, some_decoder, torch_dice
from helpers.teach.exercises import ambiguous, as_number, compare, dice, exercise, expect, near, practice
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
    compare(answer, different, mistakes, otherwise, eq)


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

        def keep(n, given=given, order=order):
            return torch.zeros(12).index_copy(0, order[:n], given[order[:n]])

        right = keep(kept) / keep(kept).sum()
        mistakes = {
            "what is left should add up to 1 again.": keep(kept),
            "the word with which p is reached belongs to them, too.": keep(kept - 1) / keep(kept - 1).sum(),
            "that is one word too many: p was reached before it.": keep(kept + 1) / keep(kept + 1).sum(),
            "the words have changed places: probability i belongs to word i.": right.sort(descending=True)[0],
            "those are all words: the unlikely ones should get 0.": given,
            "divide by the sum; another softmax makes other probabilities.": keep(kept).softmax(-1),
        }
        said = torch.as_tensor(answer(given.clone(), p))
        compare(said, right, mistakes, f"for p = {p} the likeliest {kept} of 12 words should be left.", same)


@exercise("5.4", "That is all of beam search: this step, again and again, until no beam can win any more.")
def one_step_of_a_beam(answer):
    """(log_prob (K,), next_log_prob (K, V), width) -> the best `width` (beam, word) pairs, best first."""
    chance = torch_dice()
    for k, width in 5 * ((3, 3), (4, 2), (2, 5)):
        log_prob = -3 * torch.rand(k, generator=chance)  # (K,)
        following = (2 * torch.randn(k, 8, generator=chance)).log_softmax(-1)  # (K, V)
        total = log_prob.unsqueeze(1) + following
        places, forgetful, product = (
            table.flatten().topk(width).indices.tolist()
            for table in (total, following, log_prob.unsqueeze(1) * following)
        )
        by_beams = [divmod(i, k) for i in places]
        right, forgetful, product = ([divmod(i, 8) for i in some] for some in (places, forgetful, product))
        own = [(int(beam), int(total[beam].argmax())) for beam in total.amax(1).argsort(descending=True)]
        mistakes = {
            "two of the best may grow from one beam, and none from another.": own[:width],
            "each pair is (beam, word), in this order.": [pair[::-1] for pair in right],
            "what the beams have said so far counts, too: where is log_prob?": forgetful,
            "logarithms are added where probabilities are multiplied.": product,
            "a row of the sums has V words: divide by V, not by the number of beams.": by_beams,
        }
        if ambiguous(right, mistakes | {"backwards": right[::-1]}, eq):
            continue
        said = list(answer(log_prob.clone(), following.clone(), width))
        paired = all(getattr(pair, "ndim", 1) and not isinstance(pair, int) for pair in said)
        expect(paired, "each is a pair (beam, word): divmod makes one of a place in the flattened sums.")
        said = [tuple(map(int, pair)) for pair in said]
        otherwise = f"with {k} beams, width {width} it chose {said}; the best are {right}."
        if set(said) == set(right):
            otherwise = "they are the right ones: now put the best first."
        compare(said, right, mistakes, otherwise, eq)


def read_scenes(n: int = 240, name: str = "practice") -> tuple[list[str], list[str]]:
    """The first caption of each practice scene, and the places."""
    scenes = practice(n, name)
    return [scene.captions[0] for scene in scenes], [scene.truth["place"] for scene in scenes]


@exercise("6.1", "People leave the place out now and then, and nobody can sort by what was not said.")
def agreement_of_people(answer):
    """ARI of groups made of people's captions, k = 12."""
    answer, (captions, places) = as_number(answer), read_scenes()
    values = agreement(cluster_captions(captions, 12).labels, places)
    others = [name for name in values if name != "ARI" and near(answer, values[name], 0.001)]
    mistakes = {f"that is {name}; we ask for ARI.": values[name] for name in others}
    otherwise = "put the sentences into k = 12 groups; how well do their labels agree with the places?"
    compare(answer, values["ARI"], mistakes, otherwise)


@exercise("6.2", "Mind that many small groups make purity cheap: with one picture a group it is always 1.")
def purity(answer):
    """(labels, truth) -> the share of pictures whose group is mostly of their kind."""
    chance = dice()
    for n in 8 * (6, 20, 60):
        truth = chance.choices(["beach", "farm", "snow"], k=n)
        labels = [chance.choice([0, 1, 2, 3]) if chance.random() < 0.5 else len(place) % 4 for place in truth]
        groups = {g: Counter(t for l, t in zip(labels, truth, strict=True) if l == g) for g in set(labels)}
        kinds = {k: Counter(l for l, t in zip(labels, truth, strict=True) if t == k) for k in set(truth)}
        right = sum(max(group.values()) for group in groups.values()) / n
        mistakes = {
            "that asks of each *place* how much of it is in one group; ask it of each group.": (
                sum(max(kind.values()) for kind in kinds.values()) / n
            ),
            "that is a mean over groups; a large group should count for more.": (
                sum(max(group.values()) / group.total() for group in groups.values()) / len(groups)
            ),
            "that is a number of pictures; we ask for a share.": right * n,
            "the most frequent kind of a group counts, even if it is less than half of it.": (
                sum(max(g.values()) for g in groups.values() if 2 * max(g.values()) > g.total()) / n
            ),
        }
        if ambiguous(right, mistakes):
            continue
        said = as_number(answer(list(labels), list(truth)))
        compare(said, right, mistakes, f"groups {labels} of {truth} should give {right:.3g}, not {said:.3g}.")


@exercise("6.3", "Repeat it until nothing moves: that is k-means, and where it starts decides where it ends.")
def one_step_of_k_means(answer):
    """(vectors (N, D), centres (k, D)) -> new centres (k, D); one without vectors stays where it is."""
    rng = np.random.default_rng(dice().randrange(10**6))
    for k, empty in ((2, False), (4, False), (3, True)):
        vectors, centres = rng.normal(size=(30, 3)), rng.normal(size=(k, 3))
        centres[-1] += 50 * empty

        def means(nearest, vectors=vectors, centres=centres):
            some = [vectors[nearest == g] for g in range(len(centres))]
            return np.array([v.mean(0) if len(v) else c for v, c in zip(some, centres, strict=True)])

        distances = ((vectors[:, None] - centres) ** 2).sum(-1)  # (N, k)
        said = np.asarray(answer(vectors.copy(), centres.copy()))
        expect(said.shape != (30,), "those are labels: return the new centres.")
        expect(len(said) == k, f"there were {k} centres, and {len(said)} came back. One for each, please.")
        expect(not np.isnan(said).any(), "a centre without vectors became nan: leave it where it was.")
        mistakes = {
            "the centres have not moved.": centres,
            "a centre should be the mean of its own vectors, not of all.": np.tile(vectors.mean(0), (k, 1)),
            "nearest is the smallest distance, not the greatest dot product.": means(
                (vectors @ centres.T).argmax(1)
            ),
            "those are the farthest centres, not the nearest.": means(distances.argmax(1)),
        }
        otherwise = (
            f"each vector goes to its nearest centre; the means of them, {(k, 3)}, are the new centres."
        )
        compare(said, means(distances.argmin(1)), mistakes, otherwise, same)


@exercise(
    "6.4", "Choosing what to look at is the larger half of sorting: the groups come almost by themselves."
)
def vectors_of_your_own(answer):
    """Captions (N) -> vectors (N, D) that sort better than word counts do, by 0.2 of ARI."""
    yours, plain = [], []
    for i in range(3):  # always the same scenes: near the bar, others would turn the verdict
        captions, places = read_scenes(240, f"sort {7 * i}")
        vectors = answer(list(captions))
        vectors = vectors.toarray() if hasattr(vectors, "toarray") else vectors  # scikit-learn's are sparse
        vectors = np.asarray(vectors, dtype=float)
        expect(
            vectors.ndim == 2 and len(vectors) == 240, f"one row a caption: (240, D), not {vectors.shape}."
        )
        expect(np.isfinite(vectors).all(), "there are numbers in it that are not finite.")
        expect(len(np.unique(vectors, axis=0)) > 1, "all captions have the same vector.")
        counts = CountVectorizer().fit_transform(captions).toarray()
        for values, rows in ((yours, vectors), (plain, counts)):
            values.append(agreement(cluster_vectors(rows, len(PLACES)).labels, places)["ARI"])
    said = f"your ARI is {np.mean(yours):.2f}, that of plain word counts {np.mean(plain):.2f}"
    expect(np.mean(yours) >= np.mean(plain) + 0.2, f"{said}: which words say nothing about the place?")
