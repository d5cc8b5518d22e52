"""Answers to the exercises of 02 and 03 that take more than a line: see `exercise_answers`."""

from copy import deepcopy

import torch
from torch import nn

from helpers.tell.decoder import Decoder


def other_than(values, i, worst):
    return values.index_fill(0, torch.tensor(i), worst)


def nearest(own=-2.0, leave=lambda cosine, i: [i], rank=lambda cosine: cosine):
    """`most_alike` with a mistake at choice: what picture i's own cosine becomes, and who else gets it."""

    def answer(features, i):
        cosine = nn.functional.cosine_similarity(features, features[i : i + 1])
        cosine = rank(cosine)
        cosine[leave(cosine, i)] = own
        return cosine.argmax()

    return answer


def new_head(freeze=True, late=False, dim=None, replace=True):
    def answer(model, embedding_dim):
        if freeze and not late:
            model.requires_grad_(False)
        if replace:
            model.fc = nn.Linear(model.fc.in_features, dim or embedding_dim)
        if late:
            model.requires_grad_(False)
        return model

    return answer


def head_on_head(model, embedding_dim):
    model.requires_grad_(False)
    model.fc = nn.Sequential(model.fc, nn.Linear(model.fc.out_features, embedding_dim))
    return model


def body_anew(model, embedding_dim):
    for part in model.body:
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
    return new_head()(model, embedding_dim)


def new_head_of_a_copy(model, embedding_dim):
    """Right: the model that was given stays as it is."""
    return new_head()(deepcopy(model), embedding_dim)


def new_head_layer_by_layer(model, embedding_dim):
    """Right: the new layer first, then all others are frozen by their names."""
    model.add_module("fc", nn.Linear(model.fc.weight.size(1), embedding_dim))
    for name, weight in model.named_parameters():
        weight.requires_grad = name.startswith("fc")
    return model


def half_frozen(train):
    """A class with `cnn`, `fc` and this `train`."""

    def init(self, cnn, fc):
        nn.Module.__init__(self)
        self.cnn, self.fc = cnn, fc

    return type("HalfFrozen", (nn.Module,), {"__init__": init, "train": train})


def train_all(self, mode=True):
    return nn.Module.train(self, mode)


def train_none(self, mode=True):
    nn.Module.train(self, False)
    return self


def train_and_forget(self, mode=True):
    nn.Module.train(self, mode)
    self.cnn.eval()


def train_right(self, mode=True):
    nn.Module.train(self, mode)
    self.cnn.train(False)
    return self


def train_by_hand(self, mode=True):
    """Right, too."""
    self.training = mode
    self.fc.train(mode)
    for part in self.cnn.modules():
        part.training = False
    return self


def train_the_parts(self, mode=True):
    self.fc.train(mode)
    self.cnn.eval()
    return self


def train_the_outside(self, mode=True):
    self.training = self.fc.training = mode
    self.cnn.eval()
    return self


def train_if_asked(self, mode=False):
    return train_right(self, mode)


def train_the_top(self, mode=True):
    nn.Module.train(self, mode)
    for part in self.cnn:
        part.training = False
    return self


def train_and_freeze(self, mode=True):
    self.requires_grad_(False)
    return train_right(self, mode)


def train_without_statistics(self, mode=True):
    for part in self.cnn.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.running_mean += 1
    return train_right(self, mode)


def log_p(logits, targets):
    return sum(row.log_softmax(-1)[target] for row, target in zip(logits, targets, strict=True))


def unrolled(blind=False, still=False, dim=1, own=False, squeeze=False):
    def answer(decoder, context, captions):
        state = decoder.start(torch.zeros_like(context) if blind else context)
        rows = []
        for t in range(captions.size(1)):
            words = rows[-1].argmax(-1) if own and rows else captions[:, t]
            logits, after = decoder.step(words, state)
            state = state if still else after
            rows.append(logits)
        return torch.stack(rows, dim).squeeze() if squeeze else torch.stack(rows, dim)

    return answer


def unrolled_into_a_table(decoder, context, captions):
    """Right in another way: a table that is filled, column by column."""
    state, table = decoder.start(context), None
    for t, words in enumerate(captions.unbind(1)):
        logits, state = decoder.step(words, state)
        table = logits.new_zeros(*captions.shape, logits.size(-1)) if table is None else table
        table[:, t] = logits
    return table


class EveryWord(Decoder):
    """The right one, put differently: the state after the context goes into the LSTM."""

    def hidden(self, context, captions, lengths=None):
        _, (h, c) = self.lstm(context[:, None])
        inputs = self.embedding(captions) + context[:, None].expand(-1, captions.size(1), -1)
        return self.lstm(inputs, (h, c))[0]

    def start(self, context):
        return (*Decoder.start(self, context), context)

    def step(self, words, state):
        hidden, (h, c) = self.lstm(
            (self.embedding(words) + state[2])[:, None], (state[0][None], state[1][None])
        )
        return self.fc(hidden[:, 0]), (h[0], c[0], state[2])


class ByEquations(EveryWord):
    """Right, without PyTorch's LSTM; the context comes first in the state."""

    def read(self, x, h, c):
        lstm = self.lstm
        gates = x @ lstm.weight_ih_l0.T + h @ lstm.weight_hh_l0.T + lstm.bias_ih_l0 + lstm.bias_hh_l0
        i, f, g, o = gates.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def start(self, context):
        nothing = torch.zeros(len(context), self.lstm.hidden_size)
        return context, *self.read(context, nothing, nothing)

    def step(self, words, state):
        h, c = self.read(self.embedding(words) + state[0], *state[1:])
        return self.logits(h), (state[0], h, c)


class OnlyInTraining(EveryWord):
    def step(self, words, state):
        logits, after = Decoder.step(self, words, state[:2])
        return logits, (*after, state[2])


class OnlyInSpeaking(EveryWord):
    hidden = Decoder.hidden


class StateLost(EveryWord):
    def step(self, words, state):
        logits, after = super().step(words, state)
        return logits, after[:2]


class StandsStill(EveryWord):
    def step(self, words, state):
        return super().step(words, state)[0], state


class NoContextFirst(EveryWord):
    def start(self, context):
        nothing = torch.zeros(len(context), self.lstm.hidden_size)
        return nothing, nothing, context


class NoScores(EveryWord):
    def step(self, words, state):
        after = super().step(words, state)[1]
        return after[0], after


class ContextOnTheSide(EveryWord):
    def start(self, context):
        self.context = context
        return Decoder.start(self, context)

    def step(self, words, state):
        logits, after = super().step(words, (*state, self.context))
        return logits, after[:2]


class ContextOfTheFirst(ContextOnTheSide):
    def start(self, context):
        self.context = vars(self).get("context", context)
        return Decoder.start(self, context)


class NoReturn(EveryWord):
    def step(self, words, state):
        super().step(words, state)


class OneSqueezed(EveryWord):
    def step(self, words, state):
        logits, after = super().step(words, state)
        return logits.squeeze(), after
