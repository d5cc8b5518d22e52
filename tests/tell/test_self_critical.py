import pytest
import torch

from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import Encoder
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.decoding import Hypothesis, sample
from helpers.tell.metrics import score
from helpers.tell.self_critical import Reward, others, practise, rewards, self_critical_loss
from helpers.tell.transformer import TransformerDecoder

CPU = torch.device("cpu")
REFERENCES = [
    ["a red wall", "there is a wall painted red"],
    ["a blue dog", "the dog is blue"],
    ["a dog", "one dog"],
    ["a green cat sits on the wall", "a cat sits"],
]
VOCABULARY = Vocabulary.build([text for group in REFERENCES for text in group])
CAPTIONS = ["a red wall", "the dog is red", "", "a cat on the wall on the wall"]


def test_the_reward_is_the_cider_of_the_metrics():
    reward = Reward(REFERENCES)
    expected = score(REFERENCES, CAPTIONS, per_image=True)["CIDEr"]
    assert [reward(i, caption) for i, caption in enumerate(CAPTIONS)] == pytest.approx(expected)
    alone = Reward(REFERENCES)(1, "a blue dog")  # the rarity is that of the whole set, whoever is asked about
    assert alone == pytest.approx(
        score(REFERENCES, ["x", "a blue dog", "x", "x"], per_image=True)["CIDEr"][1]
    )


def test_a_finished_caption_is_judged_without_end():
    said = [[Hypothesis([VOCABULARY[word] for word in ["a", "red", "wall"]], -1.0, True)]]
    assert rewards(Reward(REFERENCES), VOCABULARY, torch.tensor([0]), said).item() == pytest.approx(
        Reward(REFERENCES)(0, "a red wall")
    )


def test_a_caption_is_compared_with_the_others_of_its_picture():
    gained = torch.tensor([1.0, 2.0, 6.0, 4.0, 4.0, 10.0])
    assert others(gained, 3).tolist() == [4.0, 3.5, 1.5, 7.0, 7.0, 4.0]


@pytest.mark.parametrize("kind", [Decoder, AttentionDecoder, TransformerDecoder])
@pytest.mark.parametrize("advantage", [1.0, -1.0])
def test_what_scored_above_greedy_becomes_likelier_and_what_scored_below_less_likely(kind, advantage):
    torch.manual_seed(0)
    decoder = kind(len(VOCABULARY), 8, 12, dropout=0.0)
    context = torch.randn(2, 8) if kind is Decoder else torch.randn(2, 4, 8)
    said = [Hypothesis([4, 5], -3.0, True), Hypothesis([6, 7, 8], -5.0, False)]
    weights = torch.tensor([advantage, 0.0])

    def log_prob(i):
        ones = torch.zeros(2).index_fill(0, torch.tensor([i]), 1.0)
        return -self_critical_loss(decoder, context, said, ones).item()

    before = [log_prob(0), log_prob(1)]
    optimizer = torch.optim.SGD(decoder.parameters(), lr=0.05)
    self_critical_loss(decoder, context, said, weights).backward()
    optimizer.step()
    assert (log_prob(0) - before[0]) * advantage > 1e-4


def test_the_loss_weighs_log_p_of_exactly_the_words_that_were_said():
    torch.manual_seed(0)
    decoder = Decoder(len(VOCABULARY), 8, 12).eval()
    context = torch.randn(5, 8)
    said = [h[0] for h in sample(decoder, context, generator=torch.Generator().manual_seed(1), max_words=6)]
    words = sum(len(h.words) + h.finished for h in said)
    loss = self_critical_loss(decoder, context, said, torch.ones(5))
    assert loss.item() == pytest.approx(-sum(h.log_prob for h in said) / words, abs=1e-4)


@pytest.mark.parametrize("samples", [1, 5])
def test_practice_raises_the_reward_and_goes_on_where_it_stopped(tmp_path, samples):
    def parts():
        torch.manual_seed(0)
        encoder = Encoder("small", 16, weights=None)
        decoder = Decoder(len(VOCABULARY), 16, 32, dropout=0.3)
        return encoder, decoder, VOCABULARY, (torch.randn(4, encoder.feature_dim), REFERENCES)

    options = {"patience": 99, "learning_rate": 1e-2, "batch_size": 4, "samples": samples, "device": CPU}
    *model, data = parts()
    history = practise(*model, data, data, folder=tmp_path / "a", epochs=60, **options)
    first, last = (sum(row["reward"] for row in rows) for rows in (history[:10], history[-10:]))
    assert last > 1.5 * first

    def enough(rows):
        if len(rows) == 3:
            raise KeyboardInterrupt

    *model, data = parts()
    practise(*model, data, data, folder=tmp_path / "b", epochs=60, on_epoch=enough, **options)
    *again, data = parts()
    more = practise(*again, data, data, folder=tmp_path / "b", epochs=60, **options)
    assert [row["reward"] for row in more] == [row["reward"] for row in history]


def test_pictures_may_be_seen_in_several_views_and_cross_entropy_keeps_true_captions_likely(tmp_path):
    def practised(weight, views):
        torch.manual_seed(0)
        encoder = Encoder("small", 16, weights=None)
        decoder = Decoder(len(VOCABULARY), 16, 32, dropout=0.0)
        features = torch.randn(4, encoder.feature_dim)
        seen = torch.cat([features, -features][:views])
        options = {"epochs": 20, "batch_size": 4, "learning_rate": 1e-2, "device": CPU, "patience": 99}
        folder = tmp_path / f"{weight}{views}"
        return practise(
            encoder, decoder, VOCABULARY, (seen, REFERENCES), (features, REFERENCES),
            folder=folder, cross_entropy=weight, **options,
        )  # fmt: skip

    alone, kept, mirrored = practised(0.0, 1), practised(1.0, 1), practised(0.0, 2)
    assert kept[-1]["val_loss"] < alone[-1]["val_loss"]
    assert [row["reward"] for row in mirrored] != [row["reward"] for row in alone]


def test_practice_from_other_weights_is_another_run(tmp_path):
    def practised(seed):
        torch.manual_seed(0)
        encoder = Encoder("small", 16, weights=None)
        torch.manual_seed(seed)
        decoder = Decoder(len(VOCABULARY), 16, 32, dropout=0.3)
        data = torch.randn(4, encoder.feature_dim, generator=torch.Generator().manual_seed(0)), REFERENCES
        model = encoder, decoder, VOCABULARY, data, data
        return lambda: practise(*model, folder=tmp_path, epochs=1, batch_size=4, device=CPU)

    once = practised(0)
    history = once()
    assert once() == history  # its own cell run again, with the weights that it has learnt
    assert practised(0)() == history
    with pytest.raises(UserError, match="began with other weights"):
        practised(1)()


@pytest.mark.parametrize("kind", [Decoder, AttentionDecoder, TransformerDecoder])
def test_every_weight_learns_in_half_precision_too(tmp_path, monkeypatch, kind):
    """Autocast keeps copies of weights; before torch 2.11 those made without gradients hid the weights."""
    monkeypatch.setenv("SHOW_TELL_SORT_PRECISION", "bfloat16")
    torch.manual_seed(0)
    encoder = Encoder("small", 16, weights=None, grid=kind is AttentionDecoder)
    decoder = kind(len(VOCABULARY), 16, 32, dropout=0.0)
    places = (36,) if encoder.grid else ()
    data = torch.randn(4, *places, encoder.feature_dim), REFERENCES
    model = {"fc": encoder.fc, "decoder": decoder}
    before = {name: w.clone() for part in model for name, w in model[part].named_parameters(prefix=part)}
    practise(encoder, decoder, VOCABULARY, data, data, folder=tmp_path, epochs=1, device=CPU)
    for part in model:
        for name, weight in model[part].named_parameters(prefix=part):
            assert not torch.equal(weight, before[name]), name
