"""The checks of the exercises of 08: many processes, many machines."""

from collections import Counter
from copy import deepcopy
from statistics import fmean, harmonic_mean

import torch

from helpers.teach.exercises import exercise
from helpers.teach.hints import ambiguous, as_number, compare, dice, expect, torch_dice

STAGES = ("fetch", "decode", "shrink", "caption", "write", "sort", "check", "copy", "pack", "turn")


@exercise(
    "8.1", "Shares differ by one caption at most, but captions differ in length: 8.2 is about what follows."
)
def share_of_the_last_batch(answer):
    """How many of the rows of an epoch's last batch belong to one process."""
    epoch, batch, world, rank = 20_003, 128, 8, 5
    rows = range(epoch)
    last = rows[epoch // batch * batch :]
    left = len(last) % world
    shares = [len(rows[i : i + batch][rank::world]) for i in rows[::batch]]
    mistakes = {
        "that is the share of a full batch: how long is the last one?": shares[0],
        "so many have the processes with ranks 0, 1 and 2. Where does rank 5 begin?": len(last[::world]),
        "that is the whole last batch: 8 processes share it.": len(last),
        "a caption is not cut into pieces: list the rows that rank 5 takes.": len(last) / world,
        "so many are left over after four whole rounds. How many rounds did rank 5 take part in?": left,
        "that is the share of the whole epoch; we ask for the last batch.": sum(shares),
        "that is a whole batch, and the last one is shorter.": batch,
        "so many batches are full; the last one is not.": epoch // batch,
        "so many batches there are; look into the last one.": len(shares),
    }
    otherwise = "how many rows has the last batch? Of these rank 5 takes 5, 13, and so on."
    compare(as_number(answer), shares[-1], mistakes, otherwise)


@exercise("8.2", "So eight GPUs find what one would have found in the whole batch, but for rounding.")
def gradient_of_all_words(answer):
    """(a gradient for each process, its numbers of words) -> their mean, weighted by words."""
    chance, numbers = torch_dice(), dice()
    for world, shape in zip((2, 4, 8, 1), ((3, 2), (5,), (2, 2, 2), (4,)), strict=True):
        gradients = list(torch.randn(world, *shape, generator=chance))
        words = numbers.sample(range(4, 60), world)
        if world > 2:
            empty = numbers.randrange(world)
            words[empty], gradients[empty] = 0, torch.zeros(shape)
        added = torch.stack(gradients).sum(0)
        weighted = sum(n * gradient for gradient, n in zip(gradients, words, strict=True))
        mistakes = {
            "that is the plain mean, as DistributedDataParallel takes it: a word of a process that has few "
            "would count for more than others.": added / world,
            "that is the sum of the means; we ask for the mean over all words.": added,
            "that is the sum over all words: divide by how many there are.": weighted,
            "weighted it is, but divide by the number of words, not of processes.": weighted / world,
            "the means are added up without weights: how many words does each stand for?": added / sum(words),
        }
        said = answer([gradient.clone() for gradient in gradients], list(words))
        expect(not isinstance(said, (list, tuple)), "it should return one tensor, not one for each process.")
        otherwise = f"with {words} words each process's gradient should count as often as it has words."
        compare(torch.as_tensor(said), weighted / sum(words), mistakes, otherwise)


def some_tallies(chance) -> tuple[dict, dict]:
    """What two shards counted: some groups are in both of them, some in one."""
    groups = chance.sample([0, *chance.sample(range(1, 1000), 6)], 6)
    words = ["dog", "beach", "snow", "red", "train"]
    one, other = ({g: Counter(chance.choices(words, k=6)) for g in some} for some in (groups[:4], groups[2:]))
    return one, other


@exercise("8.3", "The order of adding does not matter: so a thousand machines can count, and one adds up.")
def tally_of_both(answer):
    """(a, b), each group -> Counter: the tally of both, and neither is changed."""
    chance = dice()
    for i in range(12):
        a, b = some_tallies(chance)

        def joined(groups, join=Counter.__add__, a=a, b=b) -> dict:
            return {g: Counter(join(a.get(g, Counter()), b.get(g, Counter()))) for g in groups}

        both = a | b
        right = joined(both)
        mistakes = {
            "where both have a group, b's counts have replaced a's: add them up.": a | b,
            "where both have a group, a's counts have replaced b's: add them up.": b | a,
            "the groups that only b has are lost.": joined(a),
            "the groups that only a has are lost.": joined(b),
            "only the groups that both have are left.": joined(a.keys() & b),
            "that is the greater of two counts; we ask for both together.": joined(both, Counter.__or__),
            "where both counted a word in a group, one count has replaced the other.": joined(
                both, dict.__or__
            ),
        }
        if i > 9:  # nothing was counted in one of them
            a, b = ({}, b) if i % 2 else (a, {})
            right, mistakes = a | b, {}
        if ambiguous(right, mistakes):
            continue
        given = deepcopy(a), deepcopy(b)
        said = answer(*given)
        expect(isinstance(said, dict), f"it should return a dict, not {type(said).__name__}.")
        apart = all(isinstance(count, dict) for count in said.values())
        expect(apart, "keep the groups apart: the dict has a Counter for each of them.")
        said = {group: Counter(count) for group, count in said.items() if count}
        compare(said, right, mistakes, f"of {a} and {b} it made {said}.")
        expect(
            given == (a, b),
            "the sums are right, but your arguments are no longer what they were. A copy of a dict still "
            "holds the same Counters, and `+=` and `update` change these: make new ones.",
        )


@exercise("8.4", "More machines anywhere else would change nothing. Measure first, and then buy.")
def bottleneck(answer):
    """(rates, machines) -> (the slowest stage, pictures a second of the whole)."""
    chance = dice()
    for _ in range(3000):  # mistakes seldom all differ
        five = chance.sample(STAGES, 5)
        rates = dict(zip(five, chance.sample(range(10, 500), 5), strict=True))
        names = chance.sample(five, 5)  # dicts need not agree in their order
        machines = dict(zip(names, chance.sample(range(1, 12), 5), strict=True))
        whole = {stage: rates[stage] * machines[stage] for stage in five}
        name, fewest = min(whole, key=whole.get), min(machines, key=machines.get)
        paired = [rate * n for rate, n in zip(rates.values(), machines.values(), strict=True)]
        stages = {
            "one unit of that stage is slow, but how many work side by side?": min(rates, key=rates.get),
            "that stage has the fewest units; how much does each of them do?": fewest,
            "that is the fastest stage.": max(whole, key=whole.get),
            "the two dicts have their stages in another order: look up machines[stage].": (
                five[paired.index(min(paired))]
            ),
        }
        mean, in_turns = fmean(whole.values()), harmonic_mean(whole.values()) / len(five)
        values = {
            "the stage is right, but that is what one of its units does.": rates[name],
            "that is the slowest of all units; how many work side by side?": min(rates.values()),
            "that is what the fastest stage does: the others cannot keep up.": max(whole.values()),
            "stages do not add up: every picture goes through all of them.": sum(whole.values()),
            "units do not add up over stages: every picture goes through all.": sum(rates.values()),
            "that is a mean; but a fast stage waits for a slow one, and gains nothing.": mean,
            "so it would be if the stages took turns; they work at the same time.": in_turns,
        }
        tie = len(set(whole.values())) < len(five)
        if tie or ambiguous(name, stages) or ambiguous(whole[name], values):
            continue
        said = answer(dict(rates), dict(machines))
        pair = isinstance(said, (tuple, list)) and len(said) == 2
        expect(pair, "it should return two things: (name of the slowest stage, pictures a second).")
        expect(said[0] in five, f"first comes the name of a stage, and {said[0]!r} is none.")
        compare(said[0], name, stages, f"the stages do {whole} pictures a second: which is the slowest?")
        otherwise = f"the stages do {whole} pictures a second. How many come out at the end?"
        compare(as_number(said[1]), whole[name], values, otherwise)
