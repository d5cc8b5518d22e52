from unicodedata import normalize

import oracle
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


SCRIPTS = {
    "Hindi": ("एक कुत्ता, घास पर दौड़ता है।", "एक|कुत्ता|घास|पर|दौड़ता|है"),
    "Bengali": ("একটি কুকুর ঘাসের উপর দৌড়ায়।", "একটি|কুকুর|ঘাসের|উপর|দৌড়ায়"),
    "Arabic": ("كَلْبٌ يَجْرِي، عَلَى العُشْبِ؟", "كَلْبٌ|يَجْرِي|عَلَى|العُشْبِ"),
    "Persian": ("می‌خواهم بروم", "می‌خواهم|بروم"),
    "French": ("L’élève à «Noël»", "l'élève|à|noël"),
    "Turkish": ("İstanbul'da kedi", "istanbul'da|kedi"),
    "Ukrainian": ("П’ять сімʼя", "п'ять|сім'я"),
    "Korean": ("개가 잔디 위를 달린다.", "개가|잔디|위를|달린다"),
    "Chinese": ("3个人（一只狗）。T恤", "3|个|人|一|只|狗|t|恤"),
    "Japanese": ("「犬」がスケートに、乗る。", "犬|が|ス|ケ|ー|ト|に|乗|る"),
    "Thai": ("เด็กกินน้ำ ๑๒ แก้ว", "เด็|ก|กิ|น|น้ำ|๑๒|แก้|ว"),
    "Khmer": ("ឆ្កែកំពុងរត់។", "ឆ្កែ|កំ|ពុ|ង|រ|ត់"),
    "Burmese": ("ခွေးပြေးသည်။", "ခွေး|ပြေး|သ|ည်"),
    "emoji": ("A dog 🐶👍🏽 with 👨‍👩‍👧 and 🇰🇷!", "a|dog|with|and"),
    "invisible": ("a soft\u00adhyphen, a zero\u200bwidth", "a|softhyphen|a|zero|width"),
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("sentence", "words"), SCRIPTS.values(), ids=SCRIPTS)
def test_words_keep_their_marks_in_every_script(sentence, words, form):
    assert ptb_tokenize(normalize(form, sentence)) == normalize("NFC", words).split("|")


@pytest.mark.skipif(not oracle.available(), reason="needs Java and pycocoevalcap")
def test_where_blanks_part_words_the_evaluation_cuts_the_same():
    names = ["Hindi", "Bengali", "Arabic", "Korean", "emoji"]
    told = oracle.java_words([SCRIPTS[name][0] for name in names])
    for name, words in zip(names, told, strict=True):
        marks = {"।", "،", "؟"}  # which it counts
        assert [word for word in words.split() if word not in marks] == SCRIPTS[name][1].split("|"), name
