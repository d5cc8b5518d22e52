import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from helpers.look import stepper
from helpers.look.stepper import caption_stepper

GREY = Image.new("RGB", (20, 20), "grey")


def parts_of(shown):
    *rows, steps, area = shown[0].children
    return [row.children[0] for row in rows], steps.children, area


def test_the_stepper_says_the_word_that_was_clicked_and_takes_it_back(shown, tiny_captioner):
    caption_stepper(tiny_captioner, GREY, n=6)
    words, (other, back, _, again), area = parts_of(shown)
    before = [button.description for button in words]
    assert back.disabled and "after START" in area.value and isinstance(shown.figures[0], Figure)
    next(button for button in words if button.description == "blue").click()
    assert "<b>blue …</b>" in area.value and "after blue" in area.value and not back.disabled
    other.value = "zebra"  # not in the vocabulary
    other.value = "dog"
    assert "<b>blue dog …</b>" in area.value and other.value == ""
    back.click()
    assert "<b>blue …</b>" in area.value
    again.click()
    assert [button.description for button in words] == before and back.disabled


def test_the_stepper_goes_on_alone_from_where_one_is(shown, tiny_captioner):
    caption_stepper(tiny_captioner, GREY, n=6)
    words, (other, back, on, again), area = parts_of(shown)
    other.value = "wall"
    on.click()
    context = tiny_captioner.context([GREY])
    said = stepper.go_on(tiny_captioner, context, [tiny_captioner.vocabulary["wall"]])
    names = " ".join(tiny_captioner.vocabulary.words[i].strip("<>") for i in said)
    assert f"<b>{names}</b>" in area.value and names.startswith("wall ")
    assert all(button.disabled for button in words) and on.disabled and not again.disabled
    back.click()
    assert not on.disabled and not words[0].disabled


def test_log_p_is_the_sum_over_the_words(tiny_captioner):
    context = tiny_captioner.context([GREY])
    said = [tiny_captioner.vocabulary[word] for word in ("a", "red", "dog")]
    _, probabilities = tiny_captioner.listen(context, said)
    expected = []
    for t, i in enumerate(said):
        before = [tiny_captioner.vocabulary.words[j] for j in said[:t]]
        expected.append(
            dict(tiny_captioner.next_words(context, before, 99))[tiny_captioner.vocabulary.words[i]]
        )
    torch.testing.assert_close(stepper.chances(probabilities[:-1], said), torch.tensor(expected))


@pytest.mark.parametrize("words", ["", "x"])
def test_a_word_that_is_none_changes_nothing(shown, tiny_captioner, words):
    caption_stepper(tiny_captioner, GREY)
    _, (other, *_), area = parts_of(shown)
    before = area.value
    other.value = words
    assert area.value == before
