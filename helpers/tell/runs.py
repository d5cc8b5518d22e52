"""A training run that loses nothing: on disk after every epoch, in smaller pieces where memory is short."""

import hashlib
import json
import time
from pathlib import Path

import torch

from helpers.base.errors import UserError
from helpers.base.files import whole_file
from helpers.base.processes import rank

SAVED = ("model", "optimizer", "schedule", "scaler")


class Run:
    """A training run that can be interrupted: weights, optimizer, schedule, history, best epoch."""

    def __init__(self, folder: str | Path, model, optimizer, schedule, scaler, pieces: int = 1):
        self.path = Path(folder) / "last.pt"
        self.model, self.optimizer, self.schedule, self.scaler = model, optimizer, schedule, scaler
        self.pieces = pieces  # in which a batch goes through the model
        self.history: list[dict] = []
        self.best: dict | None = None

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history)

    def go_on(self, one_epoch, epochs: int, patience: int, on_epoch=None) -> list[dict]:
        """Call `one_epoch() -> row of the history` until `epochs` are done or CIDEr has stalled.

        Ctrl-C ends it, too, once there is an epoch to keep. Then the model has the weights of the best one.
        """
        try:
            while self.epoch < epochs and not self.stalled(patience):
                began = time.perf_counter()
                row = one_epoch()
                self.finish_epoch(row | {"seconds": time.perf_counter() - began})
                if on_epoch and rank() == 0:
                    on_epoch(self.history)
        except KeyboardInterrupt:
            if self.best is None:
                raise  # nothing has been learnt yet that could be kept
            print(f"Stopped in epoch {self.epoch + 1}. The best epoch so far is kept.")
        if self.best is not None:
            self.model.load_state_dict(self.best)
        self.model.eval()
        return self.history

    def stalled(self, patience: int) -> bool:
        """True when validation CIDEr has not risen for `patience` epochs."""
        values = [row["CIDEr"] for row in self.history]
        return len(values) > patience and max(values[-patience:]) <= max(values[:-patience])

    def resume(self, fingerprint: str) -> None:
        """Go on where `last.pt` left off, if it is there and belongs to the same run."""
        self.fingerprint = fingerprint
        if not self.path.exists():
            return
        try:
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception:
            raise UserError(f"{self.path} is damaged: delete it to start this training anew.") from None
        if saved["fingerprint"] != fingerprint:
            raise UserError(
                f"{self.path} belongs to a run with another data set, vocabulary or settings. "
                "Choose another folder, or delete that file to start anew."
            )
        for name in SAVED:
            getattr(self, name).load_state_dict(saved[name])
        self.history, self.best = saved["history"], saved["best"]

    def finish_epoch(self, row: dict) -> None:
        """Add `row` to the history, remember the weights if they are the best, write last.pt."""
        learning_rate = self.optimizer.param_groups[0]["lr"]
        self.history.append({"epoch": self.epoch + 1, "lr": learning_rate} | row)
        if row["CIDEr"] >= max(r["CIDEr"] for r in self.history):
            self.best = {name: value.cpu().clone() for name, value in self.model.state_dict().items()}
        if rank() > 0:
            return  # one writer is enough
        saved = {name: getattr(self, name).state_dict() for name in SAVED}
        saved |= {"history": self.history, "best": self.best, "fingerprint": self.fingerprint}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(self.path) as partial:
            torch.save(saved, partial)

    def step(self, clip: float) -> None:
        """Follow the gradients, clipped to norm `clip`; `training.train_epoch` has these lines on view."""
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()

    def in_pieces(self, forward_backward, features, captions, words) -> torch.Tensor:
        """Call `forward_backward(features, captions, words) -> loss` with a batch; return its loss, a sum.

        What does not fit into the GPU's memory is halved, again and again: the gradients add up to the same.
        """
        pieces = zip(features.chunk(self.pieces), captions.chunk(self.pieces), strict=True)
        try:
            losses = [forward_backward(*piece, words) for piece in pieces if len(piece[0])]
            return sum(losses)  # the last batch may be too small for every process to have a share
        except torch.OutOfMemoryError:
            if self.pieces >= len(captions):
                reason = "Not even a single caption fits into the GPU's memory: free some of it."
                raise UserError(reason) from None
        self.pieces *= 2
        print(f"Out of GPU memory: going on with batches in {self.pieces} pieces, which changes no result.")
        self.optimizer.zero_grad()
        torch.cuda.empty_cache()
        return self.in_pieces(forward_backward, features, captions, words)


def check_finite(losses: torch.Tensor, epoch: int) -> None:
    """UserError when one of the losses (batches,) of an epoch is no number, with the batch and advice."""
    if not losses.sum().isfinite():
        batch = int((~losses.isfinite()).nonzero()[0])
        raise UserError(
            f"The loss is no longer a number, since batch {batch + 1} of epoch {epoch + 1} (step "
            f"{epoch * len(losses) + batch + 1}). Lower the learning rate or the clipping, or look for "
            "features that are not finite. The epochs before this one are kept."
        )


def fingerprint(encoder, decoder, vocabulary, train_set, settings) -> str:
    """Changes when the data, the CNN, the words, the sizes or the settings of a run do."""
    features, captions = train_set
    sizes = [encoder.fingerprint(), decoder.config, vocabulary.words, captions, list(features.shape)]
    digest = hashlib.sha256(json.dumps([*sizes, settings]).encode())
    digest.update(features[:64].contiguous().numpy().tobytes())  # a sum would depend on the number of threads
    return digest.hexdigest()[:16]
