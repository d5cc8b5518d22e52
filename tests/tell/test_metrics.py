import json
import os
import random
from math import exp, log, sqrt
from pathlib import Path
from unicodedata import normalize

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import corpus_bleu

from helpers.base.errors import UserError
from helpers.data.listings import read_folder
from helpers.tell.metrics import bootstrap, score
from helpers.tell.penn_treebank import ptb_tokenize

NAMES = ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr"]
REFERENCES = [
    ["A brown dog runs on the beach.", "A dog is running along the shore."],
    ["Two cats sleep on a red sofa.", "Two sleepy cats lie on the sofa!"],
    ["A man rides a horse in the snow.", "Someone on horseback, in the snow"],
]


def test_bleu_and_rouge_by_hand():
    # Caption of 5 words, reference of 6. Shared: a, dog, runs, on = 4 of 5 words; 3 of 4 pairs; 2 of 3
    # triples; 1 of 2 fours. Too short, so times exp(1 - 6/5).
    got = score([["A dog runs on the beach."]], ["a dog runs on grass"])
    short = exp(1 - 6 / 5)
    assert got["BLEU-1"] == pytest.approx(4 / 5 * short)
    assert got["BLEU-2"] == pytest.approx((4 / 5 * 3 / 4) ** (1 / 2) * short)
    assert got["BLEU-3"] == pytest.approx((4 / 5 * 3 / 4 * 2 / 3) ** (1 / 3) * short)
    assert got["BLEU-4"] == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4) * short)
    # Longest common subsequence: "a dog runs on", 4 words; precision 4/5, recall 4/6, beta² = 1.44.
    assert got["ROUGE-L"] == pytest.approx(2.44 * (4 / 5) * (4 / 6) / (4 / 6 + 1.44 * 4 / 5))


def test_repeating_a_word_earns_it_only_once():
    # "the" is in the first reference once and in the second twice, so 2 of the 4 count.
    assert score([["the cat", "the dog the cat"]], ["the the the the"])["BLEU-1"] == pytest.approx(2 / 4)


def test_bleu_of_the_set_adds_counts_before_dividing():
    # 1 of 1 word right and 1 of 3 words right: the set has 2 of 4, which is not the mean of 1 and 1/3.
    references, candidates = [["cat"], ["dog on grass"]], ["cat", "dog in snow"]
    assert score(references, candidates)["BLEU-1"] == pytest.approx(2 / 4)
    assert score(references, candidates, per_image=True)["BLEU-1"] == pytest.approx([1, 1 / 3])


def test_brevity_looks_at_the_closest_reference_and_the_shorter_of_two_equally_close():
    assert score([["a b c d e f g h", "a b c"]], ["a b c"])["BLEU-1"] == pytest.approx(1)
    assert score([["a b", "a b c d"]], ["a b c"])["BLEU-1"] == pytest.approx(1)  # 2 words, not 4: no penalty
    assert score([["a b c d"]], ["a b"])["BLEU-1"] == pytest.approx(exp(1 - 4 / 2))


def test_rouge_takes_the_best_precision_and_the_best_recall():
    # Against "red cat": precision 2/4, recall 2/2. Against the long one: precision 3/4, recall 3/8.
    got = score([["red cat", "a red cat and a dog in snow"]], ["a red cat runs"])["ROUGE-L"]
    assert got == pytest.approx(2.44 * (3 / 4) * 1 / (1 + 1.44 * 3 / 4))


def test_cider_by_hand():
    # Two pictures. "a" is in both (idf 0), every other n-gram in one (idf ln 2).
    # Picture 0: words and pairs agree fully, triples and fours do not exist: 10 × (1 + 1 + 0 + 0) / 4 = 5.
    # Picture 1: it shares only "a", which weighs nothing: 0.
    assert score([["a cat"], ["a dog"]], ["a cat", "a cat"])["CIDEr"] == pytest.approx((5 + 0) / 2)
    # Picture 0 now: (cat) against (red, cat), cosine 1/√2; no pair shared; one word longer: exp(-1² / 72).
    got = score([["a red cat"], ["a dog"]], ["a cat", "a dog"], per_image=True)["CIDEr"]
    assert got == pytest.approx([10 * (1 / sqrt(2)) / 4 * exp(-1 / 72), 5])
    # "cat cat" weighs 2 but is clipped to 1: 1·1 / (2·1) = 1/2 for words, nothing for pairs.
    got = score([["a cat"], ["a dog"]], ["cat cat", "a dog"], per_image=True)["CIDEr"]
    assert got == pytest.approx([10 * (1 / 2) / 4, 5])


def test_a_word_that_no_reference_has_is_the_rarest():
    # "cat" is in 2 of 4 pictures: idf ln 2; "axolotl" in none, counted as one: idf ln 4 = 2 ln 2.
    # Words (cat 1, axolotl 2) against (cat 1): cosine 1/√5. One word longer, no pair to share.
    got = score([["cat"], ["cat"], ["dog"], ["cow"]], ["cat axolotl", "x", "x", "x"], per_image=True)["CIDEr"]
    assert got[0] == pytest.approx(10 * log(2) / sqrt(log(2) ** 2 + log(4) ** 2) / 4 * exp(-1 / 72))


def test_a_perfect_caption_gets_full_marks():
    got = score(REFERENCES, [sentences[0] for sentences in REFERENCES])
    assert [got[name] for name in NAMES[:5]] == pytest.approx([1] * 5)
    only = [[sentences[0]] for sentences in REFERENCES]
    assert score(only, [sentences[0] for sentences in REFERENCES])["CIDEr"] == pytest.approx(10)


def test_word_order_counts():
    ordered = score([["a dog chases a cat in snow"]], ["a dog chases a cat in snow"])
    shuffled = score([["a dog chases a cat in snow"]], ["snow in cat a chases dog a"])
    assert shuffled["BLEU-1"] == pytest.approx(ordered["BLEU-1"])
    assert shuffled["BLEU-2"] < ordered["BLEU-2"] / 2
    assert shuffled["ROUGE-L"] < ordered["ROUGE-L"] / 2


def test_an_end_word_left_in_the_references_is_not_forgiven():
    # References that went through a vocabulary and kept END lower the scores; kept in both, END raises them.
    clean = score([["a dog runs"]], ["a dog runs"])
    assert score([["a dog runs <END>"]], ["a dog runs"])["BLEU-1"] < clean["BLEU-1"]
    wrong = score([["a dog runs"]], ["two cats sleep"])
    assert score([["a dog runs <END>"]], ["two cats sleep <END>"])["BLEU-1"] > wrong["BLEU-1"] + 0.1


def test_one_score_a_picture_however_many_references_it_has():
    candidates = ["a dog on the beach", "two cats", "a horse"]
    got = score(REFERENCES, candidates, per_image=True)
    assert list(got) == NAMES
    assert all(got[name].shape == (3,) for name in NAMES)
    twice = score([sentences * 2 for sentences in REFERENCES], candidates)
    assert twice == pytest.approx(score(REFERENCES, candidates))
    for name in ("ROUGE-L", "CIDEr"):
        assert twice[name] == pytest.approx(np.mean(got[name]))


def test_an_empty_caption_scores_nothing_and_does_not_crash():
    got = score(REFERENCES, ["", "...", " "])
    assert [got[name] for name in NAMES] == pytest.approx([0] * 6, abs=1e-12)
    assert score([["."]], [""])["ROUGE-L"] == 0
    one = score(REFERENCES, ["", "two cats sleep on a red sofa", "a man rides"], per_image=True)
    assert one["BLEU-1"][0] == pytest.approx(0) and one["BLEU-1"][1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("references", "candidates", "says"),
    [
        ([["a dog"]], ["a dog", "a cat"], "exactly one caption for each picture"),
        ([], [], "at least one picture"),
        ([["a dog"], []], ["a dog", "a cat"], "Picture 1 has no references"),
        (["a dog"], ["a dog"], "references of picture 0.*single string"),
        ("a dog", ["a dog"], "references.*single string"),
        ([["a dog"]], "a dog", "candidates.*single string"),
        ([["a dog"]], [None], "candidates: number 0 is None"),
        ([["a dog", None]], ["a dog"], "references of picture 0: number 1 is None"),
        ([[["a", "dog"]]], ["a dog"], "number 0 is a list"),
        ({7: ["a dog"]}, {7: ["a dog"]}, "give two lists"),
        ([["a dog"]], {7: ["a dog"]}, "give two lists"),
        (None, ["a dog"], "references.*None"),
        ([["a dog"]], None, "candidates.*None"),
        ([["a dog"]], [["a dog"]], "candidates: number 0 is a list"),
    ],
)
def test_bad_input_gets_a_sentence_that_says_what_to_do(references, candidates, says):
    with pytest.raises(UserError, match=says):
        score(references, candidates)


def test_captions_may_come_in_other_ways():
    references, candidates = [["a dog runs"], ["a cat", "the cat"]], ["a dog", "a cat"]
    expected = score(references, candidates)
    assert score(map(tuple, references), np.array(candidates)) == expected
    assert score((np.array(group) for group in references), iter(candidates)) == expected


@pytest.mark.parametrize("n", [1, 2, 3, 9])
@pytest.mark.parametrize("text", ["", "...", "!", "a dog"])
def test_few_empty_or_equal_captions_are_scored(n, text):
    for references in ([[text]] * n, [["", text]] * n, [["a bird in a tree"]] * n):
        for candidates in ([text] * n, [""] * n):
            values = {**score(references, candidates), **score(references, candidates, per_image=True)}
            assert all(np.isfinite(value).all() for value in values.values())
            bounds = bootstrap(references, candidates, rounds=np.int64(2))
            assert np.isfinite([*bounds.values()]).all()


@pytest.mark.parametrize(
    ("options", "word"),
    [({"rounds": 0}, "rounds is 0"), ({"level": 0}, "level is 0"), ({"level": 95}, "level is 95")],
)
def test_a_bootstrap_of_no_rounds_is_none(options, word):
    with pytest.raises(UserError, match=word):
        bootstrap([["a dog"]], ["a dog"], **options)


WORDS = "a the dog dogs cat don't runs on in snow . , red T-shirt"
sentence = st.lists(st.sampled_from(WORDS.split()), max_size=9).map(" ".join)
picture = st.tuples(st.lists(sentence, min_size=1, max_size=4), sentence)
pictures = st.lists(picture, min_size=1, max_size=6)


@settings(deadline=None)
@given(pictures)
def test_scores_stay_within_their_bounds(pictures):
    references, candidates = zip(*pictures, strict=True)
    for per_image in (False, True):
        for name, value in score(references, candidates, per_image).items():
            assert np.all(np.isfinite(value))
            assert np.all(np.asarray(value) >= 0)
            assert np.all(np.asarray(value) <= (10 if name == "CIDEr" else 1) + 1e-9)


@settings(deadline=None)
@given(pictures, st.randoms(use_true_random=False))
def test_the_order_of_pictures_and_of_references_changes_nothing(pictures, shuffler):
    before = score(*zip(*pictures, strict=True))
    shuffled = [
        (shuffler.sample(references, len(references)), candidate) for references, candidate in pictures
    ]
    shuffler.shuffle(shuffled)
    assert score(*zip(*shuffled, strict=True)) == pytest.approx(before, rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(st.lists(sentence, min_size=1, max_size=5))
def test_a_caption_that_is_one_of_its_references_has_perfect_rouge(sentences):
    got = score([sentences], [sentences[0]])["ROUGE-L"]
    assert got == (pytest.approx(1) if ptb_tokenize(sentences[0]) else 0)


def test_the_bootstrap_holds_the_score_and_narrows_with_the_number_of_pictures():
    generator = random.Random(0)
    references = [[" ".join(generator.choices(WORDS.split(), k=8)) for _ in range(3)] for _ in range(200)]
    candidates = [" ".join(generator.choices(group[0].split(), k=6)) for group in references]
    whole, spread = score(references, candidates), bootstrap(references, candidates, rounds=500)
    assert list(spread) == NAMES
    assert all(low < whole[name] < high for name, (low, high) in spread.items())
    few = bootstrap(references[:50], candidates[:50], rounds=500)
    assert few["ROUGE-L"][1] - few["ROUGE-L"][0] > 1.5 * (spread["ROUGE-L"][1] - spread["ROUGE-L"][0])
    assert spread == bootstrap(references, candidates, rounds=500)
    each = score(references, candidates, per_image=True)["ROUGE-L"]
    error = 1.96 * each.std() / len(each) ** 0.5  # the textbook's interval of a mean
    assert spread["ROUGE-L"] == pytest.approx((each.mean() - error, each.mean() + error), abs=error / 5)


def test_a_difference_is_bounded_on_the_same_pictures():
    """Five of ten are won by 1: the difference is Binomial(10, 1/2) / 10, whose quantiles are known."""
    references = [["a dog runs in the snow"]] * 10
    ours, theirs = ["a dog runs in the snow"] * 10, ["a dog runs in the snow", "cat"] * 5
    won = bootstrap(references, ours, rounds=20_000, against=theirs)["ROUGE-L"]
    assert won == pytest.approx((0.2, 0.8))
    assert bootstrap(references, theirs, rounds=20_000, against=ours)["ROUGE-L"] == pytest.approx(
        (-0.8, -0.2)
    )


def test_what_is_hard_for_both_does_not_blur_a_difference():
    references = [["a dog runs in the snow"], ["two red cats"]] * 20
    ours = ["a dog runs in the snow", "?"] * 20
    theirs = [*ours[:-2], "a dog runs in snow", "?"]  # one word less, once
    assert set(bootstrap(references, ours, against=ours).values()) == {(0.0, 0.0)}
    alone, paired = bootstrap(references, ours), bootstrap(references, ours, against=theirs)
    for name in ("ROUGE-L", "BLEU-1"):
        assert alone[name][1] - alone[name][0] > 5 * (paired[name][1] - paired[name][0]) > 0
    with pytest.raises(UserError, match="40 pictures but 39"):
        bootstrap(references, ours, against=theirs[1:])


@pytest.mark.parametrize("caption", ["狗在海滩上", "🐕 🏖️", "?!…", "\x00\n\t", "a" * 10_000, "dog " * 10_000])
def test_no_caption_is_too_odd(caption):
    got = score([["a dog on the beach"], [caption]], [caption, caption])
    assert all(np.isfinite(value) for value in got.values())
    assert score([[caption]], [caption])["ROUGE-L"] == (pytest.approx(1) if ptb_tokenize(caption) else 0)


SAID = {
    "Hindi": ("एक कुत्ता हरी घास पर दौड़ता है।", "एक बिल्ली हरी घास पर बैठी है।"),
    "Bengali": ("একটি কুকুর সবুজ ঘাসের উপর দৌড়ায়", "একটি বিড়াল সবুজ ঘাসের উপর বসে"),
    "Arabic": ("كَلْبٌ يَجْرِي عَلَى العُشْبِ الأَخْضَرِ", "كَلْبٌ يَنَامُ عَلَى العُشْبِ الأَخْضَرِ"),
    "Vietnamese": ("Một con chó chạy trên cỏ", "Một con mèo chạy trên cỏ"),
    "Korean": ("개가 푸른 잔디 위를 빨리 달린다", "개가 푸른 잔디 위에서 빨리 걷는다"),
    "Chinese": ("一只狗在草地上奔跑。", "一只猫在草地上睡觉。"),
    "Japanese": ("犬が草の上を走っている", "猫が草の上を歩いている"),
    "Thai": ("สุนัขวิ่งบนหญ้าสีเขียว", "แมวนอนบนหญ้าสีเขียว"),
    "Burmese": ("ခွေးသည် မြက်ပေါ်တွင် ပြေးနေသည်", "ကြောင်သည် မြက်ပေါ်တွင် အိပ်နေသည်"),
}


@pytest.mark.parametrize(("one", "other"), SAID.values(), ids=SAID)
def test_captions_in_any_script_are_compared_word_by_word(one, other):
    references = [[normalize("NFD", one), other], [other]]
    assert score(references, [one, normalize("NFD", other)])["BLEU-4"] == pytest.approx(1)
    got = score([[one], [one]], [other, one], per_image=True)
    assert 0 < got["BLEU-1"][0] < got["BLEU-1"][1] == pytest.approx(1)
    assert 0 < got["ROUGE-L"][0] < got["ROUGE-L"][1] == pytest.approx(1)
    said = [[ptb_tokenize(text)] for text in (one, one)], [ptb_tokenize(text) for text in (other, one)]
    whole = score([[one], [one]], [other, one])
    for n in (1, 2):
        assert whole[f"BLEU-{n}"] == pytest.approx(corpus_bleu(*said, weights=[1 / n] * n))


FROZEN = json.loads(oracle.PATH.read_text(encoding="utf-8"))
needs_java = pytest.mark.skipif(not oracle.available(), reason="needs Java and pycocoevalcap")


def agree(mine, theirs):
    assert list(mine) == list(theirs)
    for name, values in theirs.items():
        assert np.asarray(mine[name]) == pytest.approx(np.asarray(values), abs=1e-9)


def test_words_are_those_of_the_java_tokeniser():
    assert {text: " ".join(ptb_tokenize(text)) for text in FROZEN["words"]} == FROZEN["words"]


def test_scores_are_those_of_the_coco_evaluation():
    references, candidates = FROZEN["references"], FROZEN["candidates"]
    agree(score(references, candidates), FROZEN["scores"])
    agree(score(references, candidates, per_image=True), FROZEN["per_image"])


@needs_java
def test_the_frozen_scores_are_still_what_the_evaluation_says():
    references, candidates = oracle.our_captions()
    assert (references, candidates) == (FROZEN["references"], FROZEN["candidates"])
    whole, each = oracle.evaluate(references, candidates)
    agree(whole, FROZEN["scores"])
    agree(each, FROZEN["per_image"])


PHOTOGRAPHS = [os.environ.get(f"SHOW_TELL_SORT_{name}") for name in ("FLICKR8K", "COCO_SMALL")]


@needs_java
@pytest.mark.skipif(not all(PHOTOGRAPHS), reason="SHOW_TELL_SORT_FLICKR8K and …_COCO_SMALL name no folders")
@pytest.mark.parametrize("folder", PHOTOGRAPHS)
def test_on_real_captions_words_and_scores_are_those_of_the_coco_evaluation(folder):
    groups = [listing.captions for listing in read_folder(Path(folder)) if len(listing.captions) >= 5]
    texts = [text for group in groups for text in group]
    pairs = zip(texts, oracle.java_words(texts), strict=True)
    different = [(text, words) for text, words in pairs if " ".join(ptb_tokenize(text)) != words]
    assert len(different) <= len(texts) / 1000, different[:20]
    references, candidates = [group[:4] for group in groups], [group[4] for group in groups]
    whole, _ = oracle.evaluate(references, candidates)
    assert score(references, candidates) == pytest.approx(whole, abs=1e-4)
