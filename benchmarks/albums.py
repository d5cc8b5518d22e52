"""Albums of 1,000 photographs, and of 10,000 pictures with known captions: `python benchmarks/albums.py`.

First it makes photographs, 640 × 480, and prints for the captioner that ships for them and for ResNet-101
  - how many a second become albums, everything in, beside how many the CNN alone looks at, which runs as it
    does where features are computed; how much memory that takes; and how much longer than from one caption
    a picture alone;
  - how long `python -m helpers.sort.albums` takes from its start to its first caption.

Then it draws small pictures whose captions come from the grammar of the scenes, sorts them once, and prints
  - how long a second run takes that knows all captions, chooses k anew and files every picture anew, and how
    much memory: reading the notes, grouping, the map, copying, writing the page;
  - how large the page is; and, in Chromium where there is one, when its text is painted, when its script has
    run, and how long it takes from a key pressed in the search box to the next picture on the screen.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.fx.experimental.optimization import fuse

from helpers.base.commands import command_parser
from helpers.base.device import autocast, best_device, describe
from helpers.base.errors import UserError, run_command
from helpers.scenes.drawn_set import scene_of
from helpers.scenes.words import captions
from helpers.show.encoder import Encoder
from helpers.sort import clustering, gallery_page, layout  # noqa: F401  (before the clock runs)
from helpers.sort.albums import sort_photos
from helpers.sort.photos import NOTES
from helpers.tell.captioner import SHIPPED, SHIPPED_PHOTOS, Captioner
from helpers.tell.decoder import AttentionDecoder

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TYPED = "dog beach"
KEYS = """() => {
    window.waits = [];
    new PerformanceObserver((seen) => waits.push(...seen.getEntries().filter((e) => e.name === "keydown")
        .map((e) => e.duration))).observe({ type: "event", durationThreshold: 16 });
}"""


class Writer:
    """Says what the grammar of the scenes says, picture after picture; with nothing to say it fails."""

    def __init__(self, texts=()):
        self.texts = iter(texts)

    def caption(self, pictures, beam_width):
        """A sentence for each."""
        return [next(self.texts) for _ in pictures]


class OneCaption:
    """A captioner that has nothing but captions to sort by."""

    def __init__(self, captioner: Captioner):
        self.caption = captioner.caption


def draw(folder: Path, n: int) -> None:
    """`n` small pictures, 96 × 72 pixels, in folders of 1,000."""
    dice = np.random.default_rng(0)
    for i in range(n):
        path = folder / f"{i // 1000:02}" / f"{i:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = dice.integers(0, 256, (3, 4, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((96, 72), Image.Resampling.BICUBIC).save(path)


def photograph(folder: Path, n: int) -> None:
    """`n` JPEGs of 640 × 480 pixels: blotches of all sizes, as light and shade make them, and grain."""
    dice = np.random.default_rng(0)
    folder.mkdir()
    for i in range(n):
        layers = [dice.normal(0, 25, (3 * 2**k, 4 * 2**k, 3)) for k in range(5)] + [
            dice.normal(0, 6, (480, 640, 3))
        ]
        maps = [torch.from_numpy(layer).permute(2, 0, 1)[None] for layer in layers]
        maps = [torch.nn.functional.interpolate(each, (480, 640), mode="bilinear") for each in maps]
        pixels = (sum(maps) + 110)[0].clamp(0, 255).byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(folder / f"{i:04}.jpg", quality=90)


def captioner_of(which: str) -> Captioner:
    """The captioner in a file; or one with an untrained CNN of that name, with attention."""
    if Path(which).is_file():
        return Captioner.load(which)
    torch.manual_seed(0)
    words = Captioner.load(SHIPPED).vocabulary
    return Captioner(Encoder(which, weights=None, grid=True), AttentionDecoder(len(words)), words)


def look_alone(which: str, n: int) -> None:
    """How many pictures a second the captioner's CNN looks at, batch 64; printed as JSON."""
    captioner, device = captioner_of(which), best_device()
    cnn = fuse(captioner.encoder.trunk).to(device, memory_format=torch.channels_last)
    side = captioner.transform.size
    images = torch.randn(64, 3, side, side).to(device, memory_format=torch.channels_last)
    with torch.inference_mode(), autocast(device):
        cnn(images)
        began = time.perf_counter()
        for _ in range(-(-n // 64)):
            cnn(images).float().cpu()
    print(json.dumps({"rate": -(-n // 64) * 64 / (time.perf_counter() - began)}))


def first_caption(folder: Path, out: Path, captioner: str) -> float:
    """Seconds from the start of the command to its first caption."""
    command = [sys.executable, "-m", "helpers.sort.albums", str(folder), "--out", str(out)]
    began = time.perf_counter()
    process = subprocess.Popen([*command, "--captioner", captioner], stdout=subprocess.DEVNULL)
    while process.poll() is None and not (out.exists() and any(p.stat().st_size for p in out.glob(NOTES))):
        time.sleep(0.01)
    waited = time.perf_counter() - began
    if process.returncode:
        raise UserError(f"{' '.join(command)} has failed.")
    process.terminate()
    process.wait()
    return waited


def here(*arguments) -> dict:
    """What this file prints in a process of its own, which shall have the machine and its memory alone."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )


def of_photographs(place: Path, n: int, captioner: str) -> None:
    """Measure and print: albums of photographs beside the CNN alone."""
    folder = place / "photographs"
    photograph(folder, n)
    for which, some in ((captioner, n), ("resnet101", min(n, 256))):
        few = place / f"first {some}"
        few.mkdir(exist_ok=True)
        for path in sorted(folder.iterdir())[:some]:
            shutil.copyfile(path, few / path.name)
        alone, name = here("--alone", which, min(n, 512))["rate"], Path(which).stem
        run = here("--again", few, place / f"albums of {name}", "--captioner", which)
        rate = some / run["seconds"]
        print(f"{some:,} photographs, {name}: {rate:.1f} a second, {alone:.1f} the CNN alone ", end="")
        plain = here("--again", few, place / f"plain of {name}", "--captioner", which, "--one-caption")
        longer = run["seconds"] / plain["seconds"]
        print(f"({rate / alone:.0%}), {run['peak'] / 2**30:.2f} GiB at most; ", end="")
        print(f"{longer:.2f} × the time of albums by one caption a picture", flush=True)
        figures = {"cnn": name, "rate": rate, "alone": alone, "longer": longer}
        print(json.dumps({"benchmark": "albums"} | figures | run))
    waited = first_caption(folder, place / "begun", captioner)
    print(f"  from the start of the command to its first caption: {waited:.1f} s")


def again(folder: str, out: str, captioner: str | None, plain: bool = False) -> None:
    """A run in a process of its own, a second one where no captioner is given; prints its figures as JSON."""
    captioner = captioner_of(captioner) if captioner else Writer()
    captioner = OneCaption(captioner) if plain else captioner
    began = time.perf_counter()
    albums = sort_photos(folder, captioner, out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    figures = {"seconds": time.perf_counter() - began, "peak": peak, "albums": len(albums.names)}
    print(json.dumps(figures))


def browse(page: Path) -> dict[str, float]:
    """Milliseconds in Chromium: {} where there is none."""
    if BROWSER is None:
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        view = browser.new_page(viewport={"width": 1280, "height": 860})
        view.goto(page.as_uri())
        view.wait_for_timeout(1000)
        figures = view.evaluate(
            """() => ({
                "text painted": performance.getEntriesByName("first-contentful-paint")[0].startTime,
                "script has run": performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
            })"""
        )
        view.evaluate(KEYS)
        view.focus("#search")
        for key in TYPED:
            view.keyboard.press(key)
            view.wait_for_timeout(300)
        waits = view.evaluate("waits")  # those under 16 ms are not reported by the browser
        waits = sorted(waits + [16] * (len(TYPED) - len(waits)))
        found = int(view.inner_text("#status").split()[0].replace(",", ""))
        browser.close()
    return figures | {"a key, median": waits[len(waits) // 2], "a key, worst": waits[-1], "found": found}


def main() -> None:
    """Measure and print."""
    parser = command_parser("python benchmarks/albums.py", __doc__, "2000")
    parser.add_argument(
        "pictures", type=int, nargs="?", default=10_000, help="how many (%(default)s), 0 for none"
    )
    parser.add_argument("--again", nargs=2, help=argparse.SUPPRESS)  # in the process that it starts
    parser.add_argument("--one-caption", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--photographs", type=int, default=1000, help="how many (%(default)s), 0 for none")
    shipped = str(SHIPPED_PHOTOS)
    parser.add_argument("--captioner", metavar="FILE", help="for photographs (default: the one that ships)")
    options = parser.parse_args()
    if options.alone:
        return look_alone(options.alone[0], int(options.alone[1]))
    if options.again:
        return again(*options.again, options.captioner, options.one_caption)
    n = options.pictures
    if options.photographs:
        with tempfile.TemporaryDirectory() as place:
            print(describe())
            of_photographs(Path(place), options.photographs, options.captioner or shipped)
    if not n:
        return None
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place, "photos"), Path(place, "albums")
        draw(folder, n)
        texts = [captions(scene_of(1, "bench", i), 1)[0] for i in range(n)]
        began = time.perf_counter()
        sort_photos(folder, Writer(texts), out, k=3)
        first = time.perf_counter() - began
        command = [sys.executable, __file__, "--again", str(folder), str(out)]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        second = json.loads(run.stdout.splitlines()[-1])
        size = (out / "index.html").stat().st_size
        shown = browse(out / "index.html")
    print(f"{n:,} pictures, {describe()}")
    print(f"  first run (a captioner that takes no time): {first:.1f} s")
    print(f"  second run, all captions known: {second['seconds']:.1f} s, {second['albums']} albums, ", end="")
    print(f"{second['peak'] / 2**30:.2f} GiB at most")
    print(f"  the page: {size / 1e6:.1f} MB, thumbnails beside it")
    for what, value in shown.items():
        print(f"  {what}: {value:.0f}{'' if what == 'found' else ' ms'}")
    print(json.dumps({"benchmark": "albums", "pictures": n, "first_s": first, "page": size} | second | shown))


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
