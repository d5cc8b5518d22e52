"""The explorers where readers meet them: in JupyterLab, in a real browser, in a light and in a dark theme."""

import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import ipywidgets
import nbformat
import numpy as np
import pytest
from PIL import Image

from helpers.base.files import PROJECT

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
CELLS = {
    "setup": """
import numpy as np, torch
from helpers.tell import course
from helpers.data import datasets
from helpers.look.live import LiveTraining
from helpers.look.word_explorers import beam_explorer, sampling_explorer, upload_explorer, vocabulary_explorer
from helpers.look.stepper import caption_stepper
from helpers.look.explorers import compare_explorer, group_explorer, map_explorer
from helpers.look.picture_explorers import data_explorer, encoder_explorer
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.tell.decoder import Decoder
from helpers.show.features import load_features
from helpers.scenes.catalogue import CLASSES
from helpers.scenes.drawn_set import draw_scenes
from helpers.tell.training import Settings, train
from helpers.data.vocabulary import count_words
folder = draw_scenes("drawn", sizes={"train": 40, "val": 8, "test": 1})
pictures, val = datasets.load(folder, "train"), datasets.load(folder, "val")
captioner = Captioner.load(SHIPPED, device="cpu")
encoder, transform, vocabulary = captioner.encoder, captioner.transform, captioner.vocabulary
images = [record.image for record in pictures]
captions = captioner.caption(images)
clusters = cluster_captions(captions, 4)
classifier = torch.nn.Sequential(encoder.cnn, torch.nn.Linear(encoder.feature_dim, len(CLASSES)))
counts = count_words(caption for group in pictures.captions for caption in group)
""",
    "data": "data_explorer(pictures, captioner)",
    "vocabulary": "vocabulary_explorer(counts, pictures.captions[0])",
    "encoder": "encoder_explorer(pictures, encoder, transform, classifier, CLASSES)",
    "stepper": "caption_stepper(captioner, images[0])",
    "beam": "beam_explorer(captioner, images[0])",
    "sampling": "sampling_explorer(captioner, images[0])",
    "upload": "upload_explorer(captioner, clusters)",
    "map": "map_explorer(clusters, images)",
    "group": "group_explorer(captions, images, start=4, per_group=4)",
    "compare": """
compare_explorer({'words': clusters, 'pixels': cluster_vectors(np.eye(4)[np.arange(40) % 4], 4)})
""",
    "training": """
features = [load_features(encoder, part, transform) for part in (pictures, val)]
torch.manual_seed(0)
decoder = Decoder(len(vocabulary), encoder.embedding_dim, 64)
live = LiveTraining(val, features[1], encoder, decoder, vocabulary, n=2)
history = train(encoder, decoder, vocabulary, (features[0], pictures.captions), (features[1], val.captions),
    Settings(epochs=99, patience=99, batch_size=16), folder="run", on_epoch=live, on_batch=live.batch)
print(f"{len(history)} epochs")
""",
}

SETTINGS = {  # JupyterLab takes cells that are out of sight out of the page, and asks whether we want news
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}

# Texts that are hard to read: what they say, and their contrast with what is behind them (WCAG 2).
PALE = """() => {
    const light = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(x => x / 255)
            .map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = node => {
        const colour = getComputedStyle(node).backgroundColor;
        return /^rgba\\(.*, 0\\)$/.test(colour) && node.parentElement ? ground(node.parentElement) : colour;
    };
    const pale = [];
    for (const node of document.querySelectorAll(".sts *")) {
        const text = [...node.childNodes].filter(n => n.nodeType == 3).map(n => n.data.trim()).join("");
        if (!text || node.tagName == "STYLE") continue;
        const style = getComputedStyle(node), svg = node instanceof SVGElement;
        const [a, b] = [light(svg ? style.fill : style.color), light(ground(node))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) pale.push([text, contrast]);
    }
    return pale;
}"""

# Which points nothing else covers.
FREE = """() => [...document.querySelectorAll("label[for^=map-]")].map((label, i) => {
    const box = label.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return hit === label ? i : -1;
}).filter(i => i >= 0)"""


def write_notebook(folder: Path) -> None:
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "play.ipynb")
    for name, content in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(content)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a notebook with all explorers in a JupyterLab of its own."""
    for needed in ("jupyterlab", "playwright"):
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    if ipywidgets.__version__.startswith("7."):
        pytest.skip("JupyterLab 4 shows the controls of ipywidgets 8")
    if BROWSER is None:
        pytest.skip("there is no Chromium or Chrome here")
    folder = tmp_path_factory.mktemp("lab")
    write_notebook(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [str(folder / "play.ipynb"), "--no-browser", "--allow-root", f"--port={port}"]
    options += [f"--ServerApp.root_dir={folder}"]
    options += ["--IdentityProvider.token=", "--LabApp.news_url=", "--ServerApp.port_retries=0"]
    options += ["--LabApp.expose_app_in_browser=True", f"--LabApp.user_settings_dir={folder / 'settings'}"]
    options += [f"--LabApp.workspaces_dir={folder / 'workspaces'}"]  # else it opens what you had open last
    with pytest.MonkeyPatch.context() as patch, (folder / "lab.log").open("w") as log:
        for name in ("SHOW_TELL_SORT_HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / name.lower()))
        command = [sys.executable, "-m", "tools.lab", *options]  # what make lab does
        server = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
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


@pytest.fixture(scope="module")
def page(lab):
    """The notebook in a browser, with all cells but the last run; what goes wrong there is in `.errors`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(60_000)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda it: heard(page, it))
        page.goto(lab)
        page.get_by_text("| Idle").wait_for()
        page.locator(".jp-Notebook .jp-InputPrompt").first.click()
        for _ in list(CELLS)[:-1]:
            page.keyboard.press("Shift+Enter")
        cell(page, "compare").locator("svg[role=img]").nth(1).wait_for(timeout=240_000)  # imports may be cold
        yield page
        browser.close()


def heard(page, message):
    """Keep what the browser's console says is an error, with the address it is about."""
    if message.type == "error":
        page.errors.append(f"{message.text} {message.location['url']}")


def cell(page, name):
    return page.locator(".jp-Notebook .jp-CodeCell").nth(list(CELLS).index(name))


def handle(page, name, slider):
    return cell(page, name).locator(".widget-slider", has_text=slider).locator(".noUi-handle")


def becomes(locator, text):
    """Wait until `text` (a pattern) is in what `locator` says."""
    from playwright.sync_api import expect

    expect(locator).to_contain_text(re.compile(text), timeout=60_000)


@pytest.mark.timeout(420)
def test_pictures_are_found_by_typing_and_by_the_arrow_keys(page):
    data = cell(page, "data")
    becomes(data.locator(".sts"), "40 of 40 pictures")
    first = data.locator(".sts img").get_attribute("alt")
    handle(page, "data", "picture").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([node, alt]) => node.isConnected == false || node.alt != alt",
        arg=[data.locator(".sts img").element_handle(), first],
    )
    data.get_by_placeholder("dog").fill("a")
    becomes(data.locator("mark").first, "^[Aa]")
    data.get_by_placeholder("dog").fill("zzz")
    becomes(data.locator(".sts"), "No caption everywhere has 'zzz'")
    data.get_by_placeholder("dog").fill("")
    place = data.locator("select").first
    place.select_option(index=1)
    becomes(data.locator(".sts"), rf"\d+ of 40 .*{place.locator('option').nth(1).inner_text()}")
    becomes(data.locator(".sts"), "The machine says")


def test_the_threshold_marks_words(page):
    vocabulary = cell(page, "vocabulary")
    before = vocabulary.locator("li mark").count()
    handle(page, "vocabulary", "threshold").focus()
    page.keyboard.press("End")
    page.wait_for_function(
        "([root, n]) => root.querySelectorAll('li mark').length > n",
        arg=[vocabulary.element_handle(), before],
    )


def test_the_encoder_follows_slider_and_buttons(page):
    encoder = cell(page, "encoder")
    becomes(encoder.locator(".sts"), "channels of layer 1")
    assert "16" not in encoder.locator("h4").nth(2).inner_text()
    handle(page, "encoder", "layer").focus()
    page.keyboard.press("End")
    becomes(encoder.locator(".sts"), "channels of layer 5")
    nearest = encoder.locator(".row img").first.get_attribute("alt")
    encoder.get_by_role("button", name="go to 1").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "([root, alt]) => root.querySelector('.sts .side img').alt == alt",
        arg=[encoder.element_handle(), nearest],
    )


def test_a_word_is_clicked_another_typed_and_the_rest_said(page):
    stepper = cell(page, "stepper")
    said = stepper.locator("p b").first
    words = stepper.locator("button.jupyter-button")
    second = words.nth(1).inner_text()
    words.nth(1).click()
    becomes(said, f"^{second} …$")
    typed = stepper.get_by_placeholder("other words")
    typed.fill("Zebra")
    page.keyboard.press("Enter")
    becomes(stepper.get_by_role("status"), "never learnt the word 'zebra'")
    typed.fill("Dog")
    page.keyboard.press("Enter")
    becomes(said, f"^{second} dog …$")
    becomes(stepper.locator(".strips"), f"START{second}dog")
    stepper.get_by_role("button", name="Back a word").focus()
    page.keyboard.press("Enter")
    becomes(said, f"^{second} …$")
    stepper.get_by_role("button", name="Let it go on").click()
    becomes(said, f"^{second} .* END$")
    assert words.first.is_disabled()


def test_beams_and_dice(page):
    from playwright.sync_api import expect

    beam, sampling = cell(page, "beam"), cell(page, "sampling")
    expect(beam.locator("tbody tr")).to_have_count(3, timeout=60_000)  # it has been drawn
    three = beam.locator("svg path").count()
    handle(page, "beam", "beam width").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([root, n]) => root.querySelectorAll('svg path').length > n", arg=[beam.element_handle(), three]
    )
    becomes(beam.locator("tbody"), "-")
    expect(beam.locator("tbody tr")).to_have_count(4, timeout=60_000)
    handle(page, "sampling", "temperature").focus()
    page.keyboard.press("Home")
    becomes(sampling.locator(".sts"), "[1-3] different captions of 8")


def test_a_picture_of_ones_own(page, tmp_path):
    upload = cell(page, "upload")
    picture, notes = tmp_path / "mine.png", tmp_path / "notes.txt"
    Image.new("RGB", (120, 90), (240, 220, 150)).save(picture)
    notes.write_text("no picture")
    for path, answer in ((notes, "notes.txt cannot be read"), (picture, "It would join the group")):
        with page.expect_file_chooser() as chooser:
            upload.get_by_role("button", name="Your picture").click()
        chooser.value.set_files(path)
        becomes(upload.locator(".sts"), answer)
    assert upload.locator(".bars tr").count() > 2


def test_a_large_photograph_comes_through_and_is_read_from_its_path(page, tmp_path):
    """Jupyter by itself would drop its line to the kernel, without a word."""
    from playwright.sync_api import expect

    upload, area = cell(page, "upload"), cell(page, "upload").locator(".sts")
    large, small = tmp_path / "large.jpg", tmp_path / "small.png"
    noise = np.random.default_rng(0).integers(0, 256, (2_000, 3_000, 3), dtype=np.uint8)
    Image.fromarray(noise).save(large, quality=98, subsampling=0)
    assert large.stat().st_size > 12_000_000
    Image.new("RGB", (120, 90), "green").save(small)
    with page.expect_file_chooser() as chooser:
        upload.get_by_role("button", name="Your picture").click()
    chooser.value.set_files(large)
    expect(area.locator("img")).to_have_attribute("height", "213", timeout=60_000)
    becomes(area, r"too large to be uploaded here \(256 MB\)")
    path = upload.get_by_placeholder("photo")
    path.fill(str(small))
    path.press("Enter")
    expect(area.locator("img")).to_have_attribute("height", "240", timeout=60_000)
    path.fill(str(tmp_path / "none.png"))
    path.press("Enter")
    becomes(area, "There is no file .*none.png")


def test_points_of_the_map_by_mouse_and_by_arrow_keys(page):
    plane = cell(page, "map")
    plane.scroll_into_view_if_needed()
    free = page.evaluate(FREE)
    assert len(free) >= 25, "most of the 40 points can be clicked"
    points, card = plane.locator("input[type=radio]"), plane.locator("figure:visible")

    def shown():
        assert card.count() == 1
        return card.locator("p").first.inner_text()

    plane.locator("label[for^=map-]").nth(free[6]).click()
    assert shown() == points.nth(free[6]).get_attribute("aria-label")
    assert re.match(r"[\w ,]+: it says ", card.locator("p").nth(1).inner_text())
    assert card.locator("img").evaluate("image => image.naturalWidth") > 0
    points.nth(free[6]).focus()
    for key, i in (("ArrowRight", 7), ("ArrowDown", 8), ("ArrowLeft", 7)):
        page.keyboard.press(key)
        at = free[6] + i - 6
        assert points.nth(at).is_checked() and shown() == points.nth(at).get_attribute("aria-label")
    assert page.evaluate("document.activeElement.type") == "radio", "JupyterLab keeps its hands off"


def test_groups_follow_k_and_ways_the_choice(page):
    group, compare = cell(page, "group"), cell(page, "compare")
    handle(page, "group", "k").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "root => root.querySelectorAll('svg .name').length == 3", arg=group.element_handle()
    )
    assert group.locator("tr").count() == 3
    becomes(compare.locator("h4").nth(1), "pixels: 4 groups; ARI with the left -?0")
    compare.locator("select").nth(1).select_option("words")
    becomes(compare.locator("h4").nth(1), "words: 4 groups; ARI with the left 1.00")


def test_a_click_stops_the_training_while_the_cell_runs(page):
    training = cell(page, "training")
    training.locator(".jp-InputPrompt").click()
    page.keyboard.press("Shift+Enter")
    becomes(training.locator(".sts"), "epoch [2-9]")
    training.get_by_role("button", name="Stop, keep the best").click()
    becomes(training, r"Stopped in epoch \d+. The best epoch so far is kept.")
    becomes(training, r"\d+ epochs")
    becomes(training.locator("button.jupyter-button"), "Training is over")


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_every_text_is_readable_in_the_theme(page, theme, tmp_path):
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function("dark => document.body.dataset.jpThemeLight == String(!dark)", arg="Dark" in theme)
    time.sleep(0.5)
    assert page.locator(".sts").count() >= 10
    assert page.evaluate(PALE) == []
    for name in list(CELLS)[1:]:
        cell(page, name).screenshot(path=tmp_path / f"{name}.png")


def test_every_picture_says_what_it_shows_and_nothing_went_wrong(page):
    assert (
        page.locator(".sts img").count() > 50
        and page.locator(".sts img:not([alt]), .sts img[alt='']").count() == 0
    )
    assert page.locator("svg[role=img]:not([aria-label])").count() == 0
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.errors == []
