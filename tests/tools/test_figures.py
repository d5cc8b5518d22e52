import io
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.data import datasets
from helpers.data.vocabulary import Vocabulary
from helpers.look.style import new_sheet
from helpers.show.encoder import Encoder
from helpers.tell.captioner import Captioner
from helpers.tell.decoder import Decoder
from tools import examples, figures

pytestmark = pytest.mark.filterwarnings("error::UserWarning")
CAPTIONS = [
    "a woman is standing on the beach under a red umbrella",
    "two dogs run along the busy street",
    "a man rides a bicycle through the park",
    "a cow sleeps beside the barn",
]


class Dataset:
    captions = tuple([CAPTIONS[(i + 1) % 4]] * 5 for i in range(24))
    labels = tuple(f"place {i % 4}" for i in range(24))

    def __len__(self):
        return len(self.captions)

    def __getitem__(self, i):
        return SimpleNamespace(image=Image.new("RGB", (80, 60), (10 * i, 90, 90)))


@pytest.fixture
def captioner():
    vocabulary = Vocabulary.build(CAPTIONS)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Captioner(
            Encoder("small", 16, None), Decoder(len(vocabulary), 16, 32), vocabulary, device="cpu"
        )


def words(figure):
    figure.savefig(io.BytesIO())
    return [text.get_text() for text in figure.axes[0].texts]


def test_next_word_is_asked_of_a_picture_of_a_woman(captioner):
    asked = []
    dataset = Dataset()
    captioner.context = lambda images: asked.extend(images) or torch.zeros(1, 16)
    said = words(examples.next_word(dataset, captioner, n=5))
    assert np.array_equal(asked[0], dataset[3].image)
    assert "“a woman is …”" in said and len(said) == 1 + 3 * 5


def test_groups_show_each_caption_once_beneath_its_name(captioner):
    captioner.caption = lambda images: [Dataset.captions[i][0] for i in range(len(images))]
    said = [text.replace("\n", " ") for text in words(examples.captioned_groups(Dataset(), captioner))]
    assert sorted(text for text in said if text in CAPTIONS) == sorted(CAPTIONS)


def test_save_keeps_a_large_picture_small(tmp_path):
    rng = np.random.default_rng(0)
    figure, ax = new_sheet(3, 3)
    ax.imshow(rng.random((300, 300, 3)), extent=(0, 3, 0, 3))
    figures.save(figure, tmp_path / "large.png", most_bytes=10_000_000)
    figures.save(figure, tmp_path / "small.png", most_bytes=1000)
    assert Image.open(tmp_path / "large.png").mode == "RGB"
    assert (tmp_path / "small.png").stat().st_size < 0.6 * (tmp_path / "large.png").stat().st_size


def test_main_writes_the_six_pictures(tmp_path, monkeypatch, captioner):
    captioner.caption = lambda images: [Dataset.captions[i][0] for i in range(len(images))]
    monkeypatch.setattr(datasets, "load", lambda name, split, size: Dataset())
    monkeypatch.setattr(Captioner, "load", lambda path: captioner)
    figures.main(["--out", str(tmp_path / "new")])
    assert sorted(path.stem for path in (tmp_path / "new").iterdir()) == [
        "captioned_groups", "data_split", "encoder_decoder", "next_word", "resnet101", "unrolled_decoder",
    ]  # fmt: skip
    assert all(path.stat().st_size < 300_000 for path in (tmp_path / "new").iterdir())
