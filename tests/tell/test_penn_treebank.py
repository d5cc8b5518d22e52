import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.tell.penn_treebank import ptb_tokenize


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("The dogs don't run.", "the dogs do n't run"),
        ("She can't: it's the man's!", "she ca n't it 's the man 's"),
        ("They’re sure we cannot", "they 're sure we can not"),
        ('A "red" T-shirt; `really` -- two, ...', "a red t-shirt really two"),
        ("the dogs' bowl at 10:30 o'clock", "the dogs bowl at 10:30 o'clock"),
        ("a man (in red)", "a man -lrb- in red -rrb-"),
        ("Dr. Dolittle and the U.S. flag.", "dr. dolittle and the u.s. flag"),
        ("Ein Hund läuft über 1,000 Äcker", "ein hund läuft über 1,000 äcker"),
        ("", ""),
        (" .  , ", ""),
        ("Who?! Me!", "who ?! me"),
        ("give 'em rock 'n' roll of the '90s", "give 'em rock 'n' roll of the '90s"),
        ("No. 5, Mt. Everest etc. at -5 degrees", "no. 5 mt. everest etc. at -5 degrees"),
    ],
)
def test_words_are_split_as_in_the_penn_treebank_and_punctuation_is_dropped(sentence, words):
    assert ptb_tokenize(sentence) == words.split()


@given(st.lists(st.sampled_from(["a", "dog", "cannot", "gonna", "red", "runs"]), max_size=8))
def test_plain_captions_take_the_short_way_to_the_same_words(words):
    plain = " ".join(words)
    assert (
        ptb_tokenize(plain)
        == ptb_tokenize(plain + " .")
        == ptb_tokenize(plain.upper())
        == ptb_tokenize(plain + " ?")
    )
    assert ptb_tokenize(", ".join(words)) == ptb_tokenize(plain)


@given(st.text())
def test_any_text_gives_words_without_blanks(text):
    assert all(word and not word.isspace() for word in ptb_tokenize(text))
