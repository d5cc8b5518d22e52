"""The slides: they show what the notebooks show, and are used with keys, on a phone and on paper."""

import io
import re
import shutil
from base64 import b64encode
from itertools import takewhile

import nbformat
import pytest
from PIL import Image

from tools import slides
from tools.walkthrough import NOTEBOOKS

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
FLAGS += " --disable-component-update --disable-sync"
PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
LETTERS = 18  # pixels on 1280 × 720, at least
DRAWN = 10  # pixels: 8 points at the 90 dots an inch of our figures
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def cell(source, *outputs):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs))


def figure():
    return nbformat.v4.new_output("display_data", data={"image/png": PNG})


def wide(width, height):
    png = io.BytesIO()
    Image.new("L", (width, height)).save(png, "PNG")
    return nbformat.v4.new_output("display_data", data={"image/png": b64encode(png.getvalue()).decode()})


def markdown(text):
    return nbformat.v4.new_output("display_data", data={"text/markdown": text, "text/plain": "<Markdown>"})


def printed(text):
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def deck(*cells):
    cells = [nbformat.v4.new_markdown_cell(x) if isinstance(x, str) else x for x in cells]
    return slides.slides_of(nbformat.v4.new_notebook(cells=cells))


TITLE = "# 09 · Ships\n\n[![Open](https://x/badge.svg)](https://x)\n\nWhat floats?\n\n**Time:** 5 minutes"


def test_a_title_then_a_slide_for_each_figure():
    made = deck(
        TITLE,
        cell("import ships"),
        "## Sails\n\nA sail is cloth. It catches the wind, and nobody knows why it does not tear, or at "
        "least why not always, when the wind is as strong as that.",
        cell("show()", figure()),
        cell("show_more()", figure()),
        "It tore.\n\n### Masts\n\n| a | b |\n|---|---|\n\nMasts are **tall**.",
        cell("mast()", printed("x"), figure()),
        "## Further reading\n\n- Melville",
    )
    assert [slide.heading for slide in made] == ["09 · Ships", "Sails", "Sails · 2", "Masts"]
    assert [slide.line for slide in made] == ["What floats?", "A sail is cloth.", "", "Masts are **tall**."]
    assert [slide.body.count("<img") for slide in made] == [0, 1, 1, 1]
    assert made[0].notes == ["**Time:** 5 minutes"] and made[2].notes == ["It tore."]
    assert 'alt="Figure: Masts. Masts are tall."' in made[3].body


def test_code_is_shown_where_there_is_no_figure_and_only_if_it_is_short():
    long = cell("\n".join(f"a{i} = {i}" for i in range(9)), printed("long"))
    short = cell(
        "import math\n\nmath.pi < 4", nbformat.v4.new_output("execute_result", data={"text/plain": "True"})
    )
    made = deck(TITLE, "## Pi\n\nFirst.", long, "How large is it?", short, "Then.", "## Only words\n\nHear.")
    assert [slide.line for slide in made[1:]] == ["How large is it?", "Hear."]
    shown = re.sub("<[^>]+>", "", made[1].body)
    assert "math.pi &lt; 4" in shown and "True" in shown and "import" not in shown and "long" not in shown
    assert made[1].notes == ["First.", "How large is it?", "Then."]
    assert made[2].body == ""


def test_source_on_view_is_shown_if_it_is_short_and_what_can_be_played_with_is_not_printed():
    source = (
        '[a.py](../a.py), line 3:\n\n```python\ndef a():\n    """Four\n\n    or so."""\n    return 4\n```'
    )
    long = source.replace("    return", "    x = 1\n" * slides.ROWS + "    return")
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Play!"}
    play = nbformat.v4.new_output("display_data", data=view)
    made = deck(
        TITLE,
        "## Short",
        cell("show_source(a)", markdown(source)),
        "## Long\n\nRead it.",
        cell("show_source(b)", markdown(long)),
        "## Play",
        cell("explore()", play),
    )
    shown = [re.sub("<[^>]+>", "", slide.body).strip() for slide in made[1:]]
    assert shown == ["def a():\n    return 4", "", "explore()"]


def test_the_quiz_asks_and_the_notes_answer():
    asked = "**1.** Why, and\nwhy not?\n\n<details><summary>Answer</summary>\n\nBecause 1 < 2.\n\n</details>"
    _, quiz = deck(TITLE, f"## Quiz\n\nFolded.\n\n{asked}\n\n{asked.replace('1.', '2.')}")
    assert re.findall("<li>(.*?)</li>", quiz.body, re.S) == ["Why, and\nwhy not?"] * 2
    assert "Because" in quiz.notes[0] and "details" not in quiz.notes[0] and "summary" not in quiz.notes[0]


def test_what_is_for_readers_who_want_more_makes_no_slide():
    made = deck(TITLE, "## If you want more\n\n### Beams\n\nMany.", cell("show()", figure()))
    assert len(made) == 1


def test_a_tall_figure_stands_beside_the_text_and_a_wide_one_under_it():
    made = deck(TITLE, "## A", cell("a()", wide(800, 700)), "## B", cell("b()", wide(900, 300)))
    assert [slide.look for slide in made[1:]] == ["beside", ""]
    assert "--w:800;--h:700" in made[1].body


def test_the_exercises_are_named_and_none_is_given_away():
    made = deck(
        TITLE, "## Exercises\n\nType.", "**9.1** *Read a number · 3 minutes.* Let `a` be.", cell("a = ...")
    )
    assert re.findall("<li>(.*?)</li>", made[1].body) == [
        "<strong>9.1</strong> <em>Read a number · 3 minutes.</em>"
    ]


def test_what_is_printed_cannot_break_the_page():
    made = deck(
        TITLE, "## Odd\n\n<b>bold</b> & co.", cell("odd()", printed("</pre><script>alert(1)</script>\n" * 20))
    )
    page = slides.page(made)
    assert "<script>alert" not in page and "<b>bold" not in page
    assert made[1].body.count("alert(1)") == slides.LINES - 1


def test_formulas_are_pictures_that_can_be_read_aloud():
    drawn = slides.html(r"So $\log p(S_t \mid I)$ falls.")
    assert "data:image/svg+xml" in drawn and r'alt="\log p(S_t \mid I)"' in drawn
    assert "<code>\\nonsense" in slides.html(r"$\nonsense{x}$") and "<img" in slides.html(r"$\big(x\big)$")
    made = deck(TITLE, "## Sum\n\nAdd:\n\n$$a + b$$", cell("\n".join("abcdefghi")))
    assert 'alt="a + b"' in made[1].body and made[1].line == "Add:"
    assert "costs $5 and" in slides.html("It costs $5 and more.")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_notebook_becomes_slides_with_all_its_figures(path):
    notebook = nbformat.read(path, as_version=4)
    made = slides.slides_of(notebook)
    cells = list(takewhile(lambda cell: not cell.source.startswith("## If you want more"), notebook.cells))
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    figures = sum("image/png" in output.get("data", {}) for output in outputs)
    page = slides.page(made)
    assert page.count("<figure ") == figures >= 3
    assert page.count("<section ") == len(made) > figures
    assert len(re.findall('alt="Figure: [^"]{9}', page)) == figures
    assert not re.findall(r"""(?:src|href)=["'](?!data:)[^"']*""", re.sub('<a href="https:[^>]*>', "", page))
    assert r"$\log" not in page and "<p></p>" not in page


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """A folder with all decks."""
    folder = tmp_path_factory.mktemp("slides")
    slides.main(["--out", str(folder)])
    return folder


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("there is no Chromium or Chrome here")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def page(browser, decks):
    """A deck with formulas, open in a browser; afterwards nothing may have gone wrong."""
    trouble = []
    page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(30_000)
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda r: trouble.append(r.url) if r.url[:5] not in ("file:", "data:") else None)
    page.goto((decks / "03_decoder.html").as_uri())
    yield page
    page.close()
    assert trouble == []


def turned_to(page, number):
    """Wait until the slide with this number, from 0 on, fills the window and is the present one."""
    ready = "n => here === n && Math.abs(slides[n].getBoundingClientRect().top) < 2"
    page.wait_for_function(ready, arg=number)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_keys_turn_the_slides(page):
    last = page.locator("section").count() - 1
    for keys, number in (
        (["ArrowRight"], 1),
        (["Space", "PageDown"], 3),
        (["ArrowLeft"], 2),
        (["Shift+Space"], 1),
        (["End"], last),
        (["ArrowDown"], last),
        (["Home"], 0),
        (["ArrowUp"], 0),
    ):
        press(page, *keys)
        turned_to(page, number)
        assert page.locator("#place").inner_text() == f"{number + 1} / {last + 1}"
        assert page.url.endswith(f"#s{number + 1}")
    page.locator("#on").click()
    turned_to(page, 1)


def test_s_opens_the_notes_and_closes_them(page):
    press(page, "ArrowRight", "s")
    notes = page.locator("section").nth(1).locator("details")
    notes.locator("p").first.wait_for(state="visible")
    turned_to(page, 1)
    press(page, "s")
    notes.locator("p").first.wait_for(state="hidden")


def test_z_enlarges_the_figure_and_a_click_makes_it_small_again(page):
    press(page, "ArrowRight", "z")
    page.locator("section").nth(1).locator("figure.large").click()
    turned_to(page, 1)
    assert page.locator("figure.large").count() == 0
    press(page, "z", "PageDown")
    turned_to(page, 2)
    assert page.locator("figure.large").count() == 0


# Of each slide: how far down it reaches, its smallest letters, how many elements are too wide or cut off, and
# how many times as large as it was drawn its figure is when it is enlarged.
MEASURED = """() => slides.map((slide) => {
    const top = slide.getBoundingClientRect().top, figure = slide.querySelector("figure");
    const all = [...slide.querySelectorAll("*")];
    const seen = all.filter((e) => !e.closest("details[open]") && e.getClientRects().length);
    const said = seen.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
    const cut = (e) => e.matches("pre, table") && e.scrollWidth > e.clientWidth + 1;
    const boxes = seen.filter((e) => !e.closest("details")).map((e) => e.getBoundingClientRect());
    figure?.classList.add("large");
    const larger = figure ? figure.firstChild.clientWidth / figure.firstChild.naturalWidth : null;
    figure?.classList.remove("large");
    return {
        low: Math.max(...boxes.map((box) => box.bottom - top)),
        letters: Math.min(...said.map((e) => parseFloat(getComputedStyle(e).fontSize))),
        wide: boxes.filter((box) => box.right > innerWidth + 1).length + seen.filter(cut).length,
        larger,
    };
})"""


def check_slides(page):
    """On 1280 × 720 nothing overflows, and all can be read."""
    below = page.evaluate("innerHeight - document.querySelector('nav').getBoundingClientRect().top")
    nav = page.locator("nav *").evaluate_all("all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(nav) >= LETTERS
    for number, slide in enumerate(page.evaluate(MEASURED), 1):
        assert slide["low"] <= 720 - below + 1 and slide["wide"] == 0, (number, slide)
        assert slide["letters"] >= LETTERS, (number, slide)
        assert slide["larger"] is None or DRAWN * slide["larger"] >= LETTERS - 0.01, (number, slide)


@pytest.mark.parametrize("name", [*(path.stem for path in PATHS), "index"])
def test_no_slide_overflows_and_all_can_be_read_from_the_last_row(page, decks, name):
    page.goto((decks / f"{name}.html").as_uri())
    check_slides(page)


def test_much_text_gets_smaller_and_still_fits(page, tmp_path):
    question = "Why does it say that, and " + "what would it say if it could look again, " * 6 + "now?"
    asked = "".join(f"\n\n**{n}.** {question}" for n in range(1, 6))
    code = cell("\n".join(f"a = '{'long ' * 30}'" for _ in range(7)), printed("far too much\n" * 90))
    made = deck(TITLE, f"## Quiz{asked}", "## Code", code, "## Sail", cell("a()", wide(300, 900)))
    (tmp_path / "much.html").write_text(slides.page(made), encoding="utf-8")
    page.goto((tmp_path / "much.html").as_uri())
    assert page.locator("#s2.dense").count() == 1
    check_slides(page)


def test_it_is_read_on_a_phone_and_printed(page, tmp_path):
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is too wide"
    widths = page.locator("figure img").evaluate_all("images => images.map((i) => i.clientWidth)")
    assert min(widths) > 300, "figures fill the width"
    pdf = page.pdf(prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type /Page\b", pdf))
    assert pages == page.locator("section").count()
