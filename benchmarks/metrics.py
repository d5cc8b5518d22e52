"""Our scores beside those of pycocoevalcap with its Java tokeniser: `python benchmarks/metrics.py`.

5,000 pictures with 5 references each, of the words and lengths that people use; from raw sentences to BLEU,
ROUGE-L and CIDEr. Both must come to the same numbers.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import contextlib
import io
import random
import sys
from pathlib import Path

from timing import compare

from helpers.base.commands import command_parser
from helpers.base.errors import run_command
from helpers.scenes.drawn_set import scene_of
from helpers.scenes.words import captions
from helpers.tell.metrics import score

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import oracle

PICTURES = 5_000


def sentences() -> tuple[list[list[str]], list[str]]:
    """References and candidates: captions of scenes, each with a word or two changed for rarer ones."""
    dice = random.Random(0)
    rare = [f"word{i}" for i in range(20_000)]
    written = [captions(scene_of(1, "bench", i)) for i in range(PICTURES)]

    def varied(sentence: str) -> str:
        words = sentence.split()
        words[dice.randrange(len(words))] = dice.choice(rare[: dice.randint(1, len(rare))])
        return " ".join(words)

    references = [[varied(text) for text in group] for group in written]
    return references, [varied(dice.choice(group)) for group in written]


def main() -> None:
    """Measure and print."""
    command_parser("python benchmarks/metrics.py", __doc__, "").parse_args()
    references, candidates = sentences()
    ways = {"ours": (lambda: score(references, candidates), PICTURES)}
    if oracle.available():

        def theirs():
            with contextlib.redirect_stdout(io.StringIO()):
                return oracle.evaluate(references, candidates)[0]

        ways["pycocoevalcap with Java"] = (theirs, PICTURES)
        mine, other = score(references, candidates), theirs()
        print("largest difference:", max(abs(mine[name] - other[name]) for name in mine))
    else:
        print("pycocoevalcap or Java is not here: nothing to compare with")
    rates = compare("scores", "pictures/s", ways)
    print(f"5,000 pictures with 5 references each: {PICTURES / rates['ours']:.2f} s")


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
