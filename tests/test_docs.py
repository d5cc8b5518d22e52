"""Whoever follows a document gets there: by its links, by the names that it gives, by its commands."""

import re
import subprocess
import sys
from pkgutil import resolve_name

import pytest
from notebook_checks import PATHS
from pages import HELPERS, MAP, PAGES, PROJECT, SOLUTIONS, anchors, links, modules, prose, read

WINGS = ["base", "scenes", "data", "show", "tell", "sort", "look", "teach", "scale"]
TAUGHT = {
    "data": ["datasets", "transforms", "vocabulary"],
    "show": ["encoder", "features", "classifier"],
    "tell": ["decoder", "decoding", "beams", "metrics", "training", "attention", "captioner"],
    "sort": ["vectors", "grouping", "naming", "clustering", "albums"],
}
STARRED = {f"{wing}/{name}.py" for wing, names in TAUGHT.items() for name in names}
NAME = re.compile(r"\b(?:helpers|tools)(?:\.[A-Za-z_]\w*)+", re.A)
FILE = re.compile(r"\b(?:helpers|tools|tests|benchmarks|notebooks|figures)/[\w./]*\w", re.A)
COMMAND = re.compile(r"-m ((?:helpers|tools)(?:\.\w+)+)")
DOCUMENTS = pytest.mark.parametrize("path", PAGES + PATHS, ids=lambda path: str(path.relative_to(PROJECT)))


@pytest.mark.parametrize("path", PAGES + PATHS + SOLUTIONS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_leads_somewhere_on_github_and_in_jupyterlab(path):
    for target in links(path):
        if target.startswith(("http:", "https:", "data:")):
            continue
        file, _, anchor = target.partition("#")
        where = (path.parent / file).resolve() if file else path
        assert where.exists() and where.is_relative_to(PROJECT), target
        if anchor:
            assert anchor in anchors(prose(where), where.suffix == ".ipynb"), target


def test_an_anchor_counts_only_where_both_find_it():
    page = (
        '# What it does, measured\n\n## BLEU\n\n<a id="cider"></a>\n\n## CIDEr\n\n### top-p\n\n### `greedy`'
    )
    assert anchors(page) == {"cider", "top-p", "greedy"}
    assert "BLEU" in anchors(page, notebook=True)


@DOCUMENTS
def test_modules_names_and_files_are_there(path):
    text = prose(path)
    for name in set(NAME.findall(text)):
        resolve_name(name)
    for file in set(FILE.findall(text)):
        assert (PROJECT / file).exists(), file


def mapped():
    """[(wing, starred, module's name, its file)] as the map of `helpers` lists them."""
    found = []
    for section in re.split(r"^## ", read(MAP), flags=re.M)[1:]:
        lines = re.findall(r"^- (★ )?\[(\w+)\]\((\S+\.py)\)", section, re.M)
        found += [(section.split()[0], bool(star), name, file) for star, name, file in lines]
    return found


def test_the_map_names_every_module_once_and_nothing_else():
    files = {path.relative_to(HELPERS).as_posix() for path in modules(HELPERS)}
    there = {file for file in files if not file.endswith("__init__.py")}
    named = [file for *_, file in mapped()]
    assert set(named) ^ there == set() and len(named) == len(there)


def test_the_map_is_in_order_and_stars_what_is_taught():
    for wing, star, name, file in mapped():
        assert file in (f"{wing}/{name}.py", f"{name}.py") and star == (file in STARRED)
    order = [(WINGS.index(wing), not star) for wing, star, _, file in mapped() if "/" in file]
    assert order == sorted(order)
    read_first = re.findall(r"^\d+\. \[\w+\]\((\S+\.py)\)", read(MAP), re.M)
    assert len(set(read_first)) == len(read_first) == 10 and set(read_first) <= STARRED


def test_what_is_taught_can_be_read():
    lines = {file: len(read(HELPERS / file).splitlines()) for file in sorted(STARRED)}
    assert sum(lines.values()) <= 2_500, lines


def printed_commands():
    """Every module of ours that a document, a notebook, the Makefile or a docstring runs with `-m`."""
    sources = [*PAGES, *PATHS, PROJECT / "Makefile"]
    for folder in ("helpers", "tools", "benchmarks"):
        sources += modules(PROJECT / folder)
    return sorted({name for path in sources for name in COMMAND.findall(read(path))})


@pytest.mark.parametrize("module", printed_commands())
def test_every_command_that_is_printed_can_be_asked_for_help(module):
    command = [sys.executable, "-X", "importtime", "-m", module, "--help"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.startswith("usage: "), done.stderr
    imported = set(re.findall(r"\| +(\w+)$", done.stderr, re.M))
    assert "argparse" in imported
    assert not imported & {"torch", "sklearn", "scipy", "matplotlib", "nbformat"}, "these take seconds"
