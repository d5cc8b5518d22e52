"""What the tests of the documents share: which pages there are, and how to read one."""

import re

import nbformat

from helpers.base.files import NOTEBOOKS, PROJECT

HELPERS = PROJECT / "helpers"
README, KOREAN = PROJECT / "README.md", PROJECT / "README.ko.md"
MAP = HELPERS / "README.md"
PAGES = [
    README,
    KOREAN,
    PROJECT / "CONTRIBUTING.md",
    MAP,
    PROJECT / "benchmarks" / "README.md",
    *sorted(NOTEBOOKS.glob("*.md")),
    NOTEBOOKS / "solutions" / "README.md",
]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def read(path):
    return path.read_text(encoding="utf-8")


def prose(path):
    """The Markdown of a page, or of a notebook's cells."""
    if path.suffix == ".md":
        return read(path)
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def headings(text):
    return re.findall(r"^#+ (.+)$", text, re.M)


def anchors(text):
    """The names that headings can be linked with, as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(text)}
