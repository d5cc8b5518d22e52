"""The checks of the exercises of 03: the decoder."""

from math import isclose, log

import torch

from helpers.teach.exercises import exercise
from helpers.teach.hints import Hint, ambiguous, as_number, compare, expect, same, some_decoder, torch_dice
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.decoder import Decoder


@exercise("3.1", "A first loss far from log V means a mistake before the first step: look for it there.")
def loss_of_the_ignorant(answer):
    """Log V, in nats."""
    words = len(Captioner.load(SHIPPED).vocabulary)
    said, right = as_number(answer), log(words)
    mistakes = {
        "that is in bits: PyTorch's losses are in nats, natural logarithms.": log(words, 2),
        "that is the decimal logarithm; it should be the natural one.": log(words, 10),
        "a loss is -log p: mind the sign.": -right,
        "that is the probability of each word; the loss is -log of it.": 1 / words,
        "the four special words are among them, and `fc` gives each a score: divide by all of them.": log(
            words - 4
        ),
        "all of them are in len(known), also the first, whose number is 0.": log(words - 1),
    }
    for hint, wrong in mistakes.items():
        expect(not isclose(said, wrong, rel_tol=1e-5), hint)
    near = isclose(said, right, rel_tol=0.02)
    exact = isclose(said, right, rel_tol=1e-5)
    expect(exact or not near, "nearly: that is measured, or rounded. Work it out from len(known).")
    expect(exact, "all len(known) words have the same p: what is -log p?")


@exercise("3.2", "That sum is what the whole course makes as large as it can: equation 2 of Show and Tell.")
def log_probability_of_a_caption(answer):
    """(logits (T, V), targets (T,)) -> the sum of log p of the targets."""
    chance, lengths = torch_dice(), [3, 8, 5, 4]
    while lengths:
        logits = 3 * torch.randn(lengths[-1], 9, generator=chance)
        targets = torch.randint(1, 9, (lengths[-1],), generator=chance)
        targets[1] = 0  # a word like any other
        right, mistakes = _log_p(logits, targets)
        if ambiguous(right, mistakes):
            continue
        said = as_number(answer(logits.clone(), targets.clone()))
        compare(said, right, mistakes, "take log p of word targets[t] in row t, and add them up.")
        lengths.pop()


def _log_p(logits: torch.Tensor, targets: torch.Tensor) -> tuple[float, dict[str, float]]:
    """What is right, and what else one might compute: hint -> value."""
    table, steps = logits.log_softmax(-1), range(len(targets))  # (T, V)
    each = table[steps, targets]  # (T,)
    total = each.sum()
    mistakes = {
        "those are the logits themselves: a softmax makes probabilities of them.": logits[
            steps, targets
        ].sum(),
        "softmax is over the words of the vocabulary: the last dimension.": (
            logits.log_softmax(0)[steps, targets].sum()
        ),
        "that is the loss, -log p; we ask for log p.": -total,
        "that is a mean over the words; the log p of a caption is a sum.": each.mean(),
        "those are probabilities; add up their logarithms.": each.exp().sum(),
        "that is p; we ask for its logarithm.": total.exp(),
        "that is the loss, a mean of -log p; we ask for a sum of log p.": -each.mean(),
        "that is the likeliest word at each step; we ask for the right one, targets[t].": (
            table.amax(-1).sum()
        ),
        "that takes all targets at every step; at step t only targets[t] is right.": table[:, targets].sum(),
        "the last word is missing: its row counts as well.": each[:-1].sum(),
        "the first word is missing: its row counts as well.": each[1:].sum(),
        "word 0 counts like any other here.": each[targets != 0].sum(),
        "that is in bits: PyTorch's log is the natural one.": total / log(2),
    }
    return float(total), {hint: float(wrong) for hint, wrong in mistakes.items()}


@exercise("3.3", "Words in and words out both cost weights: that is what a word_threshold saves.")
def what_a_word_costs(answer):
    """How many parameters more the shipped decoder would have for every further word."""
    config = Captioner.load(SHIPPED).decoder.config
    more = Decoder(**config | {"vocabulary_size": config["vocabulary_size"] + 1})
    one, other = (sum(p.numel() for p in d.parameters()) for d in (Decoder(**config), more))
    e, h = config["embedding_dim"], config["hidden_dim"]
    mistakes = {
        "that is its row in the embedding. Where else is there a row for every word?": e,
        "that is its row in the last layer. Where else is there one?": h + 1,
        "that is its row in one layer; there are two layers with a row for every word.": h,
        "nearly: the last layer has a bias, too.": e + h,
        "that is what all words cost; we ask for one.": (e + h + 1) * config["vocabulary_size"],
    }
    otherwise = "compare the shapes in teller.state_dict(): which have len(known) rows?"
    compare(as_number(answer), other - one, mistakes, otherwise)


class ByStepsOnly:
    """A decoder that does not tell how it is trained."""

    def __init__(self, decoder):
        self.start, self.step = decoder.start, decoder.step

    def __call__(self, *_):
        """Show no logits."""
        raise Hint("that is the decoder's own forward: use start() and step() alone.")

    def __getattr__(self, name):
        """Show nothing else."""
        raise Hint(f"decoder.{name} is not needed here: use start() and step() alone.")


@exercise(
    "3.4", "Training all at once and speaking word by word are one computation: all the rest relies on it."
)
def teacher_forcing_by_steps(answer):
    """(decoder, context (B, E), captions (B, T)) -> logits (B, T, V), with start() and step()."""
    for b, t in ((3, 5), (3, 1), (1, 4), (2, 2)):
        decoder, chance = some_decoder(), torch_dice()
        context = torch.randn(b, 6, generator=chance)
        captions = torch.randint(4, 11, (b, t), generator=chance)
        with torch.no_grad():
            right, blind = decoder(context, captions), decoder(torch.zeros_like(context), captions)
            said = answer(ByStepsOnly(decoder), context, captions)
            expect(torch.is_tensor(said), "that is a list of steps: torch.stack makes one tensor of it.")
            state, own = decoder.start(context), [captions[:, 0]]
            still = torch.stack([decoder.step(words, state)[0] for words in captions.T], 1)
            for _ in range(t - 1):
                logits, state = decoder.step(own[-1], state)
                own.append(logits.argmax(-1))
        mistakes = {
            "that is (T, B, V): stack the steps along dimension 1.": right.transpose(0, 1),
            "there may be one picture, or one word: keep all three dimensions.": right.squeeze(),
            "the picture is missing: the first state is decoder.start(context).": blind,
            "each step should get the state that the step before returned.": still,
            "teacher forcing reads the words of `captions`, not the likeliest ones.": (
                decoder(context, torch.stack(own, 1))
            ),
            "those are probabilities; logits are asked for: leave the softmax out.": right.softmax(-1),
            "those are log p; logits are asked for: leave the softmax out.": right.log_softmax(-1),
            "the last word is read, too: there is a row for each word of `captions`.": right[:, :-1],
        }
        mistakes = {hint: wrong for hint, wrong in mistakes.items() if not same(wrong, right)}
        otherwise = f"step t reads captions[:, t] and gives row t of the logits, {tuple(right.shape)} here."
        compare(said, right, mistakes, otherwise)


@exercise(
    "3.5", "Show and Tell tried this, too: its authors report that such a network overfits more easily."
)
def the_picture_at_every_word(answer):
    """A Decoder whose start() and step() agree with hidden(): context + word's vector, at every word."""
    decoder, chance = some_decoder(answer), torch_dice()
    context, other = torch.randn(2, 3, 6, generator=chance)  # two batches of pictures
    captions = torch.randint(4, 11, (3, 5), generator=chance)
    with torch.no_grad():
        words = decoder.embedding(captions) + context.unsqueeze(1)
        right, plain = (
            decoder.logits(decoder.lstm(torch.cat([context.unsqueeze(1), inputs], dim=1))[0][:, 1:])
            for inputs in (words, decoder.embedding(captions))
        )
        expect(same(decoder(context, captions), right), "`hidden` was right as it stood: leave it.")
        start = decoder.start(context)
        batch_first = isinstance(start, tuple) and all(len(part) == 3 for part in start)
        expect(batch_first, "start() should return a tuple of tensors, each with the batch first.")
        decoder.start(other)  # a second batch is begun before the first is done
        said, back = spoken(decoder, captions, start), torch.tensor([2, 0, 1])
        mistakes = {
            "step() shows no picture: to the word's vector the context is added, as in hidden().": plain,
            "each step should give back the state that the LSTM has reached.": spoken(
                decoder, captions, start, still=True
            ),
            "the context comes first, before START: that is start()'s work.": decoder.logits(
                decoder.lstm(words)[0]
            ),
        }
        otherwise = (
            "step() gives other numbers than hidden(). Let the context be a part of the state: between two "
            "steps another batch may be begun."
        )
        compare(said, right, mistakes, otherwise)
        turned = spoken(decoder, captions[back], tuple(part[back] for part in start))
        hint = "a search takes pictures in another order, state and all: the context belongs in the state."
        expect(same(turned, right[back]), hint)
        try:
            alone = spoken(decoder, captions[:1], decoder.start(context[:1]))
        except (Hint, RuntimeError, IndexError):
            alone = torch.zeros(0)
        expect(same(alone, right[:1]), "one picture is a batch, too: keep the batch's dimension.")


def spoken(decoder, captions, state, still: bool = False) -> torch.Tensor:
    """The logits (B, T, V) of captions (B, T) by step() alone; with `still` each step starts from `state`."""
    rows, parts = [], len(state)
    for words in captions.T:
        pair = decoder.step(words, state)
        hint = "step() should return (logits, state). Is a `return` missing?"
        expect(isinstance(pair, (tuple, list)) and len(pair) == 2, hint)
        logits, after = pair
        shape = (len(captions), decoder.config["vocabulary_size"])
        expect(logits.shape == shape, f"step() gives logits, a score for every word, {shape} here.")
        expect(len(after) == parts, "step() should return a state of as many parts as start() does.")
        rows.append(logits)
        state = state if still else after
    return torch.stack(rows, 1)
