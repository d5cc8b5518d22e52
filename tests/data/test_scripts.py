import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize import RegexpTokenizer

from helpers.data.scripts import bare_words, joined, plain, words_in
from helpers.data.vocabulary import Vocabulary, tokenize

SENTENCES = {  # a sentence, and its words with a stroke between them
    "Hindi": ("एक कुत्ता घास पर दौड़ता है।", "एक|कुत्ता|घास|पर|दौड़ता|है"),
    "Bengali": ("একটি কুকুর, ঘাসের উপর!", "একটি|কুকুর|ঘাসের|উপর"),
    "Tamil": ("நாய் ஓடுகிறது.", "நாய்|ஓடுகிறது"),
    "Malayalam, with an old chillu": ("അവന്‍ ഓടുന്നു", "അവന്‍|ഓടുന്നു"),
    "Sinhala": ("ක්‍ෂේත්‍රය ලොකුයි", "ක්‍ෂේත්‍රය|ලොකුයි"),
    "Arabic with vowel signs": ("كَلْبٌ يَجْرِي، عَلَى العُشْبِ؟", "كَلْبٌ|يَجْرِي|عَلَى|العُشْبِ"),
    "Arabic, lengthened": ("كـــلب", "كلب"),
    "Persian": ("می‌خواهم بروم‌", "می‌خواهم|بروم"),
    "Hebrew": ("צ׳יפס, כֶּלֶב", "צ'יפס|כֶּלֶב"),
    "French": ("L’élève à côté d'un café", "l'élève|à|côté|d'un|café"),
    "Vietnamese": ("Một con chó chạy.", "một|con|chó|chạy"),
    "Yoruba": ("ọ̀rẹ́ mi", "ọ̀rẹ́|mi"),
    "German": ("Ein Hünd\u00adchen, Straße!", "ein|hündchen|straße"),
    "Turkish": ("İstanbul'da IŞIK", "istanbul'da|işik"),
    "Catalan": ("col·legi", "col·legi"),
    "Ukrainian": ("П’ять, м'ята, сімʼя", "п'ять|м'ята|сім'я"),
    "Uzbek": ("o‘zbek bolalar", "o'zbek|bolalar"),
    "Armenian": ("Ի՞նչ շուն։", "ինչ|շուն"),
    "Korean": ("개가 잔디 위를 달린다.", "개가|잔디|위를|달린다"),
    "Chinese": ("3个人，一只狗。T恤", "3|个|人|一|只|狗|t|恤"),
    "Japanese": ("犬がスケートに乗る。", "犬|が|ス|ケ|ー|ト|に|乗|る"),
    "Thai": ("เด็กกินน้ำ ๑๒ แก้ว", "เด็|ก|กิ|น|น้ำ|๑๒|แก้|ว"),
    "Lao": ("ໝາແລ່ນຢູ່", "ໝາ|ແລ່|ນ|ຢູ່"),
    "Khmer": ("ឆ្កែកំពុងរត់។", "ឆ្កែ|កំ|ពុ|ង|រ|ត់"),
    "Burmese": ("ခွေးပြေးသည်။", "ခွေး|ပြေး|သ|ည်"),
    "Tibetan": ("བོད་སྐད།", "བོད|སྐད"),
    "digits": ("१२ 12 ١٢", "१२|12|١٢"),
    "emoji": ("a dog 🐶👍🏽👨‍👩‍👧❤️ and 1️⃣ cat", "a|dog|and|1|cat"),
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("sentence", "words"), SENTENCES.values(), ids=SENTENCES)
def test_words_keep_their_marks_in_every_script(sentence, words, form):
    words = [unicodedata.normalize("NFC", word) for word in words.split("|")]
    assert tokenize(unicodedata.normalize(form, sentence)) == words


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("sentence", "words"), SENTENCES.values(), ids=SENTENCES)
def test_every_word_is_found_in_the_vocabulary_and_said_again(sentence, words, form):
    v = Vocabulary.build([sentence])
    for word in words.split("|"):
        typed = unicodedata.normalize(form, word)
        assert typed in v and v[typed] != v.UNK
    assert tokenize(v.decode(v.encode(sentence))) == tokenize(sentence)


def test_one_word_however_it_is_typed():
    assert len(set(tokenize("don't don’t Don＇t"))) == len(set(tokenize("t-shirt t‑shirt T‐shirt"))) == 1
    assert tokenize("İyi") == tokenize("I\u0307yi") == tokenize("i\u0307yi") == ["iyi"]
    v = Vocabulary([*Vocabulary.SPECIALS, "cafe\u0301", "don’t"])  # as somebody's old file spells them
    assert v["café"] == v["CAFÉ"] == v.encode("Café")[1] == 4 and v["don't"] == 5
    assert "<unk>" not in v and v["<pad>"] == v.UNK


@pytest.mark.parametrize("name", ["Chinese", "Japanese", "Thai", "Lao", "Khmer", "Burmese"])
def test_where_nobody_writes_blanks_none_are_said(name):
    sentence = SENTENCES[name][0].split()[0].rstrip("。។။").split("，")[-1].split("。")[0]
    v = Vocabulary.build([sentence])
    assert v.decode(v.encode(sentence)) == unicodedata.normalize("NFC", sentence) != ""


def test_a_blank_stands_where_words_would_run_together():
    assert joined(["a", "dog"]) == "a dog" and joined(["een", "hündchen"]) == "een hündchen"
    assert joined(["一", "<UNK>", "狗"]) == "一 <UNK> 狗" and joined(["3", "人"]) == "3人"
    assert joined(["เ", "ก"]) == "เ ก" and joined([]) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A dog's 2 T-shirts", "a|dog|s|t|shirts"),
        ("Un café d’été", "un|café|d|été"),
        ("दो कुत्ते १२", "दो|कुत्ते"),
        ("сім’я", "сім'я"),
        ("3只狗", "只|狗"),
    ],
)
def test_bare_words_are_letters_and_their_marks(text, words):
    assert bare_words(unicodedata.normalize("NFD", text)) == words.split("|")


LETTERS = st.characters(categories=["L", "M", "N"])
SIGNS = st.sampled_from("'’‘ʼ·״-‑ .,\u00ad\u0640\u200b\u200c\u200d\u2060\ufe0f\u034f\u0307\u1039\u17d2iIİͅΣ")
SOME = [st.characters(min_codepoint=a, max_codepoint=b) for a, b in ((0x900, 0xDFF), (0xE00, 0xEFF))]
SOME += [st.characters(min_codepoint=a, max_codepoint=b) for a, b in ((0x1000, 0x109F), (0x1780, 0x17D3))]
SOME += [st.characters(min_codepoint=a, max_codepoint=b) for a, b in ((0x3041, 0x30FF), (0x4E00, 0x4EFF))]
SOME += [st.characters(min_codepoint=a, max_codepoint=b) for a, b in ((0x600, 0x6FF), (0x61, 0x7A))]
texts = st.text(st.one_of(LETTERS, SIGNS, *SOME, st.characters()), max_size=30)


@settings(max_examples=200)
@given(texts)
def test_what_is_said_has_the_words_of_what_was_heard(text):
    words = tokenize(text)
    assert tokenize(unicodedata.normalize("NFD", text)) == words
    assert tokenize(" ".join(words)) == words and [plain(word) for word in words] == words
    if words:
        v = Vocabulary.build([text])
        assert tokenize(v.decode(v.encode(text))) == words
        assert v.UNK not in v.encode(text)
    assert not any(unicodedata.category(word[0])[0] == "M" for word in words)


@given(st.text(st.characters(max_codepoint=0x24F, exclude_characters="\u00ad·İ", exclude_categories=["No"])))
def test_latin_letters_are_cut_as_nltk_cuts_them(text):
    plain_words = RegexpTokenizer(r"[^\W_]+(?:['’-][^\W_]+)*")
    assert words_in(text) == plain_words.tokenize(text.lower())
