"""What the COCO caption evaluation (pycocoevalcap, with its Java tokeniser) says of captions that we wrote.

`make oracle` writes tests/data/oracle.json anew; test_metrics.py compares ours with it, and with the real
thing where Java is at hand.
"""

import json
import shutil
from pathlib import Path

from helpers.scenes.drawn_set import scene_of
from helpers.scenes.words import captions

PATH = Path(__file__).parent / "data" / "oracle.json"
TRICKY = [
    "The dogs don't run.",
    "She can't see it: it's the man's!",
    "We cannot go, they've gone; she'll wait and I'd leave.",
    'A "red" T-shirt, really -- two of them ...',
    "The dogs' bowl at 10:30 o'clock",
    "A man (in red) near a woman [in blue]",
    "Dr. Smith and Mrs. Jones wave the U.S. flag.",
    "A sign says 1,000 m and 3.5 km",
    "A half-open door / a semi-detached house",
    "Who is it?! Nobody knows...",
    "  A caption   with   blanks  ",
    "a caption without a capital or a stop",
    "A CAPTION IN CAPITALS.",
    "one; two, three: four. Five! six? seven",
    "They're gonna wanna leave, gimme that, lemme see",
    "A 2-year-old boy's ball",
    "He said 'stop' and left",
    "Cats,dogs and birds",
    "A Christmas tree.",
    "Two people on a motor-bike in the '90s",
    "He isn't, wasn't, couldn't, won't and shouldn't",
    "Someone's o'er there",
    "",
]


def available() -> bool:
    """Are Java and pycocoevalcap here?"""
    try:
        import pycocoevalcap  # noqa: F401
    except ImportError:
        return False
    return shutil.which("java") is not None


def java_words(sentences: list[str]) -> list[str]:
    """The words of each sentence, blanks between them."""
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    told = PTBTokenizer().tokenize({i: [{"caption": text}] for i, text in enumerate(sentences)})
    return [told[i][0] for i in range(len(sentences))]


def evaluate(references: list[list[str]], candidates: list[str]) -> tuple[dict, dict]:
    """The scores of the whole set, and of each picture, of raw sentences."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    words = iter(java_words([*candidates, *(text for group in references for text in group)]))
    said = {i: [next(words)] for i in range(len(candidates))}
    true = {i: [next(words) for _ in group] for i, group in enumerate(references)}
    bleu, bleu_each = Bleu(4).compute_score(true, said, verbose=0)
    whole = {f"BLEU-{n + 1}": float(bleu[n]) for n in range(4)}
    each = {f"BLEU-{n + 1}": [*map(float, bleu_each[n])] for n in range(4)}
    for name, scorer in (("ROUGE-L", Rouge()), ("CIDEr", Cider())):
        value, values = scorer.compute_score(true, said)
        whole[name], each[name] = float(value), [*map(float, values)]
    return whole, each


def our_captions(n: int = 60) -> tuple[list[list[str]], list[str]]:
    """Four captions of each of `n` scenes as references, the fifth as candidate, some of them bent."""
    written = [captions(scene_of(7, "oracle", i)) for i in range(n)]
    candidates = [group[4] for group in written]
    candidates[0], candidates[1], candidates[2] = "", "A dog.", " ".join([candidates[2]] * 3)
    candidates[3:9] = TRICKY[:6]
    return [group[: 4 - i % 3] for i, group in enumerate(written)], candidates


def main() -> None:
    """Ask the evaluation and write down what it says."""
    references, candidates = our_captions()
    sentences = [text for text in TRICKY if text]  # the Java program loses count at an empty line
    scores, per_image = evaluate(references, candidates)
    frozen = {
        "words": dict(zip(sentences, java_words(sentences), strict=True)),
        "references": references,
        "candidates": candidates,
        "scores": scores,
        "per_image": per_image,
    }
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(frozen, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {PATH.name}: {scores}")


if __name__ == "__main__":
    main()
