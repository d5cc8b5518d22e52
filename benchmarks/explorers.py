"""How long the explorers take to follow a hand, on scenes: `python benchmarks/explorers.py`.

The median and the slowest over some moves of every control, in milliseconds from its change to the new page.
What a browser adds to draw the page is not in it.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import sys
import time
from datetime import UTC, datetime
from statistics import median

import ipywidgets
from torch import nn

from helpers.base.commands import command_parser
from helpers.base.device import describe
from helpers.base.errors import run_command
from helpers.data import datasets
from helpers.data.vocabulary import count_words
from helpers.look import stage
from helpers.look.explorers import compare_explorer, group_explorer
from helpers.look.live import LiveTraining
from helpers.look.picture_explorers import data_explorer, encoder_explorer
from helpers.look.stepper import caption_stepper
from helpers.look.word_explorers import beam_explorer, sampling_explorer, upload_explorer, vocabulary_explorer
from helpers.scenes.catalogue import CLASSES
from helpers.show.encoder import Encoder
from helpers.show.features import load_features
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.decoding import say

LIMIT = 200  # ms


def shown(make) -> list[ipywidgets.Widget]:
    """The controls that an explorer shows, all of them in one list."""
    found = []
    before, stage.show = stage.show, lambda control, figure=None: found.append(control)
    make()
    stage.show = before
    for widget in found:
        found += getattr(widget, "children", ())
    return found


def moves(control) -> list:
    """Values to try."""
    if isinstance(control, ipywidgets.IntSlider | ipywidgets.FloatSlider):
        places = [control.min + part * (control.max - control.min) / 8 for part in range(9)]
        return list(dict.fromkeys(map(type(control.value), places)))
    if isinstance(control, ipywidgets.Dropdown):
        return list(control.options)[:5]
    if isinstance(control, ipywidgets.FileUpload):
        return [(upload(i),) for i in range(5)]
    return ["dog", "a dog", "beach", "red", ""]


def upload(i: int) -> dict:
    """What a browser sends when somebody chooses a picture."""
    path = datasets.load("scenes", "test", size=None, limit=5).paths[i]
    content, time = path.read_bytes(), datetime(2024, 1, 1, tzinfo=UTC)
    return {"name": path.name, "type": "image/jpeg", "size": 1, "content": content, "last_modified": time}


def milliseconds(act) -> float:
    """How long one reaction takes."""
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def reactions(explorer: str, controls) -> None:
    """Move every control, click every button; print how long the answers take."""
    for control in controls:
        if isinstance(control, ipywidgets.Button):
            took = [milliseconds(control.click) for _ in range(5)]
        elif hasattr(control, "value") and control.description:
            values = [value for value in moves(control) if value != control.value]
            took = [milliseconds(lambda v=v, c=control: setattr(c, "value", v)) for v in values]
        else:
            took = []
        if not took:
            continue
        late = "  too slow" if median(took) > LIMIT else ""
        print(f"{explorer:20}{control.description or 'a word':24}{median(took):8.0f}{max(took):8.0f}{late}")


def main() -> None:
    """Build every explorer on the drawn scenes and move all of its controls."""
    command_parser("python benchmarks/explorers.py", __doc__, "").parse_args()
    test, captioner = datasets.load("scenes", "test"), Captioner.load(SHIPPED, device="cpu")
    encoder = Encoder("small", captioner.encoder.embedding_dim, weights=None)
    encoder.load_state_dict(captioner.encoder.state_dict())
    classifier = nn.Sequential(
        encoder.cnn, nn.Linear(encoder.feature_dim, len(CLASSES))
    )  # untrained: as fast
    features = load_features(encoder, test, captioner.transform)
    parts = encoder, captioner.decoder, captioner.vocabulary
    captions, images = say(*parts, features), [test[i].image for i in range(len(test))]
    clusters = cluster_captions(captions, 12)
    ways = {"captions": clusters, "pixels": cluster_vectors(features, 12)}
    counts = count_words(caption for group in test.captions for caption in group)
    explorers = {
        "data": lambda: data_explorer(test, captioner),
        "vocabulary": lambda: vocabulary_explorer(counts, test.captions[0]),
        "encoder": lambda: encoder_explorer(test, encoder, captioner.transform, classifier, CLASSES),
        "stepper": lambda: caption_stepper(captioner, images[0]),
        "beam": lambda: beam_explorer(captioner, images[0]),
        "sampling": lambda: sampling_explorer(captioner, images[0]),
        "upload": lambda: upload_explorer(captioner, clusters),
        "group": lambda: group_explorer(captions[:200], images[:200], 12),
        "compare": lambda: compare_explorer(ways),
    }
    print(f"{describe()}\n{'explorer':20}{'control':24}{'median':>8}{'slowest':>8}  ms")
    for name, make in explorers.items():
        reactions(name, shown(make))
    stage.show = lambda control, figure=None: None
    live = LiveTraining(test, features, *parts)
    row = {"train_loss": 2.0, "val_loss": 2.1, "CIDEr": 1.0}
    took = [milliseconds(lambda: live([{"epoch": i + 1} | row for i in range(8)])) for _ in range(5)]
    print(f"{'training':20}{'an epoch ends':24}{median(took):8.0f}{max(took):8.0f}")


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
