from unicodedata import normalize

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.base.errors import UserError
from helpers.data.sample_photos import sample_photos
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary, tokenize
from helpers.show.encoder import Encoder
from helpers.show.sight import UNSURE, Sight
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.decoding import Hypothesis

PICTURES = [Image.new("RGB", (50, 30), colour) for colour in ("red", "green", "blue")]


def test_pictures_and_paths_get_the_same_captions_in_any_batch(tiny_captioner, tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for picture, path in zip(PICTURES, paths, strict=True):
        picture.save(path)
    captions = tiny_captioner.caption(PICTURES, beam_width=2, max_words=5)
    assert tiny_captioner.caption(paths, beam_width=2, max_words=5, batch_size=2) == captions
    assert len(captions) == 3 and all(isinstance(caption, str) for caption in captions)
    assert tiny_captioner.caption([]) == []


def test_what_does_not_fit_into_memory_is_halved_and_the_captions_are_the_same(
    tiny_captioner, monkeypatch, capsys
):
    expected = tiny_captioner.caption(PICTURES, max_words=5)
    start = tiny_captioner.decoder.start

    def small_memory(context):
        if len(context) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return start(context)

    monkeypatch.setattr(tiny_captioner.decoder, "start", small_memory)
    assert tiny_captioner.caption(PICTURES, max_words=5) == expected
    assert "batches in 4 pieces" in capsys.readouterr().out


def test_a_device_that_is_not_there_is_explained(tiny_captioner, tmp_path):
    tiny_captioner.save(tmp_path / "c.pt")
    with pytest.raises(UserError, match="no device 'gpu'"):
        Captioner.load(tmp_path / "c.pt", device="gpu")


def test_it_can_be_made_to_say_a_word_and_not_to_say_another(tiny_captioner):
    said = tiny_captioner.caption(PICTURES, max_words=5, must_include=["dog"], forbid=["wall", "zebra"])
    assert all("dog" in caption.split() and "wall" not in caption.split() for caption in said)
    with pytest.raises(UserError, match=r"never learnt the word 'dogs'. Did you mean dog\?"):
        tiny_captioner.caption(PICTURES, must_include=["dogs"])


@pytest.mark.parametrize(
    ("captions", "must", "said"),
    [
        (["ein café", "der hund"], "CAFE\u0301", "café"),
        (["एक कुत्ता", "लाल घर"], "कुत्ता", "कुत्ता"),
        (["don't run", "a dog"], "don’t", "don't"),
        (["草地上", "一只狗"], "草地", "草"),
        (["草地上", "一只狗"], "草地", "地"),
        (["красный дом", "й"], "и\u0306", "й"),
    ],
)
def test_a_word_that_must_be_said_may_be_typed_in_any_way(tiny_captioner, captions, must, said):
    vocabulary = Vocabulary.build(captions)
    captioner = Captioner(
        tiny_captioner.encoder, Decoder(len(vocabulary), 12, 20), vocabulary, dataset="tiny", device="cpu"
    )
    for caption in captioner.caption(PICTURES, beam_width=2, max_words=4, must_include=[must]):
        assert said in tokenize(caption)
    context = captioner.context(PICTURES[:1])
    told = [captioner.next_words(context, [word]) for word in (said, normalize("NFD", said.upper()))]
    assert told[0] == told[1]


def test_training_and_captioning_see_the_same_pixels(tiny_captioner):
    """The context vector of a picture is that of the transform which training used."""
    by_hand = tiny_captioner.encoder(Transform(size=96)(PICTURES[0])[None])
    torch.testing.assert_close(tiny_captioner.context(PICTURES[:1]), by_hand)


def test_next_words_are_what_the_decoder_would_step_to(tiny_captioner):
    context = tiny_captioner.context(PICTURES[:1])
    with torch.inference_mode():
        state = tiny_captioner.decoder.start(context)
        for word in (Vocabulary.START, tiny_captioner.vocabulary["a"]):
            logits, state = tiny_captioner.decoder.step(torch.tensor([word]), state)
    probabilities = logits[0].softmax(-1)[Vocabulary.END :]  # PAD, UNK and START are never said
    words, values = zip(*tiny_captioner.next_words(context, ["a"], 4), strict=True)
    assert words[0] == tiny_captioner.vocabulary.words[Vocabulary.END + int(probabilities.argmax())]
    assert list(values) == pytest.approx(probabilities.topk(4).values.tolist(), abs=1e-5)


def test_saved_and_loaded_it_says_the_same(tiny_captioner, tmp_path):
    tiny_captioner.save(tmp_path / "c.pt")
    loaded = Captioner.load(tmp_path / "c.pt", device="cpu")
    assert loaded.caption(PICTURES) == tiny_captioner.caption(PICTURES)
    assert (loaded.dataset, loaded.vocabulary, loaded.transform) == (
        "tiny",
        tiny_captioner.vocabulary,
        tiny_captioner.transform,
    )
    tiny_captioner.save(tmp_path / "half.pt", half=True)
    assert (tmp_path / "half.pt").stat().st_size < 0.7 * (tmp_path / "c.pt").stat().st_size
    assert Captioner.load(tmp_path / "half.pt").decoder.fc.weight.dtype == torch.float32


def test_a_captioner_with_attention_is_saved_and_loaded_like_any_other(tiny_captioner, tmp_path):
    vocabulary = tiny_captioner.vocabulary
    encoder = Encoder("small", 12, weights=None, grid=True)
    decoder = AttentionDecoder(len(vocabulary), 12, 20, attention_dim=7)
    captioner = Captioner(encoder, decoder, vocabulary, device="cpu")
    captioner.save(tmp_path / "attention.pt")
    loaded = Captioner.load(tmp_path / "attention.pt", device="cpu")
    assert isinstance(loaded.decoder, AttentionDecoder) and loaded.encoder.grid
    assert loaded.caption(PICTURES) == captioner.caption(PICTURES)


def test_parts_of_different_runs_are_refused(tiny_captioner, tmp_path):
    other_words = Vocabulary.build(["quite another vocabulary"])
    with pytest.raises(UserError, match="different runs"):
        Captioner(tiny_captioner.encoder, tiny_captioner.decoder, other_words)
    with pytest.raises(UserError, match="different runs"):
        Captioner(Encoder("small", 13, weights=None), tiny_captioner.decoder, tiny_captioner.vocabulary)

    tiny_captioner.save(tmp_path / "c.pt")
    saved = torch.load(tmp_path / "c.pt", weights_only=True)
    saved["weights"] |= {
        f"decoder.{k}": v for k, v in Decoder(len(saved["words"]) + 3, 12, 20).state_dict().items()
    }
    torch.save(saved, tmp_path / "mixed.pt")
    with pytest.raises(UserError, match="do not fit together"):
        Captioner.load(tmp_path / "mixed.pt")


def test_damaged_missing_and_foreign_files_are_named(tiny_captioner, tmp_path):
    tiny_captioner.save(tmp_path / "c.pt")
    (tmp_path / "damaged.pt").write_bytes((tmp_path / "c.pt").read_bytes()[:5000])
    torch.save({"some": "thing"}, tmp_path / "foreign.pt")
    for name in ("damaged", "foreign", "missing"):
        with pytest.raises(UserError, match=name):
            Captioner.load(tmp_path / f"{name}.pt")


def other_files(captioner, folder):
    """Files that other programs, other runs and other versions write: {name: a word of the complaint}."""
    torch.save(captioner.decoder.state_dict(), folder / "state.pt")
    torch.save(captioner.encoder.cnn, folder / "model.pt")
    torch.save([1, 2], folder / "list.pt")
    torch.save(torch.ones(3), folder / "tensor.pt")
    captioner.save(folder / "good.pt")
    saved = torch.load(folder / "good.pt", weights_only=True)
    for name, change in {
        "later": {"format": "show-tell-sort captioner 2"},
        "nameless": {"words": None},
        "odd": {"words": ["a", "b"]},
        "heavy": {"weights": [1, 2]},
        "unseen": {"encoder": {"backbone": "resnet999", "embedding_dim": 12, "grid": False}},
        "tiny": {"decoder": {"vocabulary_size": 10, "embedding_dim": 0, "hidden_dim": 4}},
        "strange": {"kind": "Parrot"},
        "turned": {"transform": {"size": 0}},
    }.items():
        torch.save(saved | change, folder / f"{name}.pt")
    return {
        "state": "other weights or numbers",
        "model": "Python objects",
        "list": "other weights or numbers",
        "tensor": "other weights or numbers",
        "later": "another version.*update",
        **dict.fromkeys(
            ["nameless", "odd", "heavy", "unseen", "tiny", "strange", "turned"], "do not fit together"
        ),
    }


def test_files_of_other_programs_runs_and_versions_are_named_in_a_sentence(tiny_captioner, tmp_path):
    for name, word in other_files(tiny_captioner, tmp_path).items():
        with pytest.raises(UserError, match=rf"{name}\.pt.*{word}") as told:
            Captioner.load(tmp_path / f"{name}.pt", device="cpu")
        assert "weights_only" not in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"beam_width": 0}, "beam_width is 0"),
        ({"beam_width": True}, "beam_width is True"),
        ({"max_words": 0}, "max_words is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": 1.5}, "batch_size is 1.5"),
        ({"length_penalty": -1}, "length_penalty is -1"),
        ({"must_include": "dog"}, "must_include.*single string"),
        ({"must_include": [3]}, "must_include: number 0 is 3"),
        ({"must_include": ["<END>"]}, "may not be said"),
        ({"forbid": "dog"}, "forbid.*single string"),
        ({"forbid": [None]}, "forbid: number 0 is None"),
    ],
)
def test_arguments_that_make_no_sense_are_named(tiny_captioner, options, word):
    with pytest.raises(UserError, match=word):
        tiny_captioner.caption(PICTURES, **options)


def test_what_is_no_list_of_pictures_is_named(tiny_captioner):
    for wrong in (None, 3, {0: PICTURES[0]}, (picture for picture in PICTURES)):
        with pytest.raises(UserError, match="takes a list"):
            tiny_captioner.caption(wrong)
    for wrong in ([None], [3], [torch.zeros(3, 9, 9)]):
        with pytest.raises(UserError, match="picture"):
            tiny_captioner.caption(wrong)
    for call, word in (
        (lambda context: tiny_captioner.next_words(context, [], 0), "n is 0"),
        (lambda context: tiny_captioner.next_words(context, "a"), "said.*single string"),
    ):
        with pytest.raises(UserError, match=word):
            call(tiny_captioner.context(PICTURES[:1]))


def test_paths_and_numbers_of_any_make(tiny_captioner, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    tiny_captioner.save("~/new/c.pt")
    for path in (str(tmp_path / "new" / "c.pt"), "~/new/c.pt", "new/c.pt", "./new//c.pt/"):
        assert Captioner.load(path, device="cpu").vocabulary == tiny_captioner.vocabulary
    with pytest.raises(UserError, match="is a folder"):
        tiny_captioner.save(tmp_path / "new")
    with pytest.raises(UserError, match=r"c\.pt is a file where a folder is needed"):
        tiny_captioner.save(tmp_path / "new" / "c.pt" / "d.pt")
    number = np.int64(2)
    assert tiny_captioner.caption(tuple(PICTURES), number, number, number)


def test_no_code_runs_from_a_captioner_file(tmp_path):
    class Malice:
        def __reduce__(self):
            return (open, (str(tmp_path / "pwned"), "w"))

    torch.save({"format": Malice()}, tmp_path / "evil.pt")
    with pytest.raises(UserError):
        Captioner.load(tmp_path / "evil.pt")
    assert not (tmp_path / "pwned").exists()


def test_a_single_picture_without_a_list_is_explained(tiny_captioner, tmp_path):
    with pytest.raises(UserError, match="list"):
        tiny_captioner.caption(str(tmp_path / "a.png"))
    with pytest.raises(UserError, match="list"):
        tiny_captioner.caption(PICTURES[0])


@pytest.mark.skipif(not SHIPPED.exists(), reason="no captioner has been made yet (make captioner)")
def test_the_one_that_ships_is_small_and_says_different_things():
    assert SHIPPED.stat().st_size <= 4_000_000
    captioner = Captioner.load(SHIPPED, device="cpu")
    assert captioner.dataset == "scenes" and not captioner.encoder.cnn.training
    captions = captioner.caption(PICTURES)
    assert len(set(captions)) > 1
    assert captions == Captioner.load(SHIPPED, device="cpu").caption(PICTURES)


@pytest.mark.skipif(not SHIPPED.exists(), reason="no captioner has been made yet (make captioner)")
def test_photographs_are_not_familiar_to_the_one_that_learnt_drawings():
    captioner = Captioner.load(SHIPPED, device="cpu")
    photographs = captioner.transform.batch(sample_photos().values())
    assert len(photographs) >= 3
    assert (captioner.sight.familiarity(captioner.encoder.features(photographs)) < UNSURE).all()


def test_its_own_length_penalty_ranks_beams_unless_another_is_given(tiny_captioner, tmp_path, monkeypatch):
    asked = []

    def search(decoder, context, *_, **options):
        asked.append(options.get("length_penalty"))
        return [[Hypothesis([4], -1.0, True)]] * len(context)

    monkeypatch.setattr("helpers.tell.captioner.beam_search", search)
    before = tiny_captioner.fingerprint()
    tiny_captioner.save(tmp_path / "old.pt")
    tiny_captioner.length_penalty = 0.7
    tiny_captioner.save(tmp_path / "new.pt", half=True)
    old, new = (Captioner.load(tmp_path / f"{name}.pt", device="cpu") for name in ("old", "new"))
    assert (old.length_penalty, new.length_penalty) == (0.0, 0.7)
    for captioner in (old, new):
        captioner.caption(PICTURES, beam_width=5)
    new.caption(PICTURES, beam_width=5, length_penalty=0.2)
    new.caption(PICTURES, beam_width=1)
    assert asked == [0.0, 0.7, 0.2, None]
    assert old.fingerprint() == before != tiny_captioner.fingerprint()


@pytest.fixture
def seeing(tiny_captioner):
    """A captioner with sight of three classes."""
    features = torch.rand(
        2, 50, tiny_captioner.encoder.feature_dim, generator=torch.Generator().manual_seed(1)
    )
    tiny_captioner.sight = Sight(tiny_captioner.encoder.feature_dim, ["cat", "dog", "cup"]).eval()
    tiny_captioner.sight.learn(*features)
    return tiny_captioner


@pytest.mark.parametrize("half", [False, True])
def test_its_sight_is_saved_and_loaded_with_it(seeing, tmp_path, half):
    seeing.save(tmp_path / "c.pt", half=half)
    loaded = Captioner.load(tmp_path / "c.pt", device="cpu")
    features = torch.rand(40, seeing.encoder.feature_dim, generator=torch.Generator().manual_seed(0))
    assert loaded.sight.classes == ["cat", "dog", "cup"] and not loaded.sight.training
    assert next(loaded.sight.parameters()).dtype == torch.float32
    for told in ("probabilities", "familiarity"):
        both = (getattr(captioner.sight, told)(features) for captioner in (loaded, seeing))
        torch.testing.assert_close(*both, atol=0.025 if half else 0.0, rtol=0)  # steps of 0.01
    assert half or loaded.fingerprint() == seeing.fingerprint()


def test_what_a_captioner_sees_is_part_of_its_fingerprint(seeing):
    prints = {seeing.fingerprint()}
    seeing.sight.distances[3] += 1
    prints.add(seeing.fingerprint())
    seeing.sight.config["classes"][0] = "lion"
    prints.add(seeing.fingerprint())
    seeing.sight = None
    assert len(prints | {seeing.fingerprint()}) == 4


def test_a_sight_of_another_encoder_is_refused(seeing):
    parts = seeing.encoder, seeing.decoder, seeing.vocabulary
    with pytest.raises(
        UserError, match="384 features but its sight expects 50: they come from different runs"
    ):
        Captioner(*parts, device="cpu", sight=Sight(50))


def test_a_damaged_or_foreign_sight_is_named(seeing, tmp_path):
    seeing.save(tmp_path / "good.pt")
    saved = torch.load(tmp_path / "good.pt", weights_only=True)
    config, weights = saved["sight"], saved["weights"]
    without = {name: value for name, value in weights.items() if name != "sight.axes"}
    for name, change in {
        "odd": {"sight": 3},
        "empty": {"sight": {}},
        "foreign": {"sight": config | {"colours": 3}},
        "nameless": {"sight": config | {"classes": None}},
        "fewer": {"sight": config | {"classes": ["cat"]}},
        "wide": {"sight": config | {"feature_dim": 50}},
        "lacking": {"weights": without},
        "long": {"weights": weights | {"sight.mean": torch.zeros(50)}},
        "spoilt": {"weights": weights | {"sight.distances": torch.full((101,), torch.nan)}},
    }.items():
        torch.save(saved | change, tmp_path / f"{name}.pt")
        with pytest.raises(UserError, match=rf"The parts in .*{name}\.pt do not fit together") as told:
            Captioner.load(tmp_path / f"{name}.pt", device="cpu")
        assert "\n" not in str(told.value)


@pytest.mark.parametrize("penalty", [-1, "long", float("nan"), None])
def test_a_length_penalty_that_is_none_is_named(tiny_captioner, tmp_path, penalty):
    tiny_captioner.length_penalty = 1.0
    tiny_captioner.save(tmp_path / "c.pt")
    saved = torch.load(tmp_path / "c.pt", weights_only=True)
    torch.save(saved | {"length_penalty": penalty}, tmp_path / "odd.pt")
    with pytest.raises(UserError, match=r"odd\.pt do not fit together: length_penalty is"):
        Captioner.load(tmp_path / "odd.pt", device="cpu")
