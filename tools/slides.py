"""Slides from the notebooks: `make slides` writes one page for each, which needs no network and no server.

A slide is a figure that a notebook shows, under its section's heading, with one line of the prose before it;
all of the prose are the speaker's notes (key S). Where a section has no figure, its code is the point, and is
shown if it is short. So the slides say what the notebooks say, and never anything else.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import base64
import io
import re
import sys
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path
from string import Template

import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from helpers.base.commands import command_parser
from helpers.base.errors import run_command
from helpers.base.files import NOTEBOOKS, PROJECT
from tools.prose import plain

ASSETS = Path(__file__).parent / "assets"
LINES = 8  # of code on a slide, at most
LENGTH = 130  # letters of the one line, if its first sentence is not longer
SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z*`“\"(])")
WITHOUT = ("Further reading",)  # sections that make no slide
to_html = mistune.create_markdown(escape=True, plugins=["table", "math"])


@dataclass
class Slide:
    """What the audience sees, and in `notes` (Markdown) what the speaker reads."""

    heading: str
    line: str = ""  # Markdown
    body: str = ""  # HTML
    notes: list[str] = field(default_factory=list)


@dataclass
class Section:
    """A heading with what stands beneath it: prose as str, code as cells."""

    level: int
    heading: str
    items: list


def sections(notebook) -> list[Section]:
    """A notebook's sections in order; the first has level 1 and the notebook's title."""
    found = [Section(1, "", [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found[-1].items.append(cell)
            continue
        for part in re.split(r"^(?=#{1,3} )", plain(cell.source), flags=re.M):
            first, _, rest = part.partition("\n")
            if first.startswith("#"):
                marks, _, heading = first.partition(" ")
                found.append(Section(len(marks), heading, []))
            if text := (rest if first.startswith("#") else part).strip():
                found[-1].items.append(text)
    return [section for section in found if section.heading]


def one_line(prose: list[str]) -> str:
    """The first sentence of the last passage, and those after it that fit on the line as well."""
    paragraphs = re.split(r"\n\s*\n", prose[-1]) if prose else []
    plain = [text for text in paragraphs if not re.match(r"[|$\-#]|\d+\. |\[!\[", text)]
    line, *others = SENTENCES.split(plain[0].replace("\n", " ")) if plain else [""]
    for sentence in others:
        if len(line) + len(sentence) > LENGTH:
            break
        line += f" {sentence}"
    return line


def slides_of(notebook) -> list[Slide]:
    """All slides of a notebook: its title, a slide for each figure, short code, the summary."""
    title, *others = sections(notebook)
    texts = [text for text in title.items if isinstance(text, str)]
    about = [text for text in "\n\n".join(texts).split("\n\n") if not text.startswith("[![")]
    deck = [Slide(title.heading, about[0] if about else "", notes=about[1:])]
    for section in others:
        if section.heading not in WITHOUT:
            deck += _slides_of_section(section)
    return deck


def _slides_of_section(section: Section) -> list[Slide]:
    texts = [item for item in section.items if isinstance(item, str)]
    if section.heading == "Summary":
        return [Slide(section.heading, body=html("\n\n".join(texts)))]
    if section.heading == "Exercises":
        names = re.findall(r"^\*\*\d+\.\d+\*\* \*.*?\*", "\n\n".join(texts), re.M)
        listed = "".join(f"<li>{_inline(name)}</li>" for name in names)
        body = f"<ul>{listed}</ul>" if names else ""
        return [Slide("Your turn", "The exercises wait at the end of the notebook.", body, texts)]
    deck, prose = [], []
    for item in section.items:
        if isinstance(item, str):
            prose.append(item)
            continue
        for png in _figures(item):
            more = f" · {len(deck) + 1}" if deck and not prose else ""
            line = one_line(prose)
            deck.append(Slide(section.heading + more, line, _picture(png, section.heading, line), prose))
            prose = []
    if not deck:
        return _without_figure(section)
    if prose:
        deck[-1].notes = [*deck[-1].notes, *prose]
    return deck


def _without_figure(section: Section) -> list[Slide]:
    """A slide with the first short code that prints something, else short code, else formulas."""
    texts, found = [], None
    for item in section.items:
        if isinstance(item, str):
            texts.append(item)
        elif (code := _code(item)) and (found is None or (item.outputs and not found[2])):
            found = one_line(texts), code, item.outputs
    formulas = re.findall(r"\$\$.+?\$\$", "\n".join(texts), re.S)
    line, body, _ = found or (one_line(texts[:1]), "".join(map(html, formulas)), None)
    return [Slide(section.heading, line, body, texts)] if body or texts else []


def _figures(cell) -> list[str]:
    pictures = [output.get("data", {}).get("image/png") for output in cell.outputs]
    return ["".join(png).replace("\n", "") for png in pictures if png]


def _picture(png: str, heading: str, line: str) -> str:
    alt = escape(unescape(re.sub("<[^>]+>", "", f"Figure: {heading}. {html(line)}")).strip())
    return f'<figure><img src="data:image/png;base64,{png}" alt="{alt}"></figure>'


def _code(cell) -> str:
    """A short code cell as HTML, imports left out, with the first lines of what it prints; else ""."""
    if "parameters" in cell.metadata.get("tags", []):
        return ""
    lines = [x for x in cell.source.splitlines() if x.strip() and not re.match("import |from .* import", x)]
    if not 0 < len(lines) <= LINES:
        return ""
    printed = "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)
    shown = printed.strip().splitlines()
    shown = [*shown[: LINES - 1], "…"] if len(shown) > LINES else shown
    text = escape("\n".join(shown))
    result = f'<pre class="out">{text}</pre>' if shown else ""
    return highlight("\n".join(lines), PythonLexer(), HtmlFormatter(cssclass="code")) + result


def html(markdown: str) -> str:
    """Markdown as HTML; formulas become pictures, links to other notebooks plain words."""
    text = re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", markdown)
    text = to_html(text)
    formula = r'<(span|div) class="math">(?:\\\(|\$\$)(.*?)(?:\\\)|\$\$)\s*</\1>'
    return re.sub(formula, lambda found: _formula(unescape(found[2]).strip()), text, flags=re.S)


def _formula(tex: str) -> str:
    """A formula drawn by matplotlib, as a picture with its TeX beside it for those who listen.

    What matplotlib cannot draw stays as TeX.
    """
    from matplotlib import rc_context
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import math_to_image

    drawn, known = io.BytesIO(), re.sub(r"\\[bB]igg?", "", tex)
    known = re.sub(r"\\[dt]?frac(\d)(\d)", r"\\frac{\1}{\2}", known)
    try:
        with rc_context({"savefig.transparent": True}):
            depth = math_to_image(f"${known}$", drawn, format="svg", prop=FontProperties(size=10), dpi=72)
    except ValueError:
        return f"<code>{escape(tex)}</code>"
    svg = drawn.getvalue().decode()
    height = float(re.search(r'height="([\d.]+)pt"', svg)[1])
    style = f"height:{height / 10:.2f}em;vertical-align:{-depth / 10:.2f}em"
    picture = base64.b64encode(svg.encode()).decode()
    return f'<img class="math" style="{style}" alt="{escape(tex)}" src="data:image/svg+xml;base64,{picture}">'


def page(deck: list[Slide]) -> str:
    """The whole deck as one HTML page."""
    parts = []
    for number, slide in enumerate(deck, 1):
        top = "h1" if number == 1 else "h2"
        notes = html("\n\n".join(slide.notes))
        said = f"<details><summary>Notes</summary>{notes}</details>" if notes else ""
        parts.append(
            f'<section id="s{number}" tabindex="-1" aria-label="Slide {number} of {len(deck)}">\n'
            f"<{top}>{_inline(slide.heading)}</{top}>\n"
            f'<p class="line">{_inline(slide.line)}</p>\n{slide.body}\n{said}</section>'
        )
    part = {file.name: file.read_text(encoding="utf-8") for file in ASSETS.glob("slides.*")}
    return Template(part["slides.html"]).substitute(
        title=escape(deck[0].heading),
        style=part["slides.css"],
        script=part["slides.js"],
        slides="\n".join(parts),
        count=len(deck),
    )


def _inline(markdown: str) -> str:
    return html(markdown).strip().removeprefix("<p>").removesuffix("</p>")


def main(arguments: list[str] | None = None) -> None:
    """Command line: a deck for each notebook, and index.html with links to all."""
    parser = command_parser("python -m tools.slides", __doc__, "04_training --out slides")
    parser.add_argument("notebooks", nargs="*", help="names such as 04_training; all, if none is given")
    parser.add_argument("--out", type=Path, default=PROJECT / "slides")
    chosen = parser.parse_args(arguments)
    import nbformat  # takes seconds, and --help should not wait, nor for matplotlib

    contents = []
    chosen.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        if chosen.notebooks and path.stem not in chosen.notebooks:
            continue
        deck = slides_of(nbformat.read(path, as_version=4))
        (chosen.out / f"{path.stem}.html").write_text(page(deck), encoding="utf-8")
        contents.append(f'<li><a href="{path.stem}.html">{escape(deck[0].heading)}</a></li>')
        print(f"{chosen.out / path.stem}.html: {len(deck)} slides")
    index = Slide("Show, Tell, Sort: the slides", body=f"<ul>{''.join(contents)}</ul>")
    (chosen.out / "index.html").write_text(page([index]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run_command(main, "Slides that are written stay."))
