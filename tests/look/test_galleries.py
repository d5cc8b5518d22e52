import io
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from helpers.base.errors import UserError
from helpers.look import galleries

pytestmark = pytest.mark.filterwarnings("error")


def some(n, size=(60, 40)):
    return [Image.new("RGB", size, (10 * i % 256, 100, 200)) for i in range(n)]


def rendered(figure):
    figure.savefig(io.BytesIO(), dpi=30)
    return figure


def shown(figure):
    return [ax for ax in figure.axes if ax.images]


@pytest.mark.parametrize("n", [1, 4, 5])
def test_pictures_show_all_with_wrapped_titles_beneath(n):
    titles = ["a caption that is far too long for one line and holds $5 and $6"] * n
    figure = rendered(galleries.pictures(some(n), titles))
    assert len(shown(figure)) == n
    assert shown(figure)[0].get_xlabel().replace("\n", " ") == titles[0]
    assert all(ax in shown(figure) or not ax.axison for ax in figure.axes)


def test_pictures_of_any_shape_fit_without_titles():
    assert len(shown(rendered(galleries.pictures(some(2, (30, 90)) + some(3), columns=3)))) == 5


def test_lines_of_a_title_stay_lines():
    figure = rendered(galleries.pictures(some(1), ["a dog\n\na cat"]))
    assert shown(figure)[0].get_xlabel() == "a dog\n\na cat"
    one_line = galleries.pictures(some(1), ["a dog"])
    assert figure.get_size_inches()[1] > one_line.get_size_inches()[1]


def test_pictures_on_demand_are_read_when_they_are_looked_at():
    read = []

    class Dataset(list):
        def __getitem__(self, i):
            read.append(i)
            return SimpleNamespace(image=Image.new("RGB", (i + 1, 1)))

    images = galleries.OnDemand(Dataset(range(9)))
    assert len(images) == 9 and read == []
    assert (
        images[3].width == 4 and [image.width for image in images[:3]] == [1, 2, 3] and read == [3, 0, 1, 2]
    )


def test_neighbours_stand_in_rows_behind_their_query():
    figure = rendered(galleries.neighbours(some(2), [some(3), some(3)]))
    assert len(shown(figure)) == 8
    assert figure.axes[0].get_title(loc="left") == "query"


def test_contact_sheet_rows_may_differ_in_length():
    figure = rendered(galleries.contact_sheet({"beach": some(3), "street": some(1)}))
    assert len(shown(figure)) == 4
    assert [text.get_text() for ax in figure.axes for text in ax.texts] == ["beach", "street"]


def test_feature_maps_stretch_each_channel_to_its_own_range():
    maps = np.stack([np.linspace(0, s, 16).reshape(4, 4) for s in (1, 1000)] + [np.zeros((4, 4))])
    (ax,) = rendered(galleries.feature_maps(maps, columns=2)).axes
    sheet = ax.images[0].get_array()
    assert sheet.shape == (9, 9, 4)
    assert list(sheet[3, 3]) == list(sheet[3, 8]) != list(sheet[0, 0])
    assert not sheet[4, :, 3].any(), "nothing between the maps"


def test_attention_brightens_the_place_that_was_looked_at():
    maps = [[1.0, 0, 0, 0], [0, 0, 0, 1.0], [0.25] * 4]
    figure = galleries.attention(Image.new("RGB", (80, 40), "white"), ["a", "dog", "sits"], maps)
    first, second, even = (ax.images[0].get_array() for ax in figure.axes[:3])
    assert first[5, 5].mean() > 2 * first[-5, -5].mean()
    assert second[-5, -5].mean() > 2 * second[5, 5].mean()
    assert even.min() > 200
    assert [ax.get_title(loc="center") for ax in figure.axes] == ["a", "dog", "sits"]


def test_the_words_over_pictures_can_be_read():
    """Dark letters on a ground of their own, whatever is behind and in whichever theme."""
    white, maps = Image.new("RGB", (80, 40), "white"), [[0.25] * 4] * 2
    figure = galleries.attention(white, ["$a", "$going"], maps)
    figure.draw_without_rendering()
    for ax in figure.axes[:2]:
        word = ax.title
        ground = word.get_bbox_patch()
        assert ground.get_alpha() in (None, 1) and word.get_fontsize() >= 12
        assert np.mean(ground.get_facecolor()[:3]) - np.mean(to_rgb(word.get_color())) > 0.7
        assert not ground.get_window_extent().overlaps(ax.get_window_extent())


def test_none_and_one_can_be_drawn():
    one = some(1)
    for figure in (
        galleries.pictures([]),
        galleries.neighbours([], []),
        galleries.contact_sheet({}),
        galleries.attention(one[0], [], np.zeros((0, 4))),
    ):
        assert [text.get_text() for ax in rendered(figure).axes for text in ax.texts] == ["Nothing to show."]
    for figure in (
        galleries.pictures(one, [""]),
        galleries.neighbours(one, [[]]),
        galleries.neighbours(some(2), [one, []]),
        galleries.contact_sheet({"empty": [], "one": one}),
        galleries.feature_maps(np.zeros((1, 1, 1))),
        galleries.attention(one[0], ["a"], np.zeros((1, 4))),
    ):
        rendered(figure)


@pytest.mark.parametrize(
    ("draw", "word"),
    [
        (lambda: galleries.pictures(some(2), ["a"]), "2 pictures but 1 titles"),
        (lambda: galleries.pictures(some(2), columns=0), "columns is 0"),
        (lambda: galleries.neighbours(some(2), [[]]), "2 queries, 1 lists"),
        (lambda: galleries.feature_maps(np.zeros((0, 2, 2))), r"not \(0, 2, 2\)"),
        (lambda: galleries.feature_maps(np.zeros((1, 3, 2, 2))), "maps.0."),
        (lambda: galleries.feature_maps(np.zeros((1, 2, 2)), 0), "columns is 0"),
        (lambda: galleries.attention(some(1)[0], ["a", "b"], np.ones((1, 4))), "2 words, and maps"),
    ],
)
def test_what_does_not_belong_together_is_named(draw, word):
    with pytest.raises(UserError, match=word):
        draw()
