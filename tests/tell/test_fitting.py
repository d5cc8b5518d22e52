import numpy as np
import pytest
import torch
from training_runs import CAPTIONS, VOCABULARY, parts

from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import Encoder
from helpers.tell.batches import CaptionBatches
from helpers.tell.captioner import Captioner
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.decoding import beam_search, greedy, sample, say
from helpers.tell.fitting import require_examples, require_fit
from helpers.tell.self_critical import practise
from helpers.tell.training import Settings, train
from helpers.tell.transformer import TransformerDecoder

N = len(VOCABULARY)
GRID = Encoder("small", 16, weights=None, grid=True)
ENCODER = Encoder("small", 16, weights=None)
CONTEXT = torch.zeros(2, 16)
SEEN = torch.zeros(4, ENCODER.feature_dim)
DECODER = Decoder(N, 16, 32)


@pytest.mark.parametrize(
    ("encoder", "decoder", "word"),
    [
        (ENCODER, Decoder(N + 1, 16, 8), f"{N + 1} words but the vocabulary has {N}"),
        (ENCODER, Decoder(N, 17, 8), "16 numbers but the decoder expects 17"),
        (GRID, Decoder(N, 16, 8), "gives a grid"),
        (ENCODER, AttentionDecoder(N, 16, 8), "takes a grid"),
    ],
)
def test_parts_of_different_runs_are_named_before_they_meet(encoder, decoder, word, tmp_path):
    data = torch.zeros(4, encoder.feature_dim), CAPTIONS
    for meet in (
        lambda: require_fit(encoder, decoder, VOCABULARY),
        lambda: Captioner(encoder, decoder, VOCABULARY, device="cpu"),
        lambda: train(encoder, decoder, VOCABULARY, data, data, Settings(), folder=tmp_path),
        lambda: practise(encoder, decoder, VOCABULARY, data, data, folder=tmp_path),
    ):
        with pytest.raises(UserError, match=f"{word}.*different runs"):
            meet()


def test_a_transformer_takes_both():
    for encoder in (ENCODER, GRID):
        require_fit(encoder, TransformerDecoder(N, 16, 8), VOCABULARY)


@pytest.mark.parametrize(
    ("features", "captions", "word"),
    [
        (SEEN, [], "no captions among the validation pictures"),
        (SEEN, [[], [], [], []], "no captions among the validation pictures"),
        (SEEN, ["a dog"] * 4, "validation pictures of picture 0.*single string"),
        (SEEN, None, "captions of the validation pictures.*None"),
        (SEEN[:, :9], CAPTIONS, r"\(4, 9\), and this encoder's are \(N, 384\)"),
        (SEEN[0], CAPTIONS, r"\(384,\)"),
        (SEEN.numpy(), CAPTIONS, "ndarray"),
        (None, CAPTIONS, "NoneType"),
    ],
)
def test_examples_that_are_none_are_named(features, captions, word, tmp_path):
    with pytest.raises(UserError, match=word):
        require_examples(ENCODER, "validation", features, captions)
    with pytest.raises(UserError, match=word):
        data = SEEN, CAPTIONS
        train(ENCODER, DECODER, VOCABULARY, data, (features, captions), Settings(), folder=tmp_path)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: greedy(DECODER, CONTEXT, 0), "max_words is 0"),
        (lambda: greedy(DECODER, CONTEXT, forbid=["dog"]), "forbid takes the numbers"),
        (lambda: greedy(DECODER, CONTEXT, forbid=[999]), "forbid takes the numbers"),
        (lambda: greedy(DECODER, CONTEXT, forbid=range(N)), "Nothing can be said"),
        (lambda: sample(DECODER, CONTEXT, temperature=0), "temperature is 0"),
        (lambda: sample(DECODER, CONTEXT, temperature=-1), "temperature is -1"),
        (lambda: sample(DECODER, CONTEXT, temperature=float("nan")), "temperature is nan"),
        (lambda: sample(DECODER, CONTEXT, temperature="hot"), "temperature is 'hot'"),
        (lambda: sample(DECODER, CONTEXT, top_k=0), "top_k is 0"),
        (lambda: sample(DECODER, CONTEXT, top_k=True), "top_k is True"),
        (lambda: sample(DECODER, CONTEXT, top_p=0), "top_p is 0"),
        (lambda: sample(DECODER, CONTEXT, top_p=1.5), "top_p is 1.5"),
        (lambda: sample(DECODER, CONTEXT, max_words=0), "max_words is 0"),
        (lambda: beam_search(DECODER, CONTEXT, 0), "beam_width is 0"),
        (lambda: beam_search(DECODER, CONTEXT, 2.0), "beam_width is 2.0"),
        (lambda: beam_search(DECODER, CONTEXT, max_words=-1), "max_words is -1"),
        (lambda: beam_search(DECODER, CONTEXT, length_penalty=-1), "length_penalty is -1"),
        (lambda: beam_search(DECODER, CONTEXT, length_penalty=None), "length_penalty is None"),
        (lambda: beam_search(DECODER, CONTEXT, groups=0), "groups is 0"),
        (lambda: beam_search(DECODER, CONTEXT, 4, groups=3), "shared out evenly"),
        (lambda: beam_search(DECODER, CONTEXT, must_include=["dog"]), "must_include takes the numbers"),
        (lambda: beam_search(DECODER, CONTEXT, must_include=[-1]), "must_include takes the numbers"),
        (lambda: beam_search(DECODER, CONTEXT, forbid=range(N)), "Nothing can be said"),
        (lambda: say(ENCODER, DECODER, VOCABULARY, SEEN, batch_size=0), "batch_size is 0"),
        (lambda: CaptionBatches(SEEN, CAPTIONS, VOCABULARY, 0), "batch_size is 0"),
        (lambda: CaptionBatches(SEEN, [], VOCABULARY), "no captions"),
        (lambda: CaptionBatches(SEEN, {0: ["a dog"]}, VOCABULARY), "a dict"),
        (lambda: Decoder(3, 8, 8), "vocabulary_size is 3"),
        (lambda: Decoder(9, 0, 8), "embedding_dim is 0"),
        (lambda: Decoder(9, 8, -1), "hidden_dim is -1"),
        (lambda: Decoder(9, 8, 8, dropout=2), "dropout is 2"),
        (lambda: AttentionDecoder(9, 8, 8, attention_dim=0), "attention_dim is 0"),
        (lambda: TransformerDecoder(9, 8, 8, heads=3), "3 heads can't share"),
        (lambda: TransformerDecoder(9, 8, 8, layers=0), "layers is 0"),
        (lambda: Encoder("small", 0), "embedding_dim is 0"),
        (lambda: Settings(epochs=0), "epochs is 0"),
        (lambda: Settings(batch_size=0), "batch_size is 0"),
        (lambda: Settings(learning_rate=-1e-3), "learning_rate is -0.001"),
        (lambda: Settings(learning_rate=float("inf")), "learning_rate is inf"),
        (lambda: Settings(warm_up=2), "warm_up is 2"),
        (lambda: Settings(clip=0), "clip is 0"),
        (lambda: Settings(patience=-1), "patience is -1"),
        (lambda: Settings(label_smoothing=1.5), "label_smoothing is 1.5"),
        (lambda: Settings(seed="x"), "seed is 'x'"),
    ],
)
def test_arguments_that_make_no_sense_are_named(call, word):
    with pytest.raises(UserError, match=word):
        call()


@pytest.mark.parametrize("search", [greedy, sample, beam_search])
def test_searches_take_few_pictures_and_numbers_of_any_make(search):
    for n in (0, 1, 2):
        found = search(DECODER, torch.zeros(n, 16), max_words=np.int64(3), forbid=np.array([5]))
        assert len(found) == n and all(some[0].words.count(5) == 0 for some in found)
    assert len(beam_search(DECODER, CONTEXT, np.int64(50), max_words=2)) == 2  # more beams than words


def test_weights_that_are_no_numbers_say_nothing():
    broken = Decoder(N, 16, 32)
    torch.nn.init.constant_(broken.fc.bias, torch.nan)
    for search in (greedy, sample, beam_search):
        with pytest.raises(UserError, match="Nothing can be said"):
            search(broken, CONTEXT)


def test_a_decoder_that_ends_at_once_says_an_empty_caption():
    silent = Decoder(N, 16, 32)
    with torch.no_grad():
        silent.fc.weight.zero_()
        silent.fc.bias.fill_(-50.0)[Vocabulary.END] = 50.0
    for search in (greedy, sample, beam_search):
        assert say(ENCODER, silent, VOCABULARY, SEEN, search=search) == [""] * 4


@pytest.mark.parametrize("pictures", [1, 2, 3])
def test_few_pictures_are_learnt_from(pictures, tmp_path):
    encoder, decoder, (features, captions) = parts(pictures=pictures)
    for texts in (
        captions,
        [["a red wall"]] * pictures,
        [[""]] * pictures,
        [["..."], *[["!"]] * (pictures - 1)],
    ):
        data, folder = (features, texts), tmp_path / str(len(list(tmp_path.iterdir())))
        options = {"folder": folder, "device": torch.device("cpu")}
        history = train(encoder, decoder, VOCABULARY, data, data, Settings(epochs=1, patience=0), **options)
        assert len(history) == 1
        options["folder"] = folder / "self-critical"
        assert len(practise(encoder, decoder, VOCABULARY, data, data, epochs=1, samples=2, **options)) == 1
        assert (
            practise(encoder, decoder, VOCABULARY, data, data, epochs=0, **options | {"folder": folder / "0"})
            == []
        )
