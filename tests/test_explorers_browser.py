"""The explorers where readers meet them: in JupyterLab, in a real browser."""

import re
import shutil
import socket
import subprocess
import sys
import time

import nbformat
import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
CELLS = [
    """
import numpy as np
from PIL import Image
from helpers.clustering import cluster_captions, cluster_vectors
from helpers.explorers import compare_explorer, group_explorer, map_explorer
from helpers.scenes import scene_of
from helpers.scenes.words import captions as captions_of
captions = [captions_of(scene_of(0, "browser", i), 1)[0] for i in range(60)]
images = [Image.new("RGB", (90, 60), (60 * (i % 4), 120, 160)) for i in range(60)]
clusters = cluster_captions(captions, 4)
""",
    "map_explorer(clusters, images)",
    "group_explorer(captions, images, start=4, per_group=4)",
    "compare_explorer({'words': clusters, 'pixels': cluster_vectors(np.eye(4)[np.arange(60) % 4], 4)})",
]

# Which points nothing else covers.
FREE = """() => [...document.querySelectorAll("label[for^=map-]")].map((label, i) => {
    const box = label.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return hit === label ? i : -1;
}).filter(i => i >= 0)"""


@pytest.fixture
def lab(tmp_path):
    """The address of a notebook with all explorers in a JupyterLab of its own."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "play.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", f"--ServerApp.root_dir={tmp_path}"]
    options += ["--IdentityProvider.token=", "--LabApp.news_url=", "--ServerApp.port_retries=0"]
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], stdout=log, stderr=log)
    try:
        for _ in range(240):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/lab/tree/play.ipynb"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def page():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("there is no Chromium or Chrome here")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser.new_page(viewport={"width": 1300, "height": 3000})
        browser.close()


@pytest.mark.timeout(420)
def test_explorers_follow_clicks_and_sliders_in_jupyterlab(lab, page, tmp_path):
    page.set_default_timeout(60_000)
    page.goto(lab)
    page.get_by_text("| Idle").wait_for()
    page.locator(".jp-Notebook .jp-InputPrompt").first.click()
    for _ in CELLS:
        page.keyboard.press("Shift+Enter")

    page.locator("label[for^=map-]").first.wait_for()
    page.locator("label[for^=map-]").first.scroll_into_view_if_needed()
    free = page.evaluate(FREE)
    assert len(free) >= 45, "most of the 60 points can be clicked"
    point = page.locator("input[type=radio]").nth(free[6])
    caption = point.get_attribute("aria-label")
    page.locator("label[for^=map-]").nth(free[6]).click()
    card = page.locator("figure:visible").filter(has=page.locator("img[src^='data:image/webp']"))
    assert card.count() == 1 and card.locator("p").first.inner_text() == caption
    assert re.match(r"[\w ,]+: it says ", card.locator("p").nth(1).inner_text())
    assert card.locator("img").evaluate("image => image.naturalWidth") > 0
    page.locator("label[for^=map-]").nth(free[9]).click()
    other = page.locator("input[type=radio]").nth(free[9]).get_attribute("aria-label")
    assert card.count() == 1 and card.locator("p").first.inner_text() == other != caption

    pictures = page.locator(".widget-image")
    pictures.nth(2).wait_for()
    before = [pictures.nth(i).get_attribute("src") for i in range(3)]
    page.locator(".widget-slider [role=slider], .widget-slider .noUi-handle").first.focus()
    page.keyboard.press("ArrowLeft")
    page.locator(".widget-dropdown select").nth(1).select_option("words")
    page.wait_for_function(
        """before => { const now = [...document.querySelectorAll('.widget-image')].map(i => i.src);
        return now.length == 3 && now.every((src, i) => src != before[i]) }""",
        arg=before,
    )
    page.screenshot(path=tmp_path / "explorers.png")
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
