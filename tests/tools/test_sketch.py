import io

import pytest
from matplotlib.patches import FancyBboxPatch
from PIL import Image

from helpers.look.style import BLUE, new_sheet
from tools import sketch

pytestmark = pytest.mark.filterwarnings("error")


def test_marks_leave_the_sheet_in_inches_and_can_be_drawn():
    figure, ax = new_sheet(4, 3)
    sketch.panel(ax, 0.1, 0.1, 3, 2, "Show", "what it does", BLUE)
    sketch.box(ax, 1, 1, 0.02, 0.3, "thin", BLUE)
    sketch.photo(ax, Image.new("L", (30, 90)), 2, 2, 1, 0.5)
    sketch.arrow(ax, (0, 0), (1, 1), bend=0.2)
    sketch.feed_back(ax, (0, 2), (2, 1))
    sketch.vector(ax, 3, 1, BLUE)
    sketch.points(ax, 1, 1, 1, 1, ("red", "green", "blue"))
    figure.savefig(io.BytesIO())
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 4), (0, 3))


def test_a_box_is_centred_where_it_is_put():
    _, ax = new_sheet(4, 3)
    sketch.box(ax, 2, 1, 1, 0.5)
    (patch,) = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert (patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()) == (1.5, 0.75, 1, 0.5)


def test_a_photo_is_cropped_and_not_squeezed():
    _, ax = new_sheet(4, 3)
    sketch.photo(ax, Image.new("RGB", (400, 100)), 2, 1, 1, 1)
    height, width = ax.images[0].get_array().shape[:2]
    assert height == width


def test_a_cuboid_says_where_it_ends():
    _, ax = new_sheet(4, 3)
    end = sketch.cuboid(ax, 1, 1, 0.5, 1, BLUE)
    assert end == pytest.approx(max(patch.get_xy()[:, 0].max() for patch in ax.patches))
