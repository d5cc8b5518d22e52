"""What the tests of sorting share."""

import pytest
from small_world import paint


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "My photos"
    paint(folder / "bus.png", "red")
    paint(folder / "2023" / "bus.png", "red", (900, 300))
    paint(folder / "2024" / "Bus.PNG", "red")
    paint(folder / "2023" / "cow #1 & co.png", (0, 200, 0))
    paint(folder / "cow.jpg", (0, 200, 0))
    paint(folder / "boat ü.png", "blue")
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.jpg").write_bytes(b"no picture either")
    return folder
