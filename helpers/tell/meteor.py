"""METEOR, the one score of the COCO evaluation that is not computed here."""

import shutil

from helpers.base.arguments import check_captions
from helpers.base.errors import UserError, require
from helpers.tell.penn_treebank import ptb_tokenize


def meteor(references: list[list[str]], candidates: list[str]) -> float:
    """METEOR (Banerjee and Lavie, 2005), 0 to 1, by its authors' program: slow, and it needs Java.

    UserError when Java or `pycocoevalcap` is missing.
    """
    references, candidates = check_captions(references, candidates)
    if shutil.which("java") is None:
        raise UserError("METEOR needs Java: install a Java runtime, or do without (score() needs none).")
    require("pycocoevalcap", extra="compare")
    from pycocoevalcap.meteor.meteor import Meteor

    texts = [[" ".join(ptb_tokenize(sentence)) for sentence in sentences] for sentences in references]
    said = [[" ".join(ptb_tokenize(sentence))] for sentence in candidates]
    return Meteor().compute_score(dict(enumerate(texts)), dict(enumerate(said)))[0]
