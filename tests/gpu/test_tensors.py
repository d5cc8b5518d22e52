"""What sorts, draws and checks takes tensors of any device, and says of them what it says of arrays."""

import inspect

import numpy as np
import pytest
import torch
from exercise_answers import other_right_answers
from PIL import Image
from small_world import blobs
from small_world import scenes as captions_and_places

from helpers.look import cluster_plots, galleries, markup, plots, trees
from helpers.look.stage import png_of
from helpers.sort import grouping
from helpers.sort.clustering import cluster_captions, cluster_vectors
from helpers.sort.judging import agreement, stability
from helpers.sort.layout import lay_out, map_2d
from helpers.sort.naming import tally
from helpers.sort.vectors import cut, directions, sif_vectors, together
from helpers.teach.exercises import verdict
from helpers.tell.losses import caption_loss

METHODS = [grouping.k_means, grouping.agglomerative, grouping.hdbscan]
ANSWERS = [
    (number, answer)
    for number, answers in sorted(other_right_answers().items())
    for answer in answers
    if inspect.isfunction(answer) and number not in ("5.4", "6.4")  # 5.4 hands the decoder's own state on
]


@pytest.fixture
def heaps(gpu):
    """Vectors in four heaps on both devices, and the heap of each."""
    vectors, heap = blobs(12)
    vectors = torch.tensor(vectors, dtype=torch.float32)
    return vectors.numpy(), vectors.to(gpu).requires_grad_(), heap


def there(value, gpu):
    """The value as a tensor of the device, or as a list of such; what is no number stays as it is."""
    if isinstance(value, (np.ndarray, torch.Tensor)):
        value = torch.as_tensor(value)
        return (value.float() if value.is_floating_point() else value).to(gpu)  # Apple has no float64
    return type(value)(there(part, gpu) for part in value) if isinstance(value, (list, tuple)) else value


def same_groups(one, other):
    assert one.labels.tolist() == other.labels.tolist() and one.names == other.names
    np.testing.assert_allclose(one.centres, other.centres, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_vectors_are_grouped(heaps, method):
    here, on_gpu, heap = heaps
    same_groups(cluster_vectors(here, 4, method=method), cluster_vectors(on_gpu, 4, method=method))
    captions = ["a dog", "a cat", "a boat", "a tree"] * 12
    same_groups(*(cluster_captions(captions, 3, vectors=v, method=method) for v in (here, on_gpu)))
    labels, centres = method(on_gpu, 4)
    np.testing.assert_array_equal(labels, method(here.astype(float), 4)[0])
    assert agreement(labels, torch.tensor(heap))["ARI"] == 1
    np.testing.assert_array_equal(grouping.nearest(on_gpu, torch.tensor(centres)), labels)


def test_the_number_of_groups_and_how_sure_it_is(heaps):
    here, on_gpu, heap = heaps
    here = here.astype(float)
    assert grouping.choose_k(on_gpu, range(2, 7)) == grouping.choose_k(here, range(2, 7))
    assert grouping.group(on_gpu)[2] == grouping.group(here)[2]
    assert stability(on_gpu, 4) == stability(here, 4)
    np.testing.assert_array_equal(grouping.merge_tree(on_gpu), grouping.merge_tree(here))
    np.testing.assert_allclose(grouping.middles(on_gpu, torch.tensor(heap)), grouping.middles(here, heap))
    groups = cluster_vectors(on_gpu, 4)
    assert groups.predict(on_gpu[:5]).tolist() == groups.labels[:5].tolist()


def test_they_are_laid_out_and_drawn(heaps, gpu):
    here, on_gpu, heap = heaps
    np.testing.assert_array_equal(map_2d(on_gpu), map_2d(here))
    np.testing.assert_array_equal(lay_out(on_gpu), lay_out(here))
    points, labels, names = there(map_2d(here), gpu), torch.tensor(heap).to(gpu), list("abcd")
    for figure in (
        cluster_plots.cluster_map(points, labels, names),
        cluster_plots.confusion(labels, heap.tolist(), names),
    ):
        assert png_of(figure)
    assert cluster_plots.cluster_map_svg(points, labels, names).count("<circle") == 48


def test_vectors_of_words_and_of_several_kinds(heaps, gpu):
    here, on_gpu, _ = heaps
    captions, places = captions_and_places(60)
    words = sorted({word for caption in captions for word in cut(caption).content})
    embedding = torch.randn(len(words), 16)
    one = sif_vectors(captions, embedding.numpy(), words)
    other = sif_vectors(captions, torch.nn.Parameter(embedding.to(gpu)), words)
    np.testing.assert_array_equal(one.matrix, other.matrix)
    same_groups(*(cluster_captions(captions, 5, vectors=some) for some in (one, other)))
    vectors = other.transform(captions)[:48]
    np.testing.assert_array_equal(together(vectors, on_gpu), together(vectors, here))
    np.testing.assert_array_equal(directions(on_gpu).transform(on_gpu), directions(here).transform(here))
    np.testing.assert_allclose(together(on_gpu.detach().bfloat16()), together(here), atol=0.02)
    labels = torch.arange(60) % 3
    counted = [tally(list(map(cut, captions)), some, 3) for some in (labels.numpy(), labels.to(gpu))]
    assert counted[0].counts == counted[1].counts
    assert agreement(labels.to(gpu), places) == agreement(labels.numpy(), places)


def test_numbers_are_drawn(gpu):
    values = torch.tensor([0.5, 0.25], device=gpu)
    one, two = values
    rows = [{"epoch": 1, "train_loss": one, "CIDEr": two}, {"epoch": 2, "train_loss": two, "CIDEr": one}]
    steps = [[(["a"], one.log()), (["b"], two.log())]]
    for figure in (
        plots.bars(values, ["a", "b"]),
        plots.word_by_word(["a"], [[("a", one), ("b", two)]]),
        plots.curves(rows),
        plots.scores({"greedy": {"CIDEr": one}, "beam": {"CIDEr": two}}),
        plots.against(values, {"CIDEr": values, "BLEU-4": [one, two]}, "beam width"),
        trees.beam_tree(steps, ["a"]),
        galleries.feature_maps(torch.rand(8, 4, 4, device=gpu)),
        galleries.attention(Image.new("RGB", (20, 20)), ["a"], torch.rand(1, 9, device=gpu)),
    ):
        assert png_of(figure)
    assert "50.0%" in markup.bar_table(values, ["a", "b"]) and "<img" in markup.strips(values[None], ["a"])
    assert "-0.69" in trees.beam_tree_svg(steps, ["a"])


def test_targets_may_lie_elsewhere_than_what_is_said(gpu):
    logits, targets = torch.randn(2, 3, 5), torch.tensor([[4, 3, 0], [1, 2, 3]])
    losses = [caption_loss(logits, targets), caption_loss(logits.to(gpu), targets)]
    losses.append(caption_loss(logits.to(gpu), targets.to(gpu)))
    assert [loss.item() for loss in losses] == pytest.approx([losses[0].item()] * 3, abs=1e-5)


@pytest.mark.parametrize("number, answer", ANSWERS)
def test_an_answer_may_compute_where_it_likes(number, answer, gpu):
    def on_gpu(*arguments):
        return there(answer(*arguments), gpu)

    assert verdict(number, on_gpu).startswith("right."), verdict(number, on_gpu)
