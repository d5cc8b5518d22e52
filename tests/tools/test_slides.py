"""The slides: they show what the notebooks show, and are used with keys, on a phone and on paper."""

import re
import shutil

import nbformat
import pytest

from tools import slides
from tools.walkthrough import NOTEBOOKS

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
FLAGS += " --disable-component-update --disable-sync"
PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def cell(source, *outputs):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs))


def figure():
    return nbformat.v4.new_output("display_data", data={"image/png": PNG})


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
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    figures = sum("image/png" in output.get("data", {}) for output in outputs)
    page = slides.page(made)
    assert page.count("<figure>") == figures >= 3
    assert page.count("<section ") == len(made) > figures
    assert len(re.findall('alt="Figure: [^"]{9}', page)) == figures
    assert not re.findall(r"""(?:src|href)=["'](?!data:)[^"']*""", re.sub('<a href="https:[^>]*>', "", page))
    assert r"$\log" not in page and "<p></p>" not in page


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A deck with formulas, open in a browser; afterwards nothing may have gone wrong."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("there is no Chromium or Chrome here")
    folder, trouble = tmp_path_factory.mktemp("slides"), []
    slides.main(["03_decoder", "--out", str(folder)])
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=FLAGS.split())
        page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
        page.set_default_timeout(10_000)
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda r: trouble.append(r.url) if r.url[:5] not in ("file:", "data:") else None)
        page.goto((folder / "03_decoder.html").as_uri())
        yield page
        browser.close()
    assert trouble == []


def on_screen(page):
    return page.evaluate("slides.findIndex((s) => Math.abs(s.getBoundingClientRect().top) < 2)")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
    return on_screen(page)


def test_keys_turn_the_slides(page):
    last = page.locator("section").count() - 1
    assert press(page, "ArrowRight") == 1 and press(page, "Space", "PageDown") == 3
    assert page.locator("#place").inner_text() == f"4 / {last + 1}" and page.url.endswith("#s4")
    assert press(page, "ArrowLeft") == 2 and press(page, "Shift+Space") == 1
    assert press(page, "End") == last and press(page, "ArrowDown") == last
    assert press(page, "Home") == 0 and press(page, "ArrowUp") == 0
    page.locator("#on").click()
    assert on_screen(page) == 1


def test_s_opens_the_notes_and_closes_them(page):
    press(page, "Home", "ArrowRight", "s")
    notes = page.locator("section").nth(1).locator("details")
    assert notes.locator("p").first.is_visible() and on_screen(page) == 1
    press(page, "s")
    assert not notes.locator("p").first.is_visible()


def test_it_is_read_on_a_phone_and_printed(page, tmp_path):
    sizes = page.locator("figure img").evaluate_all(
        "images => images.map((i) => i.getBoundingClientRect().height)"
    )
    assert min(sizes) > 300 and max(sizes) < 500, "figures fill the slide"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is too wide"
    pdf = page.pdf(prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type /Page\b", pdf))
    assert pages == page.locator("section").count()
