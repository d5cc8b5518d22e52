"""The pictures of the README and the notebooks, drawn by code: `python -m tools.figures [--out figures]`.

Four diagrams, and two of what the captioner that ships with the package really says about drawn scenes.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import io
import sys
from functools import cache
from pathlib import Path

from PIL import Image

from helpers.base.commands import command_parser
from helpers.base.errors import run_command
from helpers.base.files import whole_file
from helpers.base.progress import progress


def save(figure, path: Path, most_bytes: int = 300_000) -> None:
    """Write `figure` as PNG; in 256 colours if it would be larger than `most_bytes`."""
    from helpers.look.style import PAPER

    page = io.BytesIO()
    figure.savefig(page, dpi=110, facecolor=PAPER)
    picture = Image.open(page).convert("RGB")
    if page.tell() > most_bytes:
        picture = picture.quantize(256, dither=Image.Dither.NONE)
    with whole_file(path) as partial:
        picture.save(partial, optimize=True)


def main(arguments=None) -> None:
    """Draw all of them into a folder."""
    parser = command_parser("python -m tools.figures", __doc__, "--out figures")
    parser.add_argument("--out", type=Path, default=Path("figures"), help="folder (%(default)s)")
    out = parser.parse_args(arguments).out
    from helpers.data import datasets  # takes seconds, and --help should not wait
    from helpers.tell.captioner import SHIPPED, Captioner
    from tools import diagrams, examples

    out.mkdir(parents=True, exist_ok=True)
    scenes, captioner = datasets.load("scenes", "test", size=None), cache(lambda: Captioner.load(SHIPPED))
    drawings = {
        "resnet101": diagrams.resnet101,
        "unrolled_decoder": diagrams.unrolled_decoder,
        "data_split": diagrams.data_split,
        "encoder_decoder": lambda: diagrams.encoder_decoder(scenes),
        "next_word": lambda: examples.next_word(scenes, captioner()),
        "captioned_groups": lambda: examples.captioned_groups(scenes, captioner()),
    }
    for name, draw in progress(drawings.items(), "figures"):
        save(draw(), out / f"{name}.png")
        print(out / f"{name}.png")


if __name__ == "__main__":
    sys.exit(run_command(main, "Pictures that are drawn stay."))
