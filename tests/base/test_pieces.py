import pytest
import torch

from helpers.base.errors import UserError
from helpers.base.pieces import Pieces, out_of_memory


def limited(rows, seen, words="CUDA out of memory. Tried to allocate 2.00 GiB"):
    """What to do with a piece where memory is short: the sum of its rows, but of at most so many `rows`."""

    def work(values, names):
        if len(values) > rows:
            raise torch.OutOfMemoryError(words)
        seen.append(names)
        return values.sum().item()

    return work


def test_a_batch_that_fits_goes_through_as_it_is(capsys):
    seen = []
    assert Pieces().each(limited(9, seen), torch.arange(5), [*"abcde"]) == [10]
    assert seen == [[*"abcde"]] and capsys.readouterr().out == ""


def test_one_that_does_not_is_halved_says_so_once_and_the_next_is_cut_at_once(capsys):
    seen, undone = [], []
    pieces = Pieces()
    values, names = torch.arange(5), [*"abcde"]
    assert pieces.each(limited(2, seen), values, names, undo=lambda: undone.append(1)) == [1, 5, 4]
    assert seen == [["a", "b"], ["c", "d"], ["e"]] and undone == [1, 1] and pieces.count == 4
    assert capsys.readouterr().out.splitlines() == [
        "Out of memory: going on with batches in 2 pieces, which changes no result.",
        "Out of memory: going on with batches in 4 pieces, which changes no result.",
    ]
    assert pieces.each(limited(2, seen), values, names) == [1, 5, 4]
    assert capsys.readouterr().out == ""


def test_batch_after_batch_goes_through_in_pieces_found_out_once(capsys):
    pairs = [(torch.arange(2), [*"ab"]), (torch.arange(2), [*"cd"])]
    assert [*Pieces().through(limited(1, seen := []), pairs)] == [0, 1, 0, 1]
    assert seen == [["a"], ["b"], ["c"], ["d"]] and capsys.readouterr().out.count("\n") == 1
    assert [*Pieces().through(sum, [[1, 2], torch.arange(4)])] == [3, 6]


def test_pieces_are_those_of_torch_chunk():
    for rows in range(9):
        for count in (1, 2, 4, 8):
            values = torch.arange(rows)
            cut = Pieces(count).each(torch.Tensor.tolist, values)
            assert cut == [part.tolist() for part in values.chunk(count) if len(part)]


def test_what_does_not_fit_in_any_piece_says_what_to_do():
    with pytest.raises(UserError, match=r"Not even a single caption or picture fits.*nvidia-smi"):
        Pieces().each(limited(0, []), torch.arange(3), [*"abc"])


def test_what_failed_lets_go_of_its_tensors_before_the_next_try():
    freed = []

    class Held:
        def __del__(self):
            freed.append(self.rows)

    def work(values):
        tensor = Held()  # one on the GPU, say
        tensor.rows = len(values)
        if len(values) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [*freed]

    assert Pieces().each(work, torch.arange(2))[0] == [2]


def test_other_errors_pass():
    def work(values):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        Pieces().each(work, torch.arange(2))


@pytest.mark.parametrize(
    "error, short",
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9.06 GiB, max allowed: 9.07 GiB)."), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried 9 bytes"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (KeyError("out of memory"), False),
    ],
)
def test_memory_runs_out_in_many_words(error, short):
    assert out_of_memory(error) is short
