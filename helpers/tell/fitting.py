"""Whether parts that are to work together come from the same run, asked before they are put to work."""

import operator
from collections.abc import Iterable
from difflib import get_close_matches

import torch

from helpers.base.arguments import caption_lists, require_number, require_whole
from helpers.base.errors import UserError
from helpers.tell.decoder import AttentionDecoder, Decoder


def require_settings(settings) -> None:
    """UserError unless the fields of `training.Settings` make sense."""
    require_whole(epochs=settings.epochs, batch_size=settings.batch_size)
    require_whole(0, patience=settings.patience, seed=settings.seed)
    require_number(above=0, learning_rate=settings.learning_rate, clip=settings.clip)
    shares = {"warm_up": settings.warm_up, "label_smoothing": settings.label_smoothing}
    require_number(at_least=0, at_most=1, **shares, scheduled_sampling=settings.scheduled_sampling)


def require_chances(temperature: float, top_k: int | None, top_p: float | None, max_words: int) -> None:
    """UserError unless words can be drawn in this way."""
    require_number(above=0, temperature=temperature)
    require_number(above=0, at_most=1, top_p=1 if top_p is None else top_p)
    require_whole(or_none=True, top_k=top_k)
    require_whole(max_words=max_words)


def never_learnt(word: str, vocabulary, otherwise: str = "") -> UserError:
    """What to raise for a word that is not in the vocabulary: it names near ones, or advises `otherwise`."""
    near = get_close_matches(word, vocabulary.words[len(vocabulary.SPECIALS) :], n=3)
    advice = f"Did you mean {' or '.join(near)}?" if near else otherwise
    return UserError(f"This captioner has never learnt the word {word!r}. {advice}".rstrip())


def require_fit(encoder, decoder, vocabulary, train_set=None, val_set=None, sight=None) -> None:
    """UserError when an encoder, a decoder and a vocabulary are not made for each other, or for the examples.

    train_set, val_set: (features, captions), if there are any; sight: a `helpers.show.sight.Sight`, or None.
    """
    sizes, again = decoder.config, "they come from different runs"
    if sizes["vocabulary_size"] != len(vocabulary):
        raise UserError(
            f"The decoder knows {sizes['vocabulary_size']} words but the vocabulary has {len(vocabulary)}: "
            f"{again}. Use the vocabulary it was trained with."
        )
    if sizes["embedding_dim"] != encoder.embedding_dim:
        raise UserError(
            f"The encoder gives context vectors of {encoder.embedding_dim} numbers but the decoder "
            f"expects {sizes['embedding_dim']}: {again}."
        )
    if isinstance(decoder, Decoder if encoder.grid else AttentionDecoder):
        gives, takes = ("a grid", "one vector") if encoder.grid else ("one vector", "a grid")
        raise UserError(f"Of a picture the encoder gives {gives}, and the decoder takes {takes}: {again}.")
    if sight is not None and sight.config["feature_dim"] != encoder.feature_dim:
        raise UserError(
            f"Of a picture the encoder gives {encoder.feature_dim} features but its sight expects "
            f"{sight.config['feature_dim']}: {again}."
        )
    if sight is not None and not all(value.isfinite().all() for value in sight.state_dict().values()):
        raise UserError("The weights of its sight are no numbers: learn it anew.")
    for which, examples in (("training", train_set), ("validation", val_set)):
        if examples is not None:
            require_examples(encoder, which, *examples)


def require_examples(encoder, which: str, features, captions) -> None:
    """UserError unless there are captions, and features of this encoder beside them.

    which: what the user calls these pictures.
    """
    captions = caption_lists(captions, f"The captions of the {which} pictures")
    if not any(captions):
        raise UserError(f"There are no captions among the {which} pictures: choose others.")
    dims = 3 if encoder.grid else 2
    if not torch.is_tensor(features) or features.dim() != dims or features.size(-1) != encoder.feature_dim:
        shape = f"(N, places, {encoder.feature_dim})" if encoder.grid else f"(N, {encoder.feature_dim})"
        found = tuple(features.shape) if torch.is_tensor(features) else type(features).__name__
        raise UserError(
            f"The features of the {which} pictures are {found}, and this encoder's are {shape}: "
            "take those that load_features gives for it."
        )


def word_numbers(words: Iterable[int], decoder, name: str) -> list[int]:
    """Each of `words` once, as Python's numbers; UserError if one is no word of the decoder's.

    name: of the argument.
    """
    most = getattr(decoder, "config", {}).get("vocabulary_size", float("inf"))
    try:
        numbers = [*dict.fromkeys(map(operator.index, words))]
    except TypeError:
        numbers = [-1]
    if not all(0 <= number < most for number in numbers):
        raise UserError(f'{name} takes the numbers of words that the decoder knows: [vocabulary["dog"]].')
    return numbers
