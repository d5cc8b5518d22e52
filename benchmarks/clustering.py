"""How long captions take to become named groups: `python benchmarks/clustering.py`.

Captions are made from the grammar of the drawn scenes, five a scene, none drawn. First 10,000 to 1,000,000 of
them, each number in a process of its own, so that the memory is its own too; then 200,000 into 40 groups
beside plain TF-IDF and k-means of scikit-learn.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import argparse
import resource
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

from sklearn.cluster import MiniBatchKMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from timing import compare, seconds

from helpers.base.commands import command_parser
from helpers.base.errors import run_command
from helpers.base.progress import progress
from helpers.scenes.drawn_set import scene_of
from helpers.scenes.words import captions as captions_of
from helpers.sort.clustering import cluster_captions

SIZES = (10_000, 50_000, 200_000, 1_000_000)


def write_captions(file: Path, n: int) -> None:
    """`n` captions of scenes that nobody has drawn, one a line."""
    with file.open("w", encoding="utf-8") as lines:
        for i in progress(range(n // 5), "captions"):
            print(*captions_of(scene_of(0, "benchmark", i)), sep="\n", file=lines)


def read_captions(file: Path, n: int) -> list[str]:
    """The first `n` lines."""
    with file.open(encoding="utf-8") as lines:
        return [line.rstrip() for line in islice(lines, n)]


def plain(told: list[str], k: int) -> None:
    """What one would write without us: groups, but no names, no words, no reasons."""
    MiniBatchKMeans(k, batch_size=10_000, random_state=0).fit(TfidfVectorizer().fit_transform(told))


def peak() -> float:
    """Most memory this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alone(file: Path, n: int, k: int | None) -> None:
    """Group `n` captions once and print the time and the memory."""
    told = read_captions(file, n)
    before = peak()
    took = seconds(lambda: cluster_captions(told, k))
    print(
        f"{n:>10,} captions, k {k or 'chosen'}: {took:7.1f} s, {n / took:9,.0f} captions/s, peak "
        f"{peak():6,.0f} MiB ({before:,.0f} before)",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = command_parser("python benchmarks/clustering.py", __doc__, "--largest 50000 --rounds 1")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="no more captions than this")
    parser.add_argument("--alone", nargs=3, metavar=("FILE", "N", "K"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        file, n, k = options.alone
        return alone(Path(file), int(n), int(k) or None)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "captions.txt"
        write_captions(file, options.largest)
        for n in SIZES:  # before this process itself needs memory: a child's peak starts with its parent's
            for k in (40, 0):
                if n <= options.largest:
                    run = [sys.executable, __file__, "--alone", file, n, k]
                    subprocess.run(list(map(str, run)), check=True)
        told = read_captions(file, 200_000)
    ways = {
        "ours, k = 40": (lambda: cluster_captions(told, 40), len(told)),
        "plain TF-IDF and k-means": (lambda: plain(told, 40), len(told)),
    }
    compare(f"clustering {len(told):,}", "captions/s", ways, options.rounds)


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
