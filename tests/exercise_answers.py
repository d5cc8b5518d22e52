"""Answers to the exercises: wrong ones, each with a piece of the hint that it should get, and right ones."""

import math
import re
import string
from collections import Counter, defaultdict
from copy import deepcopy
from difflib import SequenceMatcher
from functools import cache
from itertools import combinations, zip_longest

import encoder_answers as mine
import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from helpers.data.vocabulary import count_words, tokenize
from helpers.scenes.words import things_in
from helpers.sort.clustering import cluster_captions
from helpers.sort.judging import agreement
from helpers.sort.vectors import STOP_WORDS
from helpers.teach.exercises import practice
from helpers.tell.captioner import SHIPPED, Captioner
from helpers.tell.decoder import AttentionDecoder
from helpers.tell.decoding import beam_search, greedy
from helpers.tell.losses import caption_loss
from helpers.tell.metrics import score

PEOPLE = [caption for picture in practice() for caption in picture.captions]
SENTENCES = [caption for picture in practice(200) for caption in picture.captions]
COUNTS = count_words(SENTENCES)
WROTE = [picture.captions for picture in practice(38)]


@cache
def machine():
    return Captioner.load(SHIPPED, device="cpu")


@cache
def right_subjects(find=things_in):
    captions = machine().caption([picture.image for picture in practice()])
    return sum(p.truth["main"] in find(c) for c, p in zip(captions, practice(), strict=True))


@cache
def different(width=3, of=lambda h: h.words, place=0):
    captioner = machine()
    context = captioner.context([picture.image for picture in practice()])
    both = greedy(captioner.decoder, context), beam_search(captioner.decoder, context, width)
    return sum(of(a[0]) != of(b[place]) for a, b in zip(*both, strict=True))


@cache
def people_agree(k=12):
    scenes = practice(240)
    clusters = cluster_captions([scene.captions[0] for scene in scenes], k)
    return agreement(clusters.labels, [scene.truth["place"] for scene in scenes])


def common_words(begin=None, cut=tokenize, of=lambda captions: captions):
    """0.2, by a loop over the captions, with a mistake at choice."""

    def answer(captions):
        found = begin
        for caption in of(captions):
            found = set(cut(caption)) if found is None else found & set(cut(caption))
        return found

    return answer


def lower_split(sentence):
    return sentence.lower().split()


def mostly(captions):
    said = Counter(word for caption in captions for word in set(tokenize(caption)))
    return {word for word, n in said.items() if n > len(captions) / 2}


def as_often_as_captions(captions):
    said = Counter(word for caption in captions for word in tokenize(caption))
    return {word for word, n in said.items() if n >= len(captions)}


def parted_by_one_space(sentence):
    return [w for w in (piece.strip(string.punctuation) for piece in sentence.lower().split(" ")) if w]


def inside_the_text(captions):
    return {word for word in tokenize(captions[0]) if all(word in text for text in captions)}


def keeps(share_of=lambda n, t: n * (n > t), enough=lambda kept, share: kept >= share, count=count_words):
    """1.3, with a mistake at choice."""

    def answer(captions, share):
        counts = count(captions).values()
        whole = sum(share_of(n, -1) for n in counts)
        found = [t for t in range(max(counts)) if enough(sum(share_of(n, t) for n in counts) / whole, share)]
        return max(found, default=0)

    return answer


def bare_count(captions):
    return Counter(" ".join(captions).split())


def by_steps(captions, share):
    """1.3 put differently: raise the threshold as long as enough is left."""
    counts, threshold = count_words(captions), 0
    while sum(n for n in counts.values() if n > threshold + 1) >= share * counts.total():
        threshold += 1
    return threshold


def padded(length=lambda rows: max(map(len, rows)), pad=0, left=False, order=list, number=int):
    """1.4, with a mistake at choice."""

    def answer(rows):
        rows = [[number(i) for i in row] for row in order(rows)]
        fill = [[number(pad)] * (length(rows) - len(row)) for row in rows]
        return [(f + row if left else row + f)[: length(rows)] for f, row in zip(fill, rows, strict=True)]

    return answer


def filled_zeros(rows, dtype=torch.long):
    block = torch.zeros(len(rows), max(map(len, rows)), dtype=dtype)
    for i, row in enumerate(rows):
        block[i, : len(row)] = torch.tensor(row)
    return block


def common(caption, reference):  # by recursion
    def longest(one, other):
        if not one or not other:
            return 0
        if one[-1] == other[-1]:
            return 1 + longest(one[:-1], other[:-1])
        return max(longest(one[:-1], other), longest(one, other[:-1]))

    return longest(caption.split(), reference.split())


def common_by_trying(caption, reference):
    one, other = caption.split(), reference.split()
    found = (set(combinations(one, n)) & set(combinations(other, n)) for n in range(len(one), 0, -1))
    return next((len(min(some)) for some in found if some), 0)


def table(equal, share=False):
    """The longest common subsequence of two lists, or of two strings."""

    def answer(one, other):
        longest = np.zeros((len(one) + 1, len(other) + 1), int)
        for i, word in enumerate(one):
            for j, its in enumerate(other):
                step = longest[i, j] + 1 if equal(word, its) else max(longest[i, j + 1], longest[i + 1, j])
                longest[i + 1, j + 1] = step
        return longest[-1, -1] / (max(1, len(one)) if share else 1)

    return answer


def of_words(function):
    return lambda caption, reference: function(caption.split(), reference.split())


def one_run(one, other):
    pieces = [" ".join(one[i:j]) for i in range(len(one)) for j in range(i + 1, len(one) + 1)]
    return max((len(p.split()) for p in pieces if f" {p} " in f" {' '.join(other)} "), default=0)


def first_come(one, other):
    found = 0
    for word in one:
        if word in other:
            other, found = other[other.index(word) + 1 :], found + 1
    return found


def matching_blocks(one, other):
    return sum(block.size for block in SequenceMatcher(None, one, other, False).get_matching_blocks())


def raw_logits(logits, targets):
    return -logits.gather(-1, targets[..., None])[..., 0][targets != 0].mean()


def judged_by_the_first():
    pairs = [([group[0]], other) for group in WROTE for other in group[1:]]
    return score([references for references, _ in pairs], [other for _, other in pairs])["CIDEr"]


def reference_score_picture_by_picture():
    return score([g[1:] for g in WROTE], [g[0] for g in WROTE], per_image=True)["CIDEr"].mean()


def one_step(model, optimizer, loss_of):
    optimizer.zero_grad(set_to_none=False)
    loss = loss_of(model)
    loss.backward()
    optimizer.step()
    return loss


def no_zero_grad(model, optimizer, loss_of):
    loss = loss_of(model)
    loss.backward()
    optimizer.step()
    return loss


def no_step(model, optimizer, loss_of):
    loss = loss_of(model)
    loss.backward()
    return loss


def step_before_backward(model, optimizer, loss_of):
    optimizer.zero_grad()
    loss = loss_of(model)
    optimizer.step()
    loss.backward()
    return loss


def nothing_returned(model, optimizer, loss_of):
    one_step(model, optimizer, loss_of)


def loss_after_the_step(model, optimizer, loss_of):
    one_step(model, optimizer, loss_of)
    return loss_of(model)


def by_its_own_step(model, optimizer, loss_of):
    """Plain descent, whatever the optimizer would do."""
    model.zero_grad()
    loss = loss_of(model)
    loss.backward()
    for weight in model.parameters():
        weight.data -= 0.1 * weight.grad
    return loss


def uphill(model, optimizer, loss_of):
    optimizer.zero_grad()
    loss = loss_of(model)
    (-loss).backward()
    optimizer.step()
    return loss


def zero_grad_last(model, optimizer, loss_of):
    loss = loss_of(model)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def say(
    never=(0, 1, 2), keep_end=False, keep_start=False, stop=True, feed=True, move=True, echo=slice(-1, None)
):
    """Greedy without an echo, with a mistake at choice; `echo`: which words said are not to be said again."""

    def answer(decoder, context, max_words):
        state, said = decoder.start(context), [2]
        for _ in range(max_words if stop else 10**6):
            logits, after = decoder.step(torch.tensor([said[-1] if feed else 2]), state)
            state = after if move else state
            logits[:, [*never, *said[echo]]] = -torch.inf
            said.append(int(logits.argmax()))
            if said[-1] == 3:
                break
        said = said if keep_start else said[1:]
        return said if keep_end or said[-1] != 3 else said[:-1]

    return answer


def only_zero(decoder, context, max_words):
    """Never-said words get 0, not minus infinity."""
    state, said = decoder.start(context), [2]
    for _ in range(max_words):
        logits, state = decoder.step(torch.tensor([said[-1]]), state)
        logits[0, [0, 1, 2, said[-1]]] = 0
        if int(logits.argmax()) == 3:
            break
        said.append(int(logits.argmax()))
    return said[1:]


def end_not_first(decoder, context, max_words):
    state, said = decoder.start(context), [2]
    while len(said) <= max_words:
        logits, state = decoder.step(torch.tensor(said[-1:]), state)
        logits[0, [0, 1, 2, said[-1], *([3] if len(said) == 1 else [])]] = -torch.inf
        if int(logits.argmax()) == 3:
            break
        said.append(int(logits.argmax()))
    return said[1:]


def nucleus(shift=0, again=True, in_place=True):
    def answer(probabilities, p):
        values, order = probabilities.sort(descending=True)
        n = int((values.cumsum(0) < p).sum()) + 1 + shift
        kept = torch.zeros_like(values)
        kept[order[:n] if in_place else slice(n)] = values[:n]
        return kept / kept.sum() if again else kept

    return answer


def no_echo_by_rank(decoder, context, max_words):
    """The likeliest word that may be said, found in an order of all words."""
    said, state = [], decoder.start(context)
    while len(said) < max_words:
        logits, state = decoder.step(torch.tensor([[2, *said][-1]]), state)
        ranked = logits.squeeze(0).argsort(descending=True, stable=True).tolist()
        said.append(next(word for word in ranked if word > 2 and [word] != said[-1:]))
        if said[-1] == 3:
            return said[:-1]
    return said


def nucleus_word_by_word(probabilities, p):
    kept, mass = torch.zeros_like(probabilities), 0.0
    while mass < p and (kept == 0).any():
        best = int((probabilities * (kept == 0)).argmax())
        kept[best] = probabilities[best]
        mass += float(probabilities[best])
    return kept / kept.sum()


def nucleus_up_to(probabilities, p):
    """Right but where p is reached exactly."""
    values, order = probabilities.sort(descending=True)
    n = int((values.cumsum(0) <= p).sum()) + 1
    kept = torch.zeros_like(values)
    kept[order[:n]] = values[:n]
    return kept / kept.sum()


def nucleus_by_value(probabilities, p):
    values = probabilities.sort(descending=True)[0]
    bar = values[min(len(values) - 1, int((values.cumsum(0) < p).sum()))]
    kept = probabilities * (probabilities >= bar)
    return kept / kept.sum()


def nucleus_by_argmax(probabilities, p):
    values, order = probabilities.sort(descending=True)
    n = int((values.cumsum(0) >= p).int().argmax()) + 1
    kept = torch.zeros_like(values)
    kept[order[:n]] = values[:n]
    return kept / kept.sum()


def divide(ending=slice, cut=-1, rank=lambda log_p, n, a: log_p / n**a, going=None, order=lambda *both: both):
    """The middle of a beam search, with a mistake at choice."""

    def answer(steps, width, a):
        over, beams = [], []
        for log_p, words, _ in steps[: width if ending is slice else ending]:
            if words[-1] == 3:
                over.append((rank(log_p, len(words), a), words[:cut]))
        for step in steps[: going and going(width)]:
            if step[1][-1] != 3 and len(beams) < width:
                beams.append(step)
        return order(over, beams)

    return answer


def end_goes_on(steps, width, a):
    return divide()(steps, width, a)[0], steps[:width]


def words_shortened_in_place(steps, width, a):
    over = [(log_p / len(words) ** a, words) for log_p, words, _ in steps[:width] if words[-1] == 3]
    beams = divide()(steps, width, a)[1]
    for _, words in over:
        words.pop()
    return over, beams


def nothing_is_over(steps, width, a):
    return [], divide()(steps, width, a)[1]


def divide_by_hand(steps, width, a):
    """Right in another way: tuples, a queue, math.pow."""
    over, beams = (), ()
    for place, step in enumerate(steps):
        if step[1][-1] != 3:
            beams += (step,)
        elif place < width:
            over += ((step[0] * math.pow(len(step[1]), -a), list(step[1][:-1])),)
    return over, beams[:width]


def purity(kind="right"):
    def answer(labels, truth):
        if kind == "reversed":
            labels, truth = truth, labels
        groups = {g: Counter(t for l, t in zip(labels, truth, strict=True) if l == g) for g in set(labels)}
        best = {g: group.most_common(1)[0][1] for g, group in groups.items()}
        if kind == "majority":
            best = {g: n * (2 * n > groups[g].total()) for g, n in best.items()}
        if kind == "mean":
            return sum(best[g] / groups[g].total() for g in groups) / len(groups)
        return sum(best.values()) / (1 if kind == "count" else len(labels))

    return answer


def purity_of_groups(groups):
    """With groups that are numbered in a certain way."""

    def answer(labels, truth):
        pairs = list(zip(labels, truth, strict=True))
        kinds = [Counter(kind for label, kind in pairs if label == group) for group in groups(labels)]
        return sum(max(kind.values(), default=0) for kind in kinds) / len(truth)

    return answer


def weigh(times=lambda n: n, weight=lambda n, has: math.log(n / has), has=None, share=False):
    def answer(captions):
        found = [{word: times(caption.count(word)) for word in caption} for caption in captions]
        counts = Counter(word for caption in captions for word in ({*caption} if has is None else caption))
        rows = [{w: n * weight(len(captions), counts[w]) for w, n in row.items()} for row in found]
        return (
            [{w: x / len(c) for w, x in r.items()} for r, c in zip(rows, captions, strict=True)]
            if share
            else rows
        )

    return answer


def weigh_as_a_table(captions):
    words = sorted({word for caption in captions for word in caption})
    table = np.array([[caption.count(word) for word in words] for caption in captions])
    table = table * np.log(len(table) / (table > 0).sum(0))
    return [dict(zip(words, row, strict=True)) for row in table]


def weigh_pieces(captions):
    """Counts "sea" in "seat", too."""
    texts = [" ".join(caption) for caption in captions]
    has = {word: sum(word in text for text in texts) for caption in captions for word in caption}
    return [
        {word: text.count(word) * math.log(len(texts) / has[word]) for word in caption}
        for caption, text in zip(captions, texts, strict=True)
    ]


def weigh_what_is_said(captions):
    return [{w: x for w, x in row.items() if x} for row in weigh_as_a_table(captions)]


def attend(weigh=lambda scores: scores.softmax(-1), add=True):
    def answer(scores, places):
        weighted = weigh(scores)[..., None] * places
        return weighted.sum(1) if add else weighted

    return answer


def dot_product(weigh):
    """An AttentionDecoder whose look(state) is weigh(dot products (B, P), A)."""

    class Dot(AttentionDecoder):
        def look(self, state):
            dots = torch.einsum("bpa,ba->bp", state[3], self.query(state[0]))
            return weigh(dots, state[3].size(-1))

    return Dot


def most_in_all(weights, side):
    grid = weights.view(side, side)
    return int(grid.sum(1).argmax()), int(grid.sum(0).argmax())


def rivals_of(rewards):
    return (rewards.sum(1, keepdim=True) - rewards) / (rewards.size(1) - 1)


def critic(baseline=rivals_of, sign=-1, finish=torch.mean):
    return lambda log_prob, rewards: finish(sign * (rewards - baseline(rewards)) * log_prob)


def critic_one_by_one(log_prob, rewards):
    terms = []
    for chances, row in zip(log_prob, rewards.tolist(), strict=True):
        for i, (chance, own) in enumerate(zip(chances, row, strict=True)):
            terms.append((np.mean(row[:i] + row[i + 1 :]) - own) * chance)
    return sum(terms) / len(terms)


def by_position(rates, machines):
    whole = [rate * n for rate, n in zip(rates.values(), machines.values(), strict=True)]
    return list(rates)[whole.index(min(whole))], min(whole)


def weighted(finish):
    """finish(the gradients' sum, weighted by words, words)."""

    def answer(gradients, words):
        total = torch.zeros_like(gradients[0])
        for gradient, n in zip(gradients, words, strict=True):
            total += n * gradient
        return finish(total, words)

    return answer


def merged(groups=lambda a, b: {*a, *b}, join=lambda x, y: x + y):
    def answer(a, b):
        return {group: join(a.get(group, Counter()), b.get(group, Counter())) for group in groups(a, b)}

    return answer


def merge_into(copy):
    """Add b to what `copy` makes of a."""

    def answer(a, b):
        result = copy(a)
        for group, count in b.items():
            result[group] = result.get(group, Counter())
            result[group] += count
        return result

    return answer


def emptied(a, b):
    """Right, but b is used up."""
    result = merge_into(deepcopy)(a, b)
    b.clear()
    return result


def merge_by_word(a, b):
    result = defaultdict(Counter)
    for part in (a, b):
        for group, count in part.items():
            for word, n in count.items():
                result[group][word] += n
    return result


def merge_plainly(a, b):
    """With plain dicts for Counters."""
    return {group: dict(count) for group, count in merged()(a, b).items()}


def bottleneck(rates, machines):
    return min((rates[stage] * machines[stage], stage) for stage in rates)[::-1]


def conveyor(total):
    """The right stage, with total(pictures a second of each stage)."""

    def answer(rates, machines):
        whole = [rates[stage] * machines[stage] for stage in rates]
        return bottleneck(rates, machines)[0], total(whole)

    return answer


def losses(reduce):
    """reduce(-log p (B, T), whether it is a word (B, T)) as a loss."""

    def answer(logits, targets):
        return reduce(-logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0], targets != 0)

    return answer


def softmax_over_time(logits, targets):
    each = -logits.log_softmax(1).gather(-1, targets[..., None])[..., 0]
    return each[targets != 0].mean()


def whole(reference):
    return [score(WROTE, [group[0] for group in WROTE])[reference]]


PLACE_WORDS = ["beach", "street", "park", "kitchen", "room", "farm", "harbour", "camp", "forest", "snow"]


def place_counts(captions, words=None):
    return [[word in caption.lower() for word in words or PLACE_WORDS] for caption in captions]


def known_by_number(captions):
    places = [scene.truth["place"] for scene in practice(240, "sort 0")]
    return np.eye(12)[np.unique(places, return_inverse=True)[1]]


def character_pieces(captions):
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4)).fit_transform(captions).toarray()


def tfidf_without_filler(captions):
    return TfidfVectorizer(stop_words=list(STOP_WORDS)).fit_transform(captions).toarray()


def shared_in_order(captions):
    first, *others = map(tokenize, captions)
    return [word for word in dict.fromkeys(first) if all(word in words for words in others)]


@cache
def learning():
    return sum(p.numel() for p in machine().encoder.fc.parameters())


@cache
def wrong_answers():
    """number -> [(answer, a piece of the hint)]"""
    config = machine().decoder.config
    size, e, h = config["vocabulary_size"], config["embedding_dim"], config["hidden_dim"]
    return {
        "0.1": [
            (sum(map(len, PEOPLE)) / len(PEOPLE), "letters"),
            (sum(len(c.split()) for c in PEOPLE) / 24, "five captions"),
            (sum(len(c.split()) for c in PEOPLE), "all words together"),
            (np.median([len(c.split()) for c in PEOPLE]), "median"),
            (np.mean([len(c.split()) for c in PEOPLE[::5]]), "not the first"),
            (3, "every picture"),
            ("nine", "a number"),
        ],
        "0.2": [
            (lambda captions: set().union(*map(tokenize, captions)), "any"),
            (lambda captions: set.intersection(*(set(c.split()) for c in captions)), "one word"),
            (common_words(cut=lower_split), "one word"),
            (lambda captions: len(captions), "a set"),
            (lambda captions: set.intersection(*map(set, captions)), "letters"),
            (common_words(begin=set()), "begin with the first caption"),
            (common_words(of=lambda captions: captions[:1]), "is no word of"),
            (common_words(of=lambda captions: captions[:2]), "is no word of"),
            (common_words(of=lambda captions: captions[::-2][:2]), "is no word of"),
            (mostly, "is no word of"),
            (inside_the_text, "'in' is no word of"),
            (lambda captions: common_words()(captions) - {"the"}, "'the' is a word of each"),
            (common_words(of=lambda captions: captions[:3]), "is no word of"),
            (as_often_as_captions, "is no word of"),
            (lambda captions: " ".join(common_words()(captions)), "a set"),
        ],
        "0.3": [
            (right_subjects(), "how *many*"),
            (100 * right_subjects() / 24, "per cent"),
            (1 - right_subjects() / 24, "wrong"),
            (right_subjects(str) / 24, "synonyms"),
            (right_subjects(tokenize) / 24, "plurals"),
            (1, "holds of places"),
            (0.123, "each caption"),
        ],
        "0.4": [
            (lambda captions: max(map(captions.count, captions)) >= len(captions) / 2, "exactly half"),
            (lambda captions: len(set(captions)) <= len(captions) / 2 + 1, "not *one* sentence"),
            (lambda captions: len(set(captions)) < len(captions) / 2, "saw nothing wrong"),
            (lambda captions: len(set(captions)) == 1, "saw nothing wrong"),
            (lambda captions: captions.count(captions[0]) > len(captions) / 2, "saw nothing wrong"),
            (lambda captions: captions.count(captions[-1]) > len(captions) / 2, "saw nothing wrong"),
            (lambda captions: max(map(captions.count, captions)) > 1, "called that broken"),
            (lambda captions: max(map(captions.count, captions)) >= 0.51 * len(captions), "51 of 101"),
            (lambda captions: captions[0], "True or False"),
        ],
        "1.1": [
            (len(COUNTS), "different words there are"),
            (sum(n > 1 for n in COUNTS.values()), "more than once"),
            (sum(n < 3 for n in COUNTS.values()), "once or twice"),
            (sum(n == 1 for n in COUNTS.values()) / len(COUNTS), "a share"),
            (sum(n == 1 for n in bare_count(SENTENCES).values()), "are one word"),
            (1, "counts of 1"),
        ],
        "1.2": [
            (lambda sentence: sentence.split(), "same word"),
            (lambda sentence: sentence.lower().split(), "punctuation"),
            (lambda sentence: [w.strip(".,!():;") for w in sentence.lower().split()], "punctuation"),
            (lambda sentence: re.findall(r"[a-z]+", sentence.lower()), "a number is a word"),
            (lambda sentence: re.findall(r"\w+", sentence.lower()), "inside a word"),
            (lambda sentence: re.findall(r"[\w'-]+", sentence.lower()), "only inside it"),
            (lambda sentence: re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", sentence.lower()), "is a letter"),
            (lambda sentence: re.sub(r"[^\w\s]", "", sentence.lower()).split(), "inside a word"),
            (lambda sentence: re.split(r"[^\w'-]+", sentence.lower()), "empty string"),
            (lambda sentence: set(tokenize(sentence)), "a list"),
            (lambda s: re.findall(r"\w+(?:['-]\w+)*", s[:1].lower() + s[1:]), "same word"),
            (lambda s: [w for w in tokenize(s) if w[1:]], "one letter"),
            (lambda s: re.findall(r"\w+(?:['-]\w+)?", s.lower()), "inside a word"),
            (lambda s: re.findall(r"[^\W\d]+(?:['-]\w+)*|\d", s.lower()), "a number is a word"),
            (lambda s: re.findall(r"[a-z0-9é]+(?:['-][a-z0-9é]+)*", s.lower()), "is a letter like any"),
            (parted_by_one_space, "as one space does"),
        ],
        "1.3": [
            (keeps(lambda n, t: n * (n >= t)), "too few"),
            (keeps(enough=lambda kept, share: kept > share), "at least"),
            (keeps(lambda n, t: n > t), "running words"),
            (keeps(count=bare_count), "count_words knows"),
            (lambda captions, share: 0, "with 0"),
            (lambda captions, share: 1000, "0.0%"),
            (lambda captions, share: "many", "a number"),
            (lambda captions, share: keeps()(captions, share) - 0.5, "so does a larger one"),
            (lambda captions, share: max(1, keeps()(captions, share)), "only 0 keeps enough"),
            (lambda captions, share: min(127, keeps()(captions, share)), "299 keeps all"),
        ],
        "1.4": [
            (padded(left=True), "at the left"),
            (padded(pad=1), "PAD is 0"),
            (padded(lambda rows: min(map(len, rows))), "cut off"),
            (padded(lambda rows: len(rows[0])), "cut off"),
            (lambda rows: pad_sequence([torch.tensor(row) for row in rows]), "(T, B)"),
            (padded(lambda rows: 20), "pad no further"),
            (lambda rows: [row + [0] * (11 - len(row)) for row in rows], "rows"),
            (lambda rows: [row + [0] * 11 for row in rows], "rows of one length"),
            (padded(order=lambda rows: sorted(rows, key=len)), "in their order"),
            (padded(order=lambda rows: sorted(rows, key=len, reverse=True)), "in their order"),
            (padded(order=lambda rows: [row[1:-1] for row in rows]), "cut off"),
            (padded(order=lambda rows: rows[:1]), "make 3 rows"),
            (padded(number=float), "whole numbers"),
            (lambda rows: filled_zeros(rows, torch.float), "whole numbers"),
            (lambda rows: filled_zeros(rows, torch.uint8), "have changed"),
            (lambda rows: map(list, padded()(rows)), "a list of lists, or a tensor"),
            (lambda rows: [iter(row) for row in padded()(rows)], "a list of lists, or a tensor"),
            (lambda rows: [i for row in padded()(rows) for i in row], "one block"),
        ],
        "2.1": [
            (sum(p.numel() for p in machine().encoder.parameters()), "all parameters"),
            (sum(p.numel() for p in machine().encoder.cnn.parameters()), "frozen"),
            (machine().encoder.fc.weight.numel(), "Something else"),
            (7, "that learn"),
        ],
        "2.2": [
            (lambda size, kernel, stride, padding: (size + padding - kernel) // stride + 1, "both ends"),
            (lambda size, kernel, stride, padding: (size + 2 * padding - kernel) // stride, "one too few"),
            (lambda size, kernel, stride, padding: (size + 2 * padding - kernel) / stride + 1, "half pixel"),
            (lambda size, kernel, stride, padding: size, "gives"),
            (lambda size, kernel, stride, padding: (size - kernel) // stride + 1, "padding, too"),
            (
                lambda size, kernel, stride, padding: math.ceil((size + 2 * padding - kernel) / stride) + 1,
                "one too many",
            ),
        ],
        "2.3": [
            (lambda features, i: i, "another"),
            (lambda f, i: nn.functional.cosine_similarity(f, f[i : i + 1]).median(), "a cosine"),
            (
                lambda f, i: nn.functional.cosine_similarity(
                    torch.cat([f[:i], f[i + 1 :]]), f[i : i + 1]
                ).argmax(),
                "moved up",
            ),
            (lambda f, i: mine.other_than(f @ f[i], i, -999).argmax(), "length one"),
            (lambda f, i: mine.other_than((f - f[i]).norm(dim=1), i, 99).argmin(), "distance"),
            (mine.nearest(own=0), "less than -1"),
            (mine.nearest(own=-1.0), "a cosine may be -1"),
            (mine.nearest(leave=lambda cosine, i: cosine > 0.999), "leave out number i"),
            (mine.nearest(rank=torch.abs), "mind the sign"),
            (lambda features, i: 0, "greatest cosine"),
        ],
        "2.4": [
            (lambda model, n: setattr(model, "fc", nn.Linear(1000, n)) or model, "in_features"),
            (mine.new_head(freeze=False), "still learn"),
            (mine.new_head(late=True), "freeze first"),
            (mine.new_head(dim=99), "numbers were asked"),
            (mine.new_head(replace=False), "old head"),
            (mine.head_on_head, "the *place*"),
            (mine.body_anew, "other features"),
            (lambda model, embedding_dim: 5, "return the model"),
        ],
        "2.5": [
            (mine.half_frozen(mine.train_all), "in training mode"),
            (mine.half_frozen(mine.train_none), "`fc`, with everything"),
            (mine.half_frozen(mine.train_and_forget), "returns the model itself"),
            (mine.half_frozen(mine.train_the_parts), "the model itself still says"),
            (mine.half_frozen(mine.train_the_outside), "`fc`, with everything"),
            (mine.half_frozen(mine.train_if_asked), "after train() `fc`"),
            (mine.half_frozen(mine.train_the_top), "in training mode"),
            (mine.half_frozen(mine.train_and_freeze), "requires_grad"),
            (mine.half_frozen(mine.train_without_statistics), "drifted"),
        ],
        "3.1": [
            (math.log2(size), "bits"),
            (math.log10(size), "decimal"),
            (-math.log(size), "sign"),
            (1 / size, "probability"),
            (size, "-log p"),
            (math.log(size - 4), "special words"),
            (math.log(size - 1), "also the first"),
            (math.log(size) + 0.006, "measured, or rounded"),  # as the first loss in the notebook
            (round(math.log(size), 1), "measured, or rounded"),
        ],
        "3.2": [
            (lambda logits, targets: logits.gather(1, targets[:, None]).sum(), "logits themselves"),
            (lambda logits, targets: nn.functional.cross_entropy(logits, targets, reduction="sum"), "-log p"),
            (lambda logits, targets: -nn.functional.cross_entropy(logits, targets), "mean"),
            (
                lambda logits, targets: logits.log_softmax(0).gather(1, targets[:, None]).sum(),
                "last dimension",
            ),
            (lambda logits, targets: logits.softmax(1).gather(1, targets[:, None]).sum(), "logarithms"),
            (lambda logits, targets: logits.softmax(1).gather(1, targets[:, None]).prod(), "its logarithm"),
            (lambda logits, targets: nn.functional.cross_entropy(logits, targets), "a mean of -log p"),
            (lambda logits, targets: logits.log_softmax(1).amax(1).sum(), "likeliest word"),
            (lambda logits, targets: logits.log_softmax(1)[:, targets].sum(), "at every step"),
            (lambda logits, targets: mine.log_p(logits[:-1], targets[:-1]), "last word"),
            (lambda logits, targets: mine.log_p(logits[1:], targets[1:]), "first word"),
            (lambda logits, targets: mine.log_p(logits, targets) / math.log(2), "natural one"),
            (
                lambda logits, targets: (
                    -nn.functional.cross_entropy(logits, targets, ignore_index=0, reduction="sum")
                ),
                "word 0 counts",
            ),
        ],
        "3.3": [
            (e, "embedding"),
            (h + 1, "last layer"),
            (h, "one layer"),
            (e + h, "bias"),
            (size * (e + h + 1), "all words"),
            (7, "rows"),
        ],
        "3.4": [
            (mine.unrolled(blind=True), "picture is missing"),
            (mine.unrolled(still=True), "the step before"),
            (mine.unrolled(dim=0), "(T, B, V)"),
            (mine.unrolled(own=True), "not the likeliest"),
            (mine.unrolled(squeeze=True), "all three dimensions"),
            (lambda decoder, context, words: mine.unrolled()(decoder, context, words[:, :-1]), "last word"),
            (lambda decoder, context, captions: torch.zeros(3, 5, 11), "step t reads"),
            (lambda decoder, context, captions: decoder(context, captions), "own forward"),
            (
                lambda decoder, context, captions: decoder.hidden(context, captions),
                "start() and step() alone",
            ),
            (lambda *asked: mine.unrolled()(*asked).softmax(-1), "those are probabilities"),
            (lambda *asked: mine.unrolled()(*asked).log_softmax(-1), "those are log p"),
        ],
        "3.5": [
            (mine.OnlyInTraining, "step() shows no picture"),
            (mine.OnlyInSpeaking, "right as it stood"),
            (mine.StateLost, "as many parts"),
            (mine.StandsStill, "has reached"),
            (mine.NoContextFirst, "comes first"),
            (mine.NoScores, "a score for every word"),
            (mine.ContextOnTheSide, "another batch"),
            (mine.ContextOfTheFirst, "another order"),
            (mine.NoReturn, "`return` missing"),
            (mine.OneSqueezed, "one picture is a batch"),
        ],
        "4.1": [
            (whole("CIDEr")[0], "own references"),
            (score([g[1:] for g in WROTE], [g[0] for g in WROTE])["BLEU-4"], "BLEU-4"),
            (score([g[1:] for g in WROTE], [g[0] for g in WROTE]), "one number"),
            (score([g[:-1] for g in WROTE], [g[-1] for g in WROTE])["CIDEr"], "not the last"),
            (score([g[1:2] for g in WROTE], [g[0] for g in WROTE])["CIDEr"], "one other caption"),
            (judged_by_the_first(), "judged by the first"),
            (score([g[1:4] for g in WROTE], [g[0] for g in WROTE])["CIDEr"], "left one out"),
            (score(WROTE[:1], WROTE[0][:1])["CIDEr"], "a single picture"),
            (score([g[1:] for g in WROTE], [g[0] for g in WROTE])["CIDEr"] / 10, "nothing need be divided"),
            (0.5, "the other four"),
        ],
        "4.2": [
            (losses(lambda loss, words: loss.mean()), "PAD counts"),
            (losses(lambda loss, words: (loss * words).mean()), "when you divide"),
            (losses(lambda loss, words: loss[words].sum()), "sum"),
            (losses(lambda loss, words: ((loss * words).sum(1) / words.sum(1)).mean()), "captions' means"),
            (losses(lambda loss, words: -loss[words].mean()), "sign"),
            (losses(lambda loss, words: loss), "one number"),
            (losses(lambda loss, words: loss[words].sum() / len(words)), "not of captions"),
            (losses(lambda loss, words: loss[words].mean() / math.log(2)), "natural logarithm"),
            (raw_logits, "no probabilities"),
            (losses(lambda loss, words: loss[words].mean() / math.log(10)), "decimal"),
            (losses(lambda loss, words: -loss[words].neg().exp().mean()), "that is -p"),
            (losses(lambda loss, words: loss[words].mean().exp()), "perplexity"),
            (softmax_over_time, "last dimension"),
        ],
        "4.3": [
            (of_words(one_run), "one unbroken run"),
            (of_words(lambda one, other: (Counter(one) & Counter(other)).total()), "the same order"),
            (of_words(lambda one, other: len(set(one) & set(other))), "the order matters"),
            (table(str.__eq__), "not letters"),
            (of_words(table(lambda word, its: word in its)), "whole words"),
            (of_words(first_come), "the first match"),
            (of_words(table(str.__eq__, share=True)), "a share"),
            (of_words(matching_blocks), "”: "),
            (of_words(lambda one, other: first_come(one[::-1], other[::-1])), "the last match"),
            (
                of_words(lambda a, b: max(first_come(*p) for p in ((a, b), (b, a), (a[::-1], b[::-1])))),
                "”: ",
            ),
            (lambda one, other: table(str.__eq__)(one.split(" "), other.split(" ")), "empty caption"),
        ],
        "4.4": [
            (no_zero_grad, "add up"),
            (no_step, "stood still"),
            (step_before_backward, "stood still"),
            (nothing_returned, "returned None"),
            (loss_after_the_step, "after the step"),
            (by_its_own_step, "step of the optimizer"),
            (uphill, "step of the optimizer"),
        ],
        "5.1": [
            (24 - different(), "agree"),
            (different() / 24, "a share"),
            (different(5), "beam_width=5"),
            (24, "whole lists"),
            (different(of=lambda h: len(h.words)), "length"),
            (different(place=-1), "the best is [0]"),
            (different(place=1), "the best is [0]"),  # on some machines the same number
            (0.7, "best hypothesis"),
        ],
        "5.2": [
            (say(keep_end=True), "END is no word"),
            (say(keep_start=True), "START is no word"),
            (say(never=()), "never said"),
            (say(stop=False), "does not stop"),
            (say(feed=False), "feed back"),
            (say(move=False), "the step before"),
            (say(echo=slice(0)), "twice in a row"),
            (say(echo=slice(None)), "it may come again"),
            (lambda decoder, context, max_words: [], "likeliest words"),
            (lambda decoder, context, n: say()(decoder, context, n - 1), "stopped before"),
            (only_zero, "never said, however likely"),
            (end_not_first, "END ends it"),
            (say(never=(0, 1, 2, 3)), "END ends it"),
            (lambda decoder, context, n: say()(decoder, context, 20), "at most max_words"),
            (lambda decoder, context, n: say()(decoder, context, min(n, 20)), "stopped before"),
        ],
        "5.3": [
            (nucleus(shift=-1), "belongs to them"),
            (nucleus(shift=1), "one word too many"),
            (nucleus(again=False), "add up to 1"),
            (nucleus(in_place=False), "changed places"),
            (lambda probabilities, p: probabilities, "all words"),
            (
                lambda probabilities, p: (probabilities * (nucleus()(probabilities, p) > 0)).softmax(-1),
                "softmax",
            ),
            (nucleus_up_to, "to reach p = 0.5"),
            (nucleus_by_value, "by order and not by value"),
            (nucleus_by_argmax, "mind rounding"),
            (
                lambda probabilities, p: nucleus()(probabilities, p - (len(probabilities) > 99) / 1000),
                "of 2000 words",
            ),
        ],
        "5.4": [
            (divide(order=lambda over, beams: (beams, over)), "first those that are over"),
            (divide(order=lambda over, beams: over), "two lists"),
            (end_goes_on, "does not go on"),
            (divide(going=lambda width: width), "leaves a place"),
            (divide(going=lambda width: 1), "likeliest of those without END"),
            (divide(ending=None), "among the `width` likeliest"),
            (divide(cut=None), "no word of the caption"),
            (nothing_is_over, "set aside"),
            (words_shortened_in_place, "leave the steps as they are"),
            (
                divide(order=lambda over, beams: ([(words, score) for score, words in over], beams)),
                "a pair (score, words)",
            ),
            (divide(rank=lambda log_p, n, a: log_p), "not log p"),
            (divide(rank=lambda log_p, n, a: log_p / (n - 1) ** a), "n counts END"),
            (divide(rank=lambda log_p, n, a: log_p / (n * a or 1)), "power"),
        ],
        "6.1": [
            (people_agree()["purity"], "purity"),
            (people_agree()["NMI"], "NMI"),
            (people_agree(4)["ARI"], "12"),
        ],
        "6.2": [
            (purity("majority"), "less than half"),
            (purity("reversed"), "each *place*"),
            (purity("mean"), "mean over groups"),
            (purity("count"), "a share"),
            (lambda labels, truth: 100 * purity()(labels, truth), "per cent"),
            (purity_of_groups(lambda labels: range(5)), "should give"),
            (purity_of_groups(lambda labels: range(len(set(labels)))), "should give"),
        ],
        "6.3": [
            (weigh(times=bool), "counts twice"),
            (weigh(has="said"), "captions that have a word"),
            (weigh(weight=lambda n, has: n / has), "logarithm"),
            (weigh(weight=lambda n, has: math.log(has / n)), "other way around"),
            (weigh(weight=lambda n, has: math.log10(n / has)), "natural"),
            (weigh(weight=lambda n, has: math.log2(n / has)), "natural"),
            (weigh_pieces, "should be others"),
            (weigh(weight=lambda n, has: 1 + math.log((1 + n) / (1 + has))), "smoothed"),
            (weigh(weight=lambda n, has: 1), "those are counts"),
            (weigh(share=True), "a share of its words"),
            (lambda captions: weigh()(captions)[0], "list of"),
            (weigh_as_a_table, "does not say"),
        ],
        "6.4": [
            (lambda captions: CountVectorizer().fit_transform(captions).toarray(), "outweighs the place"),
            (lambda captions: TfidfVectorizer().fit_transform(captions), "outweighs the place"),
            (character_pieces, "outweighs the place"),
            (lambda captions: place_counts(captions, PLACE_WORDS[:3]), "zeros only"),
            (
                lambda captions: CountVectorizer().fit_transform([c.split()[-1] for c in captions]),
                "which words",
            ),
            (known_by_number, "one row a caption"),
            (lambda captions: np.ones((len(captions), 3)), "same vector"),
            (lambda captions: np.ones(len(captions)), "one row a caption"),
            (lambda captions: np.full((len(captions), 2), np.nan), "not finite"),
        ],
        "7.1": [
            (36, "how many places"),
            (1 / 6, "the side"),
            (1 / 64, "larger CNNs"),
            (1 / 96**2, "pixels"),
            (6, "make a row"),
            (1 / 144, "halves the sides"),
            (1 / 192, "channels"),
            (100 / 36, "per cent"),
            (1, "all weights add up to"),
            (0, "a weight of nothing"),
            (0.028, "as a fraction"),
            (1 / 49, "would be 49 places"),
            (0.7, "how many places share"),
        ],
        "7.2": [
            (attend(weigh=lambda scores: scores), "no weights yet"),
            (attend(weigh=lambda scores: scores.softmax(0)), "not over the pictures"),
            (lambda scores, places: places.mean(1), "plain mean"),
            (attend(add=False), "one vector for each place"),
            (attend(weigh=lambda scores: scores.softmax(-1) / scores.size(1)), "sum, not the mean"),
            (lambda scores, places: scores.softmax(-1).unsqueeze(1) @ places, "left over"),
            (lambda scores, places: list(attend()(scores, places)), "torch.stack"),
            (attend(weigh=lambda scores: scores.sigmoid()), "the shape is right"),
            (lambda scores, places: attend()(scores, places).sum(1), "yours is (2,)"),
        ],
        "7.3": [
            (lambda weights, side: divmod(int(weights.argmax()), side)[::-1], "row comes first"),
            (lambda weights, side: int(weights.argmax()), "(row, column)"),
            (lambda weights, side: divmod(int(weights.argmin()), side), "smallest"),
            (lambda weights, side: tuple(i + 1 for i in divmod(int(weights.argmax()), side)), "from 0"),
            (most_in_all, "the one best place"),
            (lambda weights, side: (weights.argmax() / side, weights.argmax() % side), "// instead of /"),
        ],
        "7.4": [
            (dot_product(lambda dots, a: dots / a**0.5), "softmax makes weights"),
            (dot_product(lambda dots, a: dots.softmax(-1)), "divided by the root"),
            (dot_product(lambda dots, a: (dots / a).softmax(-1)), "*root*"),
            (dot_product(lambda dots, a: (dots / dots.size(1) ** 0.5).softmax(-1)), "number of places"),
            (dot_product(lambda dots, a: (dots / a**0.5).softmax(0)), "over the places"),
            (dot_product(lambda dots, a: (dots / 16).softmax(-1)), "root of 256"),
            (dot_product(lambda dots, a: (dots / 8**0.5).softmax(-1)), "of the state"),
            (dot_product(lambda dots, a: (dots * a**0.5).softmax(-1)), "do not multiply"),
            (dot_product(lambda dots, a: dots.softmax(-1) / a**0.5), "*before* the softmax"),
            (dot_product(lambda dots, a: (dots / a**0.5).softmax(-1).squeeze()), "squeeze(-1)"),
            (dot_product(lambda dots, a: (dots / 3).softmax(-1)), "the shape is right"),
            (dot_product(lambda dots, a: None), "returned None"),
            (
                type(
                    "AsBefore", (AttentionDecoder,), {"look": lambda self, s: AttentionDecoder.look(self, s)}
                ),
                "already",
            ),
        ],
        "7.5": [
            (critic(sign=1), "worse captions"),
            (critic(lambda rewards: rewards.mean(1, keepdim=True)), "its own rivals"),
            (critic(lambda rewards: rewards.mean()), "ones in the row"),
            (critic(lambda rewards: rewards.mean(0)), "columns are captions"),
            (critic(lambda rewards: 0), "the rewards alone"),
            (critic(finish=torch.sum), "that is the sum"),
            (critic(finish=lambda each: each.sum(1).mean()), "sum for each picture"),
            (critic(finish=lambda each: each), "one number"),
            (critic(finish=lambda each: each.mean().item()), "no gradient"),
            (critic(lambda rewards: (rewards.sum(1, keepdim=True) - rewards) / rewards.size(1)), "S - 1"),
        ],
        "8.1": [
            (16, "full batch"),
            (5, "rank 5 begin"),
            (35, "share it"),
            (35 / 8, "into pieces"),
            (3, "left over"),
            (2500, "whole epoch"),
            (128, "shorter"),
            (156, "are full"),
            (157, "look into"),
            (7, "5, 13"),
        ],
        "8.2": [
            (lambda gradients, words: torch.stack(gradients).mean(0), "plain mean"),
            (lambda gradients, words: sum(gradients), "sum of the means"),
            (weighted(lambda total, words: total), "divide by how many"),
            (weighted(lambda total, words: total / len(words)), "not of processes"),
            (lambda gradients, words: sum(gradients) / sum(words), "without weights"),
            (lambda gradients, words: [g * n for g, n in zip(gradients, words, strict=True)], "one tensor"),
            (weighted(lambda total, words: (total / sum(words)).sum()), "should count"),
            (lambda g, words: (torch.stack(g) * torch.tensor(words)).sum(0) / sum(words), "should count"),
            (lambda gradients, words: sum(g / n for g, n in zip(gradients, words, strict=True)), "should co"),
        ],
        "8.3": [
            (lambda a, b: a | b, "replaced a's"),
            (lambda a, b: {**b, **a}, "replaced b's"),
            (merged(groups=lambda a, b: a), "only b has"),
            (merged(groups=lambda a, b: b), "only a has"),
            (merged(groups=lambda a, b: a.keys() & b.keys()), "both have are left"),
            (merged(join=lambda x, y: x | y), "greater of two"),
            (merged(join=lambda x, y: Counter({**x, **y})), "replaced the other"),
            (merged(join=lambda x, y: x - y), "it made"),
            (merged(groups=lambda a, b: range(12)), "it made"),
            (lambda a, b: sum([*a.values(), *b.values()], Counter()), "groups apart"),
            (lambda a, b: [a, b], "a dict, not list"),
            (lambda a, b: {group: a[group] + b[group] for group in a | b}, "KeyError"),
            (merge_into(lambda a: a), "no longer"),
            (merge_into(dict), "same Counters"),
            (emptied, "no longer"),
        ],
        "8.4": [
            (lambda rates, machines: bottleneck(rates, dict.fromkeys(rates, 1)), "side by side"),
            (lambda rates, machines: bottleneck(machines, dict.fromkeys(rates, 1)), "fewest units"),
            (conveyor(max), "fastest stage"),
            (conveyor(sum), "do not add up"),
            (conveyor(np.mean), "a mean"),
            (conveyor(lambda whole: 1 / sum(1 / each for each in whole)), "took turns"),
            (lambda r, m: (bottleneck(r, m)[0], r[bottleneck(r, m)[0]]), "one of its units"),
            (lambda r, m: (bottleneck(r, m)[0], min(r.values())), "slowest of all units"),
            (lambda r, m: (bottleneck(r, m)[0], sum(r.values())), "over stages"),
            (lambda r, m: (max(r, key=lambda stage: r[stage] * m[stage]), 5), "that is the fastest"),
            (lambda r, m: bottleneck(r, m)[::-1], "first comes the name"),
            (by_position, "another order"),
            (lambda r, m: bottleneck(r, m)[0], "two things"),
            (lambda r, m: (bottleneck(r, m)[0], 3), "at the end"),
            (
                lambda r, m: bottleneck({s: r[s] for s in ("fetch", "decode", "caption", "write")}, m),
                "KeyError",
            ),
        ],
    }


@cache
def other_right_answers():
    """number -> [answer], none of them as in notebooks/solutions"""
    return {
        "0.1": [
            np.mean([caption.count(" ") + 1 for caption in PEOPLE]),
            torch.tensor([len(tokenize(caption)) for caption in PEOPLE]).float().mean(),
        ],
        "0.2": [
            shared_in_order,
            common_words(),
            lambda captions: dict.fromkeys(shared_in_order(captions)).keys(),
            lambda captions: iter(shared_in_order(captions)),
        ],
        "0.3": [torch.tensor(right_subjects() / 24), round(right_subjects() / 24, 3)],
        "0.4": [
            lambda captions: np.unique(captions, return_counts=True)[1].max() * 2 > len(captions),
            lambda captions: captions.count(sorted(captions)[len(captions) // 2]) > len(captions) / 2,
        ],
        "1.1": [len([n for n in COUNTS.values() if n < 2]), list(COUNTS.values()).count(1)],
        "1.2": [
            tokenize,
            lambda s: [w for w in (piece.strip(string.punctuation) for piece in s.lower().split()) if w],
            lambda s: re.findall(r"\b\w[\w'-]*\b", s.lower()),
        ],
        "1.3": [keeps(), by_steps],
        "1.4": [
            lambda rows: pad_sequence([torch.tensor(row) for row in rows], batch_first=True),
            lambda rows: np.array(padded()(rows)),
            filled_zeros,
            lambda rows: [torch.tensor(row) for row in padded()(rows)],
            lambda rows: list(zip(*zip_longest(*rows, fillvalue=0), strict=True)),
        ],
        "2.1": [torch.tensor(learning()), float(learning())],
        "2.2": [
            lambda size, kernel, stride, padding: math.floor((size + 2 * padding - kernel) / stride + 1),
            lambda size, kernel, stride, padding: len(range(0, size + 2 * padding - kernel + 1, stride)),
        ],
        "2.3": [
            lambda f, i: max((j for j in range(len(f)) if j != i), key=lambda j: f[i] @ f[j] / f[j].norm()),
            lambda f, i: mine.other_than(nn.functional.normalize(f) @ f[i], i, -torch.inf).argmax(),
        ],
        "2.4": [mine.new_head_of_a_copy, mine.new_head_layer_by_layer],
        "2.5": [mine.half_frozen(mine.train_by_hand), mine.half_frozen(mine.train_right)],
        "3.1": [-math.log(1 / len(machine().vocabulary)), torch.tensor(len(machine().vocabulary)).log()],
        "3.2": [
            lambda logits, targets: -nn.functional.cross_entropy(logits, targets, reduction="sum"),
            mine.log_p,
        ],
        "3.3": [torch.tensor(128 + 256 + 1), float(128 + 256 + 1)],
        "3.4": [mine.unrolled(), mine.unrolled_into_a_table],
        "3.5": [mine.EveryWord, mine.ByEquations],
        "4.1": [reference_score_picture_by_picture(), np.float32(reference_score_picture_by_picture())],
        "4.2": [caption_loss, losses(lambda loss, words: (loss * words).sum() / words.sum())],
        "4.3": [common, common_by_trying, of_words(table(str.__eq__))],
        "4.4": [one_step, zero_grad_last],
        "5.1": [torch.tensor(different()), np.int64(different())],
        "5.2": [
            say(),
            no_echo_by_rank,
            lambda decoder, context, n: [w for w in say(keep_end=True)(decoder, context, n) if w != 3],
        ],
        "5.3": [nucleus(), nucleus_word_by_word],
        "5.4": [divide(), divide_by_hand],
        "6.2": [lambda labels, truth: agreement(labels, truth)["purity"]],
        "6.3": [weigh(), weigh_what_is_said],
        "6.4": [place_counts, tfidf_without_filler],
        "7.1": [1 / 6**2, torch.full((36,), 1 / 36)[0], 0.02778],
        "7.2": [
            lambda scores, places: torch.einsum("bp,bpe->be", scores.softmax(-1), places),
            lambda scores, places: (
                (scores.exp()[..., None] * places).sum(1) / scores.exp().sum(1, keepdim=True)
            ),
        ],
        "7.3": [
            lambda weights, side: [int(weights.argmax()) // side, int(weights.argmax()) % side],
            lambda weights, side: tuple((weights.view(side, side) == weights.max()).nonzero()[0]),
            lambda weights, side: (weights.view(side, side) == weights.max()).nonzero()[0],
            lambda weights, side: np.array(divmod(int(weights.argmax()), side)),
        ],
        "7.4": [
            dot_product(lambda dots, a: (dots / a**0.5).softmax(-1)),
            dot_product(lambda dots, a: (dots / math.sqrt(a)).exp() / (dots / a**0.5).exp().sum(1)[:, None]),
        ],
        "7.5": [critic(), critic_one_by_one],
        "8.1": [torch.tensor(4), 4.0, sum(row % 8 == 5 for row in range(20_003 - 156 * 128))],
        "8.2": [
            weighted(lambda total, words: total / sum(words)),
            lambda gradients, words: torch.einsum(
                "p...,p->...", torch.stack(gradients), torch.tensor(words) / sum(words)
            ),
            lambda gradients, words: np.average(np.stack(gradients), axis=0, weights=words),
            lambda gradients, words: sum(g * (n / sum(words)) for g, n in zip(gradients, words, strict=True)),
        ],
        "8.3": [merged(), merge_into(deepcopy), merge_by_word, merge_plainly],
        "8.4": [
            bottleneck,
            lambda rates, machines: list(bottleneck(rates, machines)),
            lambda rates, machines: min(((s, r * machines[s]) for s, r in rates.items()), key=lambda p: p[1]),
        ],
    }
