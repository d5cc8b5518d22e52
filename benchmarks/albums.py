"""Albums of 10,000 pictures: `python benchmarks/albums.py` (another number as its argument).

Draws small pictures whose captions come from the grammar of the scenes, sorts them once, and then prints
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
from PIL import Image

from helpers.base.commands import command_parser
from helpers.base.device import describe
from helpers.base.errors import run_command
from helpers.scenes.drawn_set import scene_of
from helpers.scenes.words import captions
from helpers.sort import clustering, gallery_page, layout  # noqa: F401  (before the clock runs)
from helpers.sort.albums import sort_photos

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


def draw(folder: Path, n: int) -> None:
    """`n` small pictures, 96 × 72 pixels, in folders of 1,000."""
    dice = np.random.default_rng(0)
    for i in range(n):
        path = folder / f"{i // 1000:02}" / f"{i:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = dice.integers(0, 256, (3, 4, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((96, 72), Image.Resampling.BICUBIC).save(path)


def again(folder: str, out: str) -> None:
    """The second run, in a process of its own; prints its figures as JSON."""
    began = time.perf_counter()
    albums = sort_photos(folder, Writer(), out)
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
    parser.add_argument("pictures", type=int, nargs="?", default=10_000, help="how many (%(default)s)")
    parser.add_argument("--again", nargs=2, help=argparse.SUPPRESS)  # in the process that it starts
    options = parser.parse_args()
    if options.again:
        return again(*options.again)
    n = options.pictures
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
