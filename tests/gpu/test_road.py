"""The road of the course on a second device: it computes there, the caller's model stays where it was."""

import pytest
import torch
from finetuning import finetune
from small_world import paint
from training_runs import VOCABULARY, parts

from helpers.base.device import autocast, grad_scaler
from helpers.data import datasets
from helpers.data.transforms import Transform
from helpers.show.caption_words import learn_words
from helpers.show.classifier import average_precision, class_probabilities, train_classifier
from helpers.show.encoder import Encoder
from helpers.show.features import features_path, load_features
from helpers.sort.albums import sort_photos
from helpers.tell.attention import inside_boxes, looks
from helpers.tell.captioner import Captioner
from helpers.tell.course import PHOTOS, train_captioner
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.decoding import beam_search, greedy, sample, say
from helpers.tell.self_critical import practise
from helpers.tell.training import Settings, train
from helpers.tell.transformer import TransformerDecoder

DECODERS = [Decoder, AttentionDecoder, TransformerDecoder]
every_decoder = pytest.mark.parametrize("kind", DECODERS)
every_home = pytest.mark.parametrize("home", ["cpu", "gpu"])


def at(home, gpu):
    return gpu if home == "gpu" else torch.device("cpu")


def check_home(home, *models):
    """All of the models is there, and fit to be trained: nothing was made in inference mode."""
    for model in models:
        for value in [*model.parameters(), *model.buffers()]:
            assert value.device.type == home.type and not value.is_inference()


def sharp(kind):
    """A decoder that is sure of what it says, and contexts for it."""
    torch.manual_seed(1)
    decoder = kind(12, 8, 16).eval()
    for weight in decoder.parameters():
        weight.data.mul_(3)
    return decoder, torch.randn(5, *([4] if kind is AttentionDecoder else []), 8)


@every_home
@pytest.mark.parametrize("grid", [False, True])
def test_features(gpu, tiny_set, home, grid):
    torch.manual_seed(0)
    home, dataset, transform = at(home, gpu), datasets.load(tiny_set, "train"), Transform(size=32)
    encoder = Encoder("small", 8, weights=None, grid=grid).to(home)
    path = features_path(encoder, dataset, transform)
    features = load_features(encoder, dataset, transform, batch_size=5)
    check_home(home, encoder)
    assert features.device.type == "cpu" and path == features_path(encoder.to(gpu), dataset, transform)
    expected = encoder.cpu().features(transform.batch(dataset.prepared))
    torch.testing.assert_close(features.float(), expected, atol=0.02, rtol=0.02)
    assert torch.equal(load_features(encoder.to(gpu), dataset, transform), features)


@every_decoder
@every_home
def test_training_and_going_on(gpu, tmp_path, kind, home):
    home, where, ends = at(home, gpu), [], 1
    encoder, decoder, data = parts(kind, 8)
    encoder, decoder = encoder.to(home), decoder.to(home)
    before = decoder.embedding.weight.clone()

    def on_epoch(history):
        where.append({model.fc.weight.device.type for model in (encoder, decoder)})
        if len(history) == ends:
            raise KeyboardInterrupt

    settings = Settings(epochs=3, batch_size=4, scheduled_sampling=0.5, learning_rate=1e-2, patience=9)
    model = encoder, decoder, VOCABULARY, data, data, settings
    assert len(train(*model, folder=tmp_path, on_epoch=on_epoch)) == 1
    ends = 9
    history = train(*model, folder=tmp_path, on_epoch=on_epoch)
    assert len(history) == 3 and all(row["train_loss"] < 9 for row in history) and where == [{gpu.type}] * 3
    check_home(home, encoder, decoder)
    assert not torch.equal(decoder.embedding.weight, before)


def test_what_a_gpu_began_a_cpu_goes_on_with_and_the_other_way_round(gpu, tmp_path):
    settings = Settings(epochs=4, batch_size=4, patience=9)
    for ends, device in enumerate((gpu, torch.device("cpu"), gpu), start=1):
        encoder, decoder, data = parts(pictures=8)

        def stop(history, ends=ends):
            if len(history) == ends:
                raise KeyboardInterrupt

        model = encoder, decoder, VOCABULARY, data, data, settings
        history = train(*model, folder=tmp_path, device=device, on_epoch=stop)
        assert len(history) == ends


def test_features_that_lie_on_the_gpu_are_trained_on_there(gpu, tmp_path):
    encoder, decoder, (features, captions) = parts(pictures=8)
    data = features.to(gpu), captions
    history = train(encoder, decoder, VOCABULARY, data, data, Settings(epochs=1), folder=tmp_path)
    assert history[0]["train_loss"] < 9 and len(say(encoder, decoder, VOCABULARY, data[0])) == 8
    practise(encoder, decoder, VOCABULARY, data, data, folder=tmp_path / "practice", epochs=1, samples=2)


@every_decoder
@every_home
def test_practice_on_the_score(gpu, tmp_path, kind, home):
    home = at(home, gpu)
    encoder, decoder, data = parts(kind, 8)
    encoder, decoder = encoder.to(home), decoder.to(home)
    options = {"folder": tmp_path, "epochs": 1, "samples": 3, "batch_size": 4}
    history = practise(encoder, decoder, VOCABULARY, data, data, **options)
    assert len(history) == 1
    check_home(home, encoder, decoder)


@every_decoder
def test_every_search_says_what_it_says_on_the_cpu(gpu, kind):
    decoder, context = sharp(kind)
    seen = []
    searches = [
        lambda: greedy(decoder, context, 8, forbid=[7]),
        lambda: sample(decoder, context, 0.7, top_k=5, top_p=0.9, generator=torch.Generator().manual_seed(0)),
        lambda: beam_search(decoder, context, 3, 8, length_penalty=0.7, forbid=[8]),
        lambda: beam_search(decoder, context, 2, 8, must_include=[5, 9], on_step=lambda *_: seen.append(_)),
        lambda: beam_search(decoder, context, 4, 8, groups=2, diversity=1.0, must_include=[6]),
    ]
    if gpu.type == "mps":
        del searches[1]  # without float64 chance draws other words
    here = [search() for search in searches]
    decoder.to(gpu)
    there = [search() for search in searches]  # context comes from the CPU still
    context = context.to(gpu)
    for kept in (there, [search() for search in searches]):
        for one, other in zip(here, kept, strict=True):
            assert [[h.words for h in best] for best in one] == [[h.words for h in best] for best in other]
            told, again = ([h.log_prob for best in some for h in best] for some in (one, other))
            assert told == pytest.approx(again, abs=1e-3)
    assert sample(decoder, context, generator=torch.Generator(gpu).manual_seed(0)) and seen
    check_home(gpu, decoder)


@every_decoder
def test_a_captioner_is_kept_and_says_the_same_on_both_devices(gpu, tmp_path, tiny_set, kind):
    encoder, decoder, _ = parts(kind, 8)
    pictures = [record.image for record in datasets.load(tiny_set, "test")]
    there = Captioner(encoder, decoder, VOCABULARY, Transform(size=32), dataset="tiny")
    assert there.device.type == gpu.type and there.context(pictures).device.type == gpu.type
    there.save(tmp_path / "there.pt")
    assert all(value.device.type == "cpu" for value in torch.load(tmp_path / "there.pt")["weights"].values())
    here, again = (Captioner.load(tmp_path / "there.pt", device=device) for device in ("cpu", None))
    assert here.device.type == "cpu" and again.device.type == gpu.type
    assert here.fingerprint() == there.fingerprint() == again.fingerprint()
    options = {"forbid": ["cat"], "must_include": ["dog"], "groups": 3}
    for wishes in ({}, options):
        said = [captioner.caption(pictures, max_words=8, **wishes) for captioner in (here, there, again)]
        assert said[0] == said[1] == said[2] and len(said[0]) == len(pictures)
    context = here.context(pictures[:1])
    assert context.device.type == "cpu" and len(there.next_words(context, ["a"], 3)) == 3
    hidden, probabilities = there.listen(context, [4])
    assert hidden.device.type == probabilities.device.type == "cpu"


def test_attention_is_shown_wherever_it_was_paid(gpu, tiny_set):
    encoder, decoder, _ = parts(AttentionDecoder, 8)
    captioner = Captioner(encoder, decoder, VOCABULARY, Transform(size=48))
    looked = looks(captioner, [record.image for record in datasets.load(tiny_set, "test")])
    assert all(maps.device.type == "cpu" and len(maps) == len(words) for words, maps in looked)
    looked = [(["dog"], torch.full((1, 9), 1 / 9, device=gpu))]
    truth = [{"objects": [{"name": "dog", "box": [0, 0, 1, 1]}]}]
    share = inside_boxes(looked, truth, [(3, 3)])
    assert share["inside"] == pytest.approx(share["area"], abs=1e-3)


@every_home
def test_stage_one(gpu, home):
    home = at(home, gpu)
    cnn = Encoder("small", 8, weights=None).cnn.requires_grad_(True).to(home)
    pixels = torch.randint(0, 256, (8, 3, 48, 48), dtype=torch.uint8)
    targets, transform, losses = torch.rand(8, 3).round(), Transform(size=48), []
    options = {"epochs": 2, "batch_size": 4, "on_epoch": lambda epoch, loss: losses.append(loss)}
    classifier = train_classifier(cnn, transform, (pixels, targets), **options)
    probabilities = class_probabilities(classifier, transform, pixels)
    check_home(home, cnn, classifier)
    assert len(losses) == 2 and max(losses) < 9 and probabilities.shape == (8, 3)
    names = ["dog", "cat", "tree"]
    told = average_precision(probabilities, targets, names)
    assert average_precision(probabilities.to(gpu), targets.to(gpu), names) == told
    options = {"epochs": 1, "batch_size": 4}
    train_classifier(cnn, transform, (pixels.to(gpu), targets.to(gpu)), **options)
    assert class_probabilities(classifier, transform, pixels.to(gpu)).shape == (8, 3)


@every_home
def test_caption_words(gpu, tiny_set, home):
    torch.manual_seed(0)
    home = at(home, gpu)
    encoder, losses = Encoder("resnet18", 16, weights=None).to(home), []
    options = {"epochs": 1, "batch_size": 8, "at_least": 2, "on_epoch": lambda _, loss: losses.append(loss)}
    words = learn_words(encoder, datasets.load(tiny_set, "train"), Transform(size=32), **options)
    assert "red" in words and losses[0] < 9
    check_home(home, encoder)


def test_the_first_step_in_float16_is_taken_though_gradients_are_large(gpu):
    layer, x, scaler = torch.nn.Linear(4, 3).to(gpu), torch.ones(1, 4, device=gpu), grad_scaler(gpu)
    before, optimizer = layer.weight.clone(), torch.optim.SGD(layer.parameters(), 1e-3)
    with autocast(gpu):
        loss = layer(x)
    scaler.scale(10 * loss.float().sum()).backward()
    scaler.step(optimizer)
    torch.testing.assert_close(layer.weight, before - 0.01, atol=1e-4, rtol=0)


def test_small_gradients_of_an_lstm_do_not_vanish(gpu):
    torch.manual_seed(0)
    lstm, scaler = torch.nn.LSTM(4, 8).to(gpu), grad_scaler(gpu)
    optimizer = torch.optim.SGD(lstm.parameters(), 1.0)
    with autocast(gpu):
        loss = lstm(torch.ones(1, 1, 4, device=gpu))[0].float().sum() * 2.0**-26  # for float16 it is nothing
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    assert all(weight.grad.any() for weight in (lstm.weight_ih_l0, lstm.bias_hh_l0))


@every_home
def test_fine_tuning(gpu, tiny_set, tmp_path, home):
    home, train_set, val_set = at(home, gpu), *(datasets.load(tiny_set, part) for part in ("train", "val"))
    encoder, decoder, _ = parts(pictures=8)
    encoder, decoder = encoder.to(home), decoder.to(home)
    model = encoder, decoder, VOCABULARY, train_set, val_set
    history = finetune(
        *model, folder=tmp_path, transform=Transform(size=32), blocks=2, epochs=1, batch_size=8
    )
    assert history[0]["train_loss"] < 9
    check_home(home, encoder, decoder)


def test_from_pictures_to_albums(gpu, tiny_set, tmp_path):
    encoder = Encoder("small", 16, weights=None)
    recipe = {"epochs": 1, "batch_size": 16, "word_threshold": 0, "embedding_dim": 16, "hidden_dim": 32}
    recipe = PHOTOS.__class__(**recipe)
    captioner = train_captioner(encoder, tiny_set, recipe=recipe, folder=tmp_path / "run")
    assert captioner.device.type == gpu.type
    elsewhere = {"recipe": recipe, "folder": tmp_path / "elsewhere", "device": torch.device("cpu")}
    check_home(elsewhere["device"], train_captioner(encoder.cpu(), tiny_set, **elsewhere).decoder)
    captioner.encoder.to(gpu)
    for i, colour in enumerate(("red", "green", "blue", "navy")):
        paint(tmp_path / "photos" / f"{i}.png", colour)
    albums = sort_photos(tmp_path / "photos", captioner, tmp_path / "albums", k=2)
    assert sum(map(len, albums.members.values())) == 4
