"""Batches that do not fit into the GPU's memory go through it in halves, again and again."""

import torch

from helpers.base.errors import UserError

# What PyTorch says on a GPU of NVIDIA or Apple, of what CUDA's libraries take for themselves, and on a CPU.
_SHORT = ("out of memory", "ALLOC_FAILED", "can't allocate memory", "not enough memory")


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory has run out, the GPU's or the machine's."""
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _SHORT)


class Pieces:
    """In how many pieces batches go through a network: in as few as fit, found out once."""

    def __init__(self, count: int = 1):
        self.count = count

    def each(self, work, *batch, undo=None, changes: str = "no result") -> list:
        """[work(*piece) for each piece of `batch`]: tensors or lists of one length, all cut alike.

        When memory runs out it says so, and what that `changes`; it calls `undo()` for what the pieces so far
        have done, and begins anew with pieces half as large. Later batches are cut like that from the start.
        UserError when a single row does not fit.
        """
        rows = len(batch[0])
        size = max(1, -(-rows // self.count))
        try:
            return [work(*(part[i : i + size] for part in batch)) for i in range(0, rows, size)]
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
        if size == 1:
            raise UserError(
                "Not even a single caption or picture fits into memory: end the other programs and notebooks "
                "that use the GPU (nvidia-smi lists them), or take a smaller network."
            )
        self.count *= 2  # out here the error is gone, and with it the tensors that it kept alive
        print(f"Out of memory: going on with batches in {self.count} pieces, which changes {changes}.")
        if undo:
            undo()
        torch.cuda.empty_cache()  # nothing happens where there is no GPU
        return self.each(work, *batch, undo=undo, changes=changes)

    def through(self, work, batches):
        """Yield what `each` gives, batch by batch; a batch is a tensor or a list, or a tuple of several."""
        for batch in batches:
            yield from self.each(work, *(batch if isinstance(batch, tuple) else (batch,)))
