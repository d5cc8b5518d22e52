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
SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("[0-9]*.ipynb"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
IN_HTML = re.compile(r"<(?:a|img|source)\b[^>]*\b(?:href|src|srcset)=[\"']([^\"'\s]+)")


def modules(folder):
    """The Python files in a folder, without the copies that JupyterLab leaves of those opened in it."""
    return sorted(path for path in folder.rglob("*.py") if ".ipynb_checkpoints" not in path.parts)


def read(path):
    return path.read_text(encoding="utf-8")


def prose(path):
    """The Markdown of a page, or of a notebook's cells."""
    if path.suffix == ".md":
        return read(path)
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def links(path):
    """All that a page or notebook links to, what its cells show as Markdown among it."""
    text = prose(path)
    if path.suffix != ".md":
        cells = nbformat.read(path, as_version=4).cells
        shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
        text += "\n".join(data.get("text/markdown", "") for data in shown)
    return LINK.findall(text) + IN_HTML.findall(text)


def headings(text):
    return re.findall(r"^#+ (.+)$", text, re.M)


def anchors(text, notebook=False):
    """The names that places of a page can be linked with, on GitHub and in JupyterLab alike.

    GitHub makes them of a page's headings, in small letters and without points; JupyterLab leaves letters as
    they are, and of a notebook GitHub does so, too. Both find <a id="…"></a>.
    """
    plain = [re.sub(r"[`*]", "", heading) for heading in headings(text)]
    github = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}
    jupyter = {heading.replace(" ", "-") for heading in plain if heading.isascii()}
    return {*re.findall(r'<a id="([^"]+)">', text), *(jupyter if notebook else github & jupyter)}
