"""Slides from the notebooks: `make slides` writes one page for each, which needs no network and no server.

A slide is a figure that a notebook shows, as large as there is room, under its section's heading, with one
line of the prose before it; all of the prose are the speaker's notes (key S; Z enlarges the figure). Where a
section has no figure, its code is the point, and is shown if it is short. So the slides say what the
notebooks say, and never anything else; what stands under "If you want more" is for readers, and makes none.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import base64
import io
import re
import struct
import sys
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import takewhile
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
LINES = 8  # of code on a slide, at most, and of what it prints
ROWS = 15  # of both together, where long lines take several
WIDTH = 96  # letters in a row
DENSE = 700  # letters of text on a slide; where there are more, they are smaller
LENGTH = 130  # letters of the one line, if its first sentence is not longer
SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z*`“\"(])")
WITHOUT = ("Further reading",)  # sections that make no slide
END = "If you want more"  # nor does anything from here on
FOLDED = re.compile(r"</?details>|<summary>.*?</summary>")
to_html = mistune.create_markdown(escape=True, plugins=["table", "math"])


@dataclass
class Slide:
    """What the audience sees, and in `notes` (Markdown) what the speaker reads."""

    heading: str
    line: str = ""  # Markdown
    body: str = ""  # HTML
    notes: list[str] = field(default_factory=list)
    look: str = ""  # "beside": its figure stands beside the text, not under it


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
            if text := FOLDED.sub("", rest if first.startswith("#") else part).strip():
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
    for section in takewhile(lambda section: section.heading != END, others):
        if section.heading not in WITHOUT:
            deck += _slides_of_section(section)
    return deck


def _slides_of_section(section: Section) -> list[Slide]:
    texts = [item for item in section.items if isinstance(item, str)]
    if section.heading == "Summary":
        return [Slide(section.heading, body=html("\n\n".join(texts)))]
    if section.heading == "Quiz":
        asked = re.findall(r"^\*\*\d\.\*\* (.+?)(?=\n\s*\n|\Z)", "\n\n".join(texts), re.M | re.S)
        body = "".join(f"<li>{_inline(question)}</li>" for question in asked)
        return [Slide(section.heading, body=f"<ol>{body}</ol>", notes=texts)]
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
            body, look = _picture(png, section.heading, line)
            deck.append(Slide(section.heading + more, line, body, prose, look))
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


def _picture(png: str, heading: str, line: str) -> tuple[str, str]:
    """The figure as HTML that knows its own size, and where it gets larger: under the text or beside it."""
    alt = escape(unescape(re.sub("<[^>]+>", "", f"Figure: {heading}. {html(line)}")).strip())
    width, height = struct.unpack(">II", base64.b64decode(png[:32])[16:24])
    beside = min(900 / width, 640 / height) > min(1264 / width, 500 / height)  # room on 1280 × 720
    style = f"--w:{width};--h:{height}"
    figure = f'<figure style="{style}"><img src="data:image/png;base64,{png}" alt="{alt}"></figure>'
    return figure, "beside" if beside else ""


def _code(cell) -> str:
    """A short code cell as HTML, imports left out, with the first lines of what it prints; else "".

    Where a cell shows the package's own source, that is the code.
    """
    if "parameters" in cell.metadata.get("tags", []):
        return ""
    data = [output.get("data", {}) for output in cell.outputs]
    source = re.search(r"```python\n(.*?)```", "".join(one.get("text/markdown", "") for one in data), re.S)
    text = re.sub(r'^ *"""(?s:.*?)"""\n', "", source[1], count=1, flags=re.M) if source else cell.source
    lines = [x for x in text.splitlines() if x.strip() and not re.match("import |from .* import", x)]
    room = ROWS - _rows(lines)
    if not lines or room < 0 or (len(lines) > LINES and not source):
        return ""
    code = highlight("\n".join(lines), PythonLexer(), HtmlFormatter(cssclass="code"))
    return code if source else code + _printed(cell.outputs, min(room, LINES))


def _rows(lines: list[str]) -> int:
    return sum(1 + len(line) // WIDTH for line in lines)


def _printed(outputs, room: int) -> str:
    """The first rows of what a cell prints, as HTML; what can be played with prints nothing here."""
    data = [one.get("data", {}) for one in outputs]
    data = [{} if any("widget" in kind for kind in one) else one for one in data]
    texts = [o.get("text", "") or d.get("text/plain", "") for o, d in zip(outputs, data, strict=True)]
    said = "".join(texts).strip().splitlines()
    fits = [n for n in range(1, len(said) + 1) if _rows(said[:n]) + (n < len(said)) <= room]
    if not fits:
        return ""
    shown = said[: fits[-1]] + ["…"] * (fits[-1] < len(said))
    text = escape("\n".join(shown))
    return f'<pre class="out">{text}</pre>'


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
        dense = "dense" if len(re.sub("<[^>]+>", "", slide.body)) > DENSE else ""
        look = slide.look or dense or ("title" if number == 1 and not slide.body else "")
        notes, label = html("\n\n".join(slide.notes)), f"Slide {number} of {len(deck)}"
        said = f"<details><summary>Notes</summary>{notes}</details>" if notes else ""
        parts.append(
            f'<section id="s{number}" class="{look}" tabindex="-1" aria-label="{label}">\n'
            f'<header><{top}>{_inline(slide.heading)}</{top}>\n<p class="line">{_inline(slide.line)}</p>'
            f"</header>\n{slide.body}\n{said}</section>"
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
