"""Train the small captioner that ships with the package anew, on scenes: `make captioner`."""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import sys
import tempfile
from pathlib import Path

from helpers.base.commands import command_parser
from helpers.base.errors import run_command


def train_cnn(folder: Path) -> Path:
    """Stage one: a SmallCNN learns to classify; its weights go to `folder`/cnn.pt."""
    import torch  # takes seconds, and --help should not wait

    from helpers.data import datasets
    from helpers.scenes.catalogue import CLASSES
    from helpers.show.backbones import SmallCNN, transform_for
    from helpers.show.classifier import class_targets, load_pixels, train_classifier

    transform, dataset = transform_for("small"), datasets.load("scenes", "train")
    train_set = load_pixels(dataset, transform), class_targets(dataset, CLASSES)
    torch.manual_seed(0)
    cnn = SmallCNN()
    train_classifier(
        cnn, transform, train_set, on_epoch=lambda n, loss: print(f"CNN epoch {n}: loss {loss:.4f}")
    )
    torch.save(cnn.state_dict(), folder / "cnn.pt")
    return folder / "cnn.pt"


def main(arguments=None) -> None:
    """Both stages; the file is replaced when all is done."""
    command_parser("python -m tools.captioner", __doc__, "").parse_args(arguments)
    from helpers.show.encoder import Encoder
    from helpers.tell.captioner import SHIPPED
    from helpers.tell.course import SCENES, train_captioner

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        encoder = Encoder("small", SCENES.embedding_dim, weights=train_cnn(folder))
        captioner = train_captioner(encoder, "scenes", folder=folder)
    captioner.save(SHIPPED, half=True)
    print(f"{SHIPPED.name}: {SHIPPED.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(run_command(main, "The captioner that ships stays as it was."))
