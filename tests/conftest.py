"""What several test files share: a home in a temporary folder, a tiny data set, a tiny captioner."""

import json
import os
from contextlib import contextmanager

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings
from PIL import Image

from helpers.scenes.drawn_set import scenes_folder

COLOURS = {"red": (220, 40, 40), "green": (40, 180, 60), "blue": (40, 80, 220), "yellow": (240, 210, 40)}

settings.register_profile("same", derandomize=True)  # the same examples on every machine and in every run;
settings.load_profile("same")  # pytest --hypothesis-profile default looks for new ones


def pytest_collection_modifyitems(items):
    """The long ones come first, so that no core is idle in the end."""
    items.sort(key=lambda item: not (item.get_closest_marker("notebooks") or "pretended" in item.path.stem))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Everything drawn, cached or trained by a test lands in its own temporary folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def make_home(tmp_path_factory):
    """Makes new homes in which nothing lies but the pictures, drawn once for all tests on all cores."""
    base = tmp_path_factory.getbasetemp()
    drawn = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "drawn"
    drawn.mkdir(exist_ok=True)
    with FileLock(drawn / "lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOW_TELL_SORT_HOME", str(drawn))
        scenes_folder()

    def new():
        home = tmp_path_factory.mktemp("home")
        (home / "data").symlink_to(drawn / "data", target_is_directory=True)
        return home

    return new


@pytest.fixture
def tiny_set(tmp_path):
    """A folder in COCO captions format: 24 pictures of one colour each, two captions a picture."""
    folder = tmp_path / "tiny"
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(24):
        colour = list(COLOURS)[i % 4]
        pixels = np.clip(rng.normal(COLOURS[colour], 12, size=(40 + i, 60, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{i:03}.png")
        split = "train" if i < 16 else "val" if i < 20 else "test"
        images.append({"id": i, "file_name": f"{i:03}.png", "split": split, "place": colour})
        for caption in (f"A {colour} wall.", f"There is a wall painted {colour}."):
            annotations.append({"id": len(annotations), "image_id": i, "caption": caption})
    (folder / "captions.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    return folder


@pytest.fixture
def tiny_captioner():
    """An untrained captioner with six words."""
    import torch

    from helpers.data.vocabulary import Vocabulary
    from helpers.show.encoder import Encoder
    from helpers.tell.captioner import Captioner
    from helpers.tell.decoder import Decoder

    torch.manual_seed(0)
    vocabulary = Vocabulary.build(["a red wall", "a green wall", "a blue dog"])
    encoder = Encoder("small", embedding_dim=12, weights=None)
    decoder = Decoder(len(vocabulary), embedding_dim=12, hidden_dim=20)
    return Captioner(encoder, decoder, vocabulary, dataset="tiny", device="cpu")


@pytest.fixture
def shown(monkeypatch):
    """The controls that explorers show, in order; `.figures` are what stands in for each without a kernel."""
    from helpers.look import stage

    class Shown(list):
        """Controls with the figures beside them."""

    controls = Shown()
    controls.figures = []

    def show(control, figure=None):
        controls.append(control)
        controls.figures.append(figure)

    monkeypatch.setattr(stage, "show", show)
    return controls


@pytest.fixture
def small_disk():
    """`with small_disk(n):` every file is full at `n` bytes, for whoever writes and in whatever language."""
    resource = pytest.importorskip("resource", reason="this system sets no limits")

    @contextmanager
    def limited(most):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited
