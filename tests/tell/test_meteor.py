import shutil

import oracle
import pytest

from helpers.base.errors import UserError
from helpers.tell.meteor import meteor

needs_java = pytest.mark.skipif(not oracle.available(), reason="needs Java and pycocoevalcap")


@needs_java
def test_meteor_comes_from_the_original_program():
    same = meteor([["a dog runs on the beach"]], ["A dog runs on the beach."])
    near = meteor([["a dog runs on the beach"]], ["a puppy runs on the beach"])
    assert same == pytest.approx(1, abs=0.01) and 0.3 < near < same


def test_without_java_meteor_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="METEOR needs Java"):
        meteor([["a dog"]], ["a dog"])
