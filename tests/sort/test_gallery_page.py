"""The gallery in a real browser: it opens from disk, and is used with mouse, keyboard and on a phone."""

import shutil

import numpy as np
import pytest
from PIL import Image

from helpers.sort.albums import sort_photos

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
FLAGS += " --disable-component-update --disable-sync"
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
NASTY = "<img src=x onerror=alert(1)> & a boat"
SCENES = {
    "dog": [
        "a dog runs on the beach",
        "two dogs lie in the sand of a beach",
        "a puppy and a dog at the beach",
    ],
    "bus": ["a red bus on a street", "a bus waits in the street", "a street with cars and a bus"],
    "boat": ["a boat in the harbour", "boats lie in the harbour", NASTY],
}


class Reader:
    """Says in turn what stands above."""

    def caption(self, pictures, beam_width):
        texts = [text for group in SCENES.values() for text in group]
        return [texts[i % len(texts)] for i in range(len(pictures))]


@pytest.fixture(scope="module")
def albums(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery") / "Our holidays"
    folder.mkdir()
    dice = np.random.default_rng(0)
    for i in range(90):
        pixels = dice.integers(0, 256, (3, 4, 3), dtype=np.uint8)
        picture = Image.fromarray(pixels).resize((200, 150 + i), Image.Resampling.BICUBIC)
        picture.save(folder / f"IMG {i:02} #1?.jpg")
    (folder / "torn.jpg").write_bytes(b"torn")
    return sort_photos(folder, Reader(), folder.parent / "albums", k=3)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("there is no Chromium or Chrome here")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=BROWSER, args=FLAGS.split())
        yield started
        started.close()


@pytest.fixture(params=SIZES)
def page(browser, albums, request):
    """The open page; afterwards no error may have been logged, and nothing asked from the network."""
    width, height = SIZES[request.param]
    page, trouble = browser.new_page(viewport={"width": width, "height": height}), []
    page.set_default_timeout(10_000)
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("requestfailed", lambda sent: None if "ABORTED" in sent.failure else trouble.append(sent.url))
    page.on(
        "request", lambda sent: trouble.append(sent.url) if sent.url[:5] not in ("file:", "data:") else None
    )
    page.on("dialog", lambda alert: trouble.append(alert.message))
    page.goto(albums.gallery.as_uri())
    yield page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is too wide"
    page.close()
    assert trouble == []


def shots(page):
    return page.locator("#grid .shot img")


def test_albums_open_with_their_photos(page, albums):
    assert page.locator("h1").inner_text() == "Our holidays"
    assert "90 photos in 3 albums" in page.locator("header p").inner_text()
    assert page.locator("#grid .name b").all_inner_texts() == albums.names
    page.locator("#grid a").nth(1).click()
    name = albums.names[1]
    assert page.locator("#heading").inner_text() == name and page.url.endswith("#album-1")
    assert shots(page).count() == len(albums.members[name])
    assert shots(page).first.get_attribute("alt") == albums.members[name][0].caption
    first = shots(page).first
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=first.element_handle())
    page.go_back()
    assert page.locator("#grid .name b").all_inner_texts() == albums.names
    assert "1 photo could not be read" in page.locator("#skipped").inner_text()


def test_search_finds_the_beginnings_of_words_in_any_order(page, albums):
    page.locator("#search").fill("BEACH dog")
    dogs = sum("dog" in photo.caption for photo in albums.photos)
    assert page.locator("#status").inner_text() == f"{dogs} photos" and shots(page).count() == dogs
    page.locator("#search").fill("each")
    assert page.locator("#status").inner_text() == "No caption says that."
    page.locator("#search").fill("<img")
    assert shots(page).first.get_attribute("alt") == NASTY
    page.locator("#search").fill("a")
    assert shots(page).count() == 60, "the rest comes when it is scrolled to"
    page.locator("#end").scroll_into_view_if_needed()
    found = sum(" a" in f" {photo.caption}" for photo in albums.photos)
    assert page.locator("#status").inner_text() == f"{found} photos" and found > 60
    page.wait_for_function("n => document.querySelectorAll('#grid .shot img').length === n", arg=found)
    page.locator("#words a").click()
    assert page.locator("#heading").inner_text() == "Albums" and page.locator("#search").input_value() == ""


def test_a_photo_opens_large_and_one_pages_through_by_keyboard(page, albums):
    page.keyboard.press("/")
    page.keyboard.type("harbour")
    alts = shots(page).evaluate_all("images => images.map((image) => image.alt)")
    shots(page).first.click()
    big = page.locator("#big")
    assert big.get_attribute("alt") == alts[0]
    page.wait_for_function("big.complete && big.naturalWidth === 200")  # the file itself, by its odd name
    assert page.locator("#previous").is_disabled() and page.locator("#like a").count() == 6
    pictures = [photo for members in albums.members.values() for photo in members]
    at = int(page.url.rpartition("-")[2])
    assert page.locator("#name").inner_text() == pictures[at].name
    page.keyboard.press("ArrowRight")
    page.wait_for_function("alt => big.alt === alt", arg=alts[1])
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("alt => big.alt === alt", arg=alts[0])
    page.keyboard.press("Escape")
    page.wait_for_function("!photo.open")
    assert page.locator("#status").inner_text() == f"{len(alts)} photos", "we are back where we were"
    shots(page).first.click()
    page.locator("#album").click()
    page.wait_for_function("!photo.open")
    assert page.locator("#heading").inner_text() in albums.names
    assert page.evaluate("document.activeElement.id") == "heading"


def test_the_keyboard_alone_reaches_an_album(page, albums):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#grid a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash === '#album-0'")
    assert page.locator("#heading").inner_text() == albums.names[0]


def test_the_map_opens_the_photo_that_is_clicked(page, albums):
    pictures = [photo for members in albums.members.values() for photo in members]
    photo = albums.members[albums.names[2]][4]
    page.wait_for_function("width > 1")  # the map has been drawn
    spot = page.evaluate("i => toScreen(data.places[i])", pictures.index(photo))
    page.locator("#map").click(position={"x": spot[0], "y": spot[1]})
    page.wait_for_function("photo.open")
    assert page.locator("#big").get_attribute("alt") == photo.caption
    page.go_back()
    page.wait_for_function("!photo.open")


PINCH = """() => {
    const finger = (kind, id, x) => map.dispatchEvent(new PointerEvent(kind, {
        pointerId: id, pointerType: "touch", clientX: x, clientY: 300, bubbles: true,
    }));
    finger("pointerdown", 7, 300), finger("pointerdown", 8, 400);
    finger("pointermove", 8, 500), finger("pointerup", 8, 500), finger("pointerup", 7, 300);
}"""


def test_on_a_tablet_a_finger_looks_first_and_opens_then(browser, albums):
    page = browser.new_page(viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True)
    page.set_default_timeout(10_000)
    page.goto(albums.gallery.as_uri())
    page.wait_for_function("width > 1")
    spots = page.evaluate("data.places.map(toScreen)")
    box = page.locator("#map").bounding_box()
    across, down = (max(values) - min(values) for values in zip(*spots, strict=True))
    assert box["height"] > 380 and across > 0.7 * box["width"] and down > 0.7 * box["height"]
    page.touchscreen.tap(box["x"] + spots[40][0], box["y"] + spots[40][1])
    page.locator("#tip img").wait_for()
    assert not page.evaluate("photo.open"), "a finger cannot hover"
    said = page.locator("#tip").inner_text().strip()
    page.locator("#tip").tap()
    page.wait_for_function("photo.open")
    assert page.locator("#big").get_attribute("alt") == said
    page.go_back()
    page.wait_for_function("!photo.open")
    page.evaluate(PINCH)
    assert page.evaluate("looking.scale") == pytest.approx(2)
    assert page.evaluate("fingers.size") == 0
    page.close()


def test_the_map_is_walked_by_keyboard(page):
    page.locator("#map").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "+", "ArrowLeft"):
        page.keyboard.press(key)
    said = page.locator("#tip").inner_text().strip()
    assert said in {text for group in SCENES.values() for text in group}
    page.keyboard.press("Enter")
    page.wait_for_function("photo.open")
    assert page.locator("#big").get_attribute("alt") == said


@pytest.mark.parametrize("night", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser, albums, night):
    """WCAG 2.1 AA: a contrast of 4.5 for ink, soft ink and accent on page and card."""
    page = browser.new_page(color_scheme=night)
    page.goto(albums.gallery.as_uri())
    read = "name => getComputedStyle(document.body).getPropertyValue('--' + name)"
    colours = {name: page.evaluate(read, name).strip() for name in ("ink", "soft", "accent", "paper", "card")}
    page.close()
    for ink in ("ink", "soft", "accent"):
        for ground in ("paper", "card"):
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    rgb = np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255
    return np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
