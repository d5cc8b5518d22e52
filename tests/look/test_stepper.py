import re

import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from helpers.look import stepper
from helpers.look.stepper import caption_stepper

GREY = Image.new("RGB", (20, 20), "grey")


def parts_of(shown):
    *rows, steps, _, area = shown[0].children
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


def typed(shown, captioner, text):
    """What has been said and what is noted when `text` has been typed after "a"."""
    caption_stepper(captioner, GREY)
    *_, steps, note, area = shown[0].children
    steps.children[0].value = "a"
    steps.children[0].value = text
    return re.search("<b>(.*?)</b>", area.value)[1], note.value, steps.children[0].value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dog", "a dog …"),
        ("Dog", "a dog …"),
        (" BLUE  wall. ", "a blue wall …"),
        ("END", "a END"),
        ("dog " * 30, " ".join(["a", *["dog"] * 19])),
    ],
)
def test_known_words_are_said_however_they_are_typed(shown, tiny_captioner, text, said):
    assert typed(shown, tiny_captioner, text) == (said, "", "")


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_typed_changes_nothing(shown, tiny_captioner, text):
    assert typed(shown, tiny_captioner, text)[:2] == ("a …", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("zebra", "has never learnt the word &#x27;zebra&#x27;. Choose"),
        ("Zebra", "the word &#x27;zebra&#x27;"),
        ("red zebra wall", "the word &#x27;zebra&#x27;"),
        ("wal", "Did you mean wall?"),
        ("dog END", "never learnt the word &#x27;end&#x27;"),
        ("<UNK>", "never learnt"),
        ("<PAD>", "never learnt"),
        ("START", "never learnt"),
        ("?!", "There is no word in &#x27;?!&#x27;"),
        ("<b>", "never learnt the word &#x27;b&#x27;"),
    ],
)
def test_what_it_cannot_say_it_says_in_a_sentence(shown, tiny_captioner, text, sentence):
    said, note, left = typed(shown, tiny_captioner, text)
    assert said == "a …" and sentence in note and 'role="status"' in note
    assert left == text  # to be mended


def test_the_sentence_goes_when_something_is_said(shown, tiny_captioner):
    caption_stepper(tiny_captioner, GREY)
    *rows, steps, note, _ = shown[0].children
    steps.children[0].value = "zebra"
    assert note.value
    rows[0].children[0].click()
    assert note.value == steps.children[0].value == ""
