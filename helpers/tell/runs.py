"""A training run that loses nothing: on disk after every epoch."""

import hashlib
import json
import time
from pathlib import Path

import torch

from helpers.base.arguments import folder_to_write
from helpers.base.arrays import digest
from helpers.base.errors import UserError
from helpers.base.files import save_tensors
from helpers.base.pieces import Pieces
from helpers.base.processes import rank
from helpers.base.saved import read_saved

SAVED = ("model", "optimizer", "schedule", "scaler")
START_ANEW = "Choose another folder, or delete that file to start anew."


class Run:
    """A training run that can be interrupted: weights, optimizer, schedule, history, best epoch."""

    def __init__(self, folder: str | Path, model, optimizer, schedule, scaler, pieces: int = 1):
        self.path = folder_to_write(folder) / "last.pt"
        self.model, self.optimizer, self.schedule, self.scaler = model, optimizer, schedule, scaler
        self.pieces = Pieces(pieces)  # in which a batch goes through the model
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
            if self.best is None or rank() > 0:
                raise  # nothing has been learnt yet that could be kept, or the first process keeps it
            print(f"Stopped in epoch {self.epoch + 1}. The best epoch so far is kept.")
        if self.best is not None:
            self.model.load_state_dict(self.best)
        self.model.eval()
        return self.history

    def stalled(self, patience: int) -> bool:
        """True when validation CIDEr has not risen for `patience` epochs; 0 is taken for 1."""
        return has_stalled(self.history, patience)

    def resume(self, fingerprint: str, features=None, start: str | None = None) -> None:
        """Go on where `last.pt` left off, if it is there and belongs to the same run.

        That is one with the same `fingerprint`, with features (n, F) that differ by no more than rounding, so
        that another device may go on, and which began with weights of digest `start` (or has just ended).
        """
        self.same = {"fingerprint": fingerprint, "features": features, "start": start}
        if not self.path.exists():
            return
        saved = read_saved(self.path, "state of a training", START_ANEW)
        if (
            not isinstance(saved, dict)
            or not {"fingerprint", "history", "best", "start", *SAVED} <= saved.keys()
        ):
            raise UserError(f"{self.path} is no state of a training of this course. {START_ANEW}")
        other = ""
        if saved["fingerprint"] != fingerprint or not alike(saved.get("features"), features):
            other = "with another data set, vocabulary or settings"
        elif start not in (saved["start"], start and digest(saved["best"])):
            other = "that began with other weights"
        if other:
            raise UserError(f"{self.path} belongs to a run {other}. {START_ANEW}")
        for name in SAVED:
            if saved[name]:  # the scaler says nothing in a precision that needs none
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
        saved |= {"history": self.history, "best": self.best} | self.same
        save_tensors(saved, self.path)

    def step(self, clip: float) -> None:
        """Follow the gradients, clipped to norm `clip`; `training.train_epoch` has these lines on view."""
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()


def has_stalled(history: list[dict], patience: int) -> bool:
    """Whether the CIDEr of the last `patience` epochs, at least one, is no higher than it was before."""
    values, patience = [row["CIDEr"] for row in history], max(1, patience)
    return len(values) > patience and max(values[-patience:]) <= max(values[:-patience])


def require_finished(folder: str | Path, epochs: int, patience: int) -> None:
    """KeyboardInterrupt if the run in `folder` was stopped by one before its end, and kept its best epoch."""
    history = read_saved(Path(folder) / "last.pt", "state of a training", START_ANEW)["history"]
    if len(history) < epochs and not has_stalled(history, patience):
        raise KeyboardInterrupt


def fingerprint(encoder, decoder, vocabulary, train_set, settings) -> str:
    """Changes when the captions, the CNN, the words, the sizes or the settings of a run do."""
    features, captions = train_set
    sizes = [encoder.fingerprint(), decoder.config, vocabulary.words, captions, list(features.shape)]
    return hashlib.sha256(
        json.dumps([*sizes, settings], default=lambda number: number.item()).encode()
    ).hexdigest()[:16]


def sketch(features: torch.Tensor) -> torch.Tensor:
    """Of features (N, …, F) those of the first 64 pictures, places averaged: (n, F)."""
    some = features[:64].float().cpu()
    return some.flatten(1, -2).mean(1) if some.dim() > 2 else some


def alike(old: torch.Tensor | None, new: torch.Tensor | None) -> bool:
    """Are these the same pictures' features (n, F), but for rounding?

    Of what tells pictures apart bfloat16 changes 1 to 7 %, mirroring them 16 % at the least (ResNet-101), a
    trained CNN's more.
    """
    if old is None or new is None or old.shape != new.shape:
        return old is new
    return bool((new - old).norm() <= 0.12 * (old - old.mean(0)).norm() + 1e-6 * old.norm())
