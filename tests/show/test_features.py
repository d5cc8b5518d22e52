from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from time import sleep

import numpy as np
import pytest
import torch

from helpers.base.disks import DiskError
from helpers.data.datasets import load
from helpers.data.transforms import Transform
from helpers.show import features as module
from helpers.show.encoder import Encoder
from helpers.show.features import features_path, load_features


@contextmanager
def interrupted_after(batches):
    """Ctrl-C when so many batches of pictures have been read: yields them."""
    seen, batch = [], Transform.batch

    def read(self, pictures):
        if len(seen) == batches:
            raise KeyboardInterrupt
        seen.append(pictures)
        return batch(self, pictures)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Transform, "batch", read)
        yield seen


def test_features_are_those_of_the_encoder_and_computed_once(tiny_set, monkeypatch):
    torch.manual_seed(0)
    encoder, transform = Encoder("small", 8, weights=None), Transform(size=32)
    dataset = load(tiny_set, "train")
    features = load_features(encoder, dataset, transform, batch_size=5)
    expected = encoder.features(transform.batch([dataset[i].image for i in range(len(dataset))]))
    assert features.shape == (16, encoder.feature_dim) and features.dtype == torch.float16
    torch.testing.assert_close(features.float(), expected, atol=2e-3, rtol=2e-3)

    monkeypatch.setattr(module, "_compute", lambda *_: 1 / 0)
    assert torch.equal(load_features(encoder, dataset, transform), features)


def test_what_does_not_fit_into_memory_is_halved_and_the_features_are_the_same(tiny_set, monkeypatch, capsys):
    torch.manual_seed(0)
    encoder, transform = Encoder("small", 8, weights=None), Transform(size=32)
    dataset = load(tiny_set, "train")
    expected, fuse = encoder.features(transform.batch(dataset.prepared)), module.fuse

    def small_memory(trunk):
        cnn = fuse(trunk)

        def refuse(_, images):
            if len(images[0]) > 3:
                raise torch.OutOfMemoryError("CUDA out of memory")

        cnn.register_forward_pre_hook(refuse)
        return cnn

    monkeypatch.setattr(module, "fuse", small_memory)
    features = load_features(encoder, dataset, transform, batch_size=10)
    torch.testing.assert_close(features.float(), expected, atol=2e-3, rtol=2e-3)
    assert "batches in 4 pieces" in capsys.readouterr().out


def test_a_stale_cache_cannot_be_used(tiny_set, monkeypatch):
    encoder, transform = Encoder("small", 8, weights=None), Transform(size=32)
    dataset = load(tiny_set, "train")
    paths = set()
    for precision in ("float32", "bfloat16"):
        monkeypatch.setenv("SHOW_TELL_SORT_PRECISION", precision)
        paths.add(features_path(encoder, dataset, transform))
    paths.add(features_path(encoder, load(tiny_set, "val"), transform))
    paths.add(features_path(encoder, dataset, Transform(size=48)))
    paths.add(features_path(encoder, dataset, Transform(size=32, mean=(0, 0, 0))))
    paths.add(features_path(Encoder("small", 8, weights=None), dataset, transform))
    picture = dataset.paths[0]
    picture.write_bytes(dataset.paths[1].read_bytes())
    paths.add(features_path(encoder, load(tiny_set, "train"), transform))
    assert len(paths) == 7


def test_an_interrupted_computation_goes_on_where_it_stopped(tiny_set, monkeypatch):
    torch.manual_seed(0)
    encoder, transform = Encoder("small", 8, weights=None), Transform(size=32)
    dataset = load(tiny_set, "train")
    whole = encoder.features(transform.batch(dataset.prepared))
    path, batch = features_path(encoder, dataset, transform), Transform.batch
    with interrupted_after(2) as seen:
        load_features(encoder, dataset, transform, batch_size=5)
    assert not path.exists()  # what is half done never passes for whole

    def the_rest(self, pictures):
        seen.append(pictures)
        return batch(self, pictures)

    monkeypatch.setattr(Transform, "batch", the_rest)
    features = load_features(encoder, dataset, transform, batch_size=5)
    again = dataset.prepared[:10] + dataset.prepared[5:]  # the last batch may have been half written
    assert [picture for part in seen for picture in part] == again
    torch.testing.assert_close(features.float(), whole, atol=2e-3, rtol=2e-3)
    assert [*path.parent.iterdir()] == [path]


def test_several_views_lie_in_one_file_and_an_interruption_loses_none(tiny_set):
    torch.manual_seed(0)
    encoder, dataset = Encoder("small", 8, weights=None), load(tiny_set, "train")
    views = Transform(size=32), Transform(size=32, flip=True), Transform(size=32, crop=(0.0, 0.0, 0.8, 0.8))
    one_by_one = torch.cat([load_features(encoder, dataset, view, batch_size=5) for view in views])
    path = features_path(encoder, dataset, *views)
    with interrupted_after(6):  # 16 pictures are four batches: two of the second view
        load_features(encoder, dataset, *views, batch_size=5)
    assert not path.exists() and path.with_suffix(".partial").exists()
    features = load_features(encoder, dataset, *views, batch_size=5)
    assert torch.equal(features, one_by_one) and len(features) == 48


@pytest.mark.parametrize("rows", [0, 3, 5, 8, 16, 17, 26, 48])
def test_a_picture_that_was_half_written_when_it_was_killed_is_computed_again(tiny_set, rows):
    torch.manual_seed(0)
    encoder, dataset = Encoder("small", 8, weights=None), load(tiny_set, "train")
    views = [Transform(size=32, flip=flip) for flip in (False, True, False)]
    whole = load_features(encoder, dataset, *views, batch_size=5).clone()
    path = features_path(encoder, dataset, *views)
    torn = np.load(path)
    torn[rows:] = 0
    if rows:
        torn[rows - 1, 40:] = 0
    path.unlink()
    with path.with_suffix(".partial").open("wb") as stream:
        np.save(stream, torn)
    assert torch.equal(load_features(encoder, dataset, *views, batch_size=5), whole)


def test_two_notebooks_that_want_the_same_features_compute_them_once(tiny_set, monkeypatch):
    torch.manual_seed(0)
    encoder, transform = Encoder("small", 8, weights=None), Transform(size=32)
    dataset, batch, read = load(tiny_set, "train"), Transform.batch, []
    both_have_begun = Barrier(2)

    def slowly(self, pictures):
        read.extend(pictures)
        sleep(0.1)  # long enough for the other to get in between, if it could
        return batch(self, pictures)

    def notebook(_):
        both_have_begun.wait()
        return load_features(encoder, dataset, transform, batch_size=5)

    monkeypatch.setattr(Transform, "batch", slowly)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(notebook, range(2))
    assert torch.equal(one, other) and one.any(1).all()
    assert sorted(read) == sorted(dataset.prepared)


@pytest.mark.parametrize("left", [0, 5, 100, -1])
@pytest.mark.parametrize("suffix", [".npy", ".partial"])
def test_a_file_that_was_cut_off_is_made_anew(tiny_set, capsys, left, suffix):
    torch.manual_seed(0)
    encoder, transform = Encoder("small", 8, weights=None), Transform(size=32)
    dataset = load(tiny_set, "train")
    features = load_features(encoder, dataset, transform).clone()
    path = features_path(encoder, dataset, transform)
    content = path.read_bytes()
    path.unlink()
    path.with_suffix(suffix).write_bytes(content[:left])
    assert torch.equal(load_features(encoder, dataset, transform), features)
    assert path.read_bytes() == content and [*path.parent.iterdir()] == [path]
    assert "damaged" in capsys.readouterr().out


def test_a_full_disk_is_one_sentence_and_the_next_run_goes_on(tiny_set, small_disk):
    torch.manual_seed(0)
    encoder, transform = Encoder("small", 8, weights=None), Transform(size=32)
    dataset = load(tiny_set, "train")
    with interrupted_after(1):
        load_features(encoder, dataset, transform, batch_size=5)  # now the file has its size
    with small_disk(2000), pytest.raises(DiskError, match=r"features.*cannot be used"):
        load_features(encoder, dataset, transform, batch_size=5)
    features = load_features(encoder, dataset, transform, batch_size=5)
    expected = encoder.features(transform.batch(dataset.prepared))
    torch.testing.assert_close(features.float(), expected, atol=2e-3, rtol=2e-3)
