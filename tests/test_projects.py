"""The projects: each has a rubric, and code that runs."""

import re
from importlib import import_module

import pytest

from helpers.base.files import NOTEBOOKS
from helpers.teach.hints import some_decoder

PROJECTS = (NOTEBOOKS / "projects.md").read_text(encoding="utf-8").split("\n## ")[1:]


@pytest.mark.parametrize("project", PROJECTS, ids=lambda text: text.partition("\n")[0])
def test_projects_have_a_rubric_of_twenty_points_and_cells_that_run(project):
    for part in ("**Goal.**", "hours", "**Milestones.**", "**Pitfalls.**", "| points | for |"):
        assert part in project
    assert sum(map(int, re.findall(r"^\| (\d+) \|", project, re.M))) == 20
    names = {}
    for code in re.findall(r"```python\n(.*?)```", project, re.S):
        exec(compile(code, "projects.md", "exec"), names)
    if "learn" in names:  # it does train, and says something
        captioner = names["learn"](epochs=1, batch_size=16, word_threshold=0)
        assert captioner.vocabulary["있다"] != captioner.vocabulary.UNK
    if "agree" in names:  # it sees a decoder that is right, and one that is not
        names["agree"](some_decoder())
        with pytest.raises(NotImplementedError):
            names["agree"](names["GRUDecoder"](11, 8, 16))


def test_projects_name_what_exists():
    text = "\n".join(PROJECTS)
    named = re.findall(r"`(helpers(?:\.\w+)+)\.(\w+)`", text)
    assert named
    for module, name in named:
        assert hasattr(import_module(module), name), (module, name)
    for path in re.findall(r"`(helpers/[\w/]+\.py)`", text):
        assert (NOTEBOOKS.parent / path).exists()
