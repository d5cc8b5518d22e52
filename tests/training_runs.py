"""Small training runs that several test files look at."""

import torch

from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import Encoder
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.training import Settings, train

CAPTIONS = [["a red wall", "there is a wall painted red"], ["a blue dog"], ["a dog"], ["a green cat sits"]]
VOCABULARY = Vocabulary.build([c for group in CAPTIONS for c in group])


def parts(kind=Decoder, pictures=4):
    torch.manual_seed(0)
    grid = kind is AttentionDecoder
    encoder = Encoder("small", 16, weights=None, grid=grid)
    decoder = kind(len(VOCABULARY), 16, 32, dropout=0.3)
    features = torch.randn(pictures, *([9] if grid else []), encoder.feature_dim).half()
    return encoder, decoder, (features, [CAPTIONS[i % 4] for i in range(pictures)])


def run(folder, epochs, parts_of=None, on_epoch=None, on_batch=None, **settings):
    encoder, decoder, data = parts_of or parts()
    settings = Settings(epochs, **{"batch_size": 2, "learning_rate": 1e-2, "patience": 99} | settings)
    back = {"on_epoch": on_epoch, "on_batch": on_batch}
    model = encoder, decoder, VOCABULARY
    history = train(*model, data, data, settings, folder=folder, device=torch.device("cpu"), **back)
    return encoder, decoder, history


def weights(encoder, decoder):
    return [*encoder.fc.state_dict().values(), *decoder.state_dict().values()]


def without_seconds(history):
    """All of a history that two equal runs share."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]
