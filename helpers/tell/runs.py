"""A training run that loses nothing: what has been learnt so far, on disk after every epoch."""

import hashlib
import json
import time
from pathlib import Path

import torch
from torch import nn

from helpers.base.errors import UserError
from helpers.base.files import whole_file
from helpers.base.processes import add_gradients, rank


class Run:
    """A training run that can be interrupted: weights, optimizer, schedule, history, best epoch."""

    def __init__(self, folder: Path, **parts):
        """`parts`: model, optimizer, schedule, scaler, in this order; all have a state_dict."""
        self.path = folder / "last.pt"
        self.parts = parts
        self.history: list[dict] = []
        self.best: dict | None = None

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history)

    def step(self, clip: float) -> None:
        """Let the optimizer follow the gradients of all processes, clipped to norm `clip`."""
        model, optimizer, schedule, scaler = self.parts.values()
        add_gradients(model)
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        scaler.step(optimizer)
        scaler.update()
        schedule.step()

    def stalled(self, patience: int) -> bool:
        """True when validation CIDEr has not risen for `patience` epochs."""
        values = [row["CIDEr"] for row in self.history]
        return len(values) > patience and max(values[-patience:]) <= max(values[:-patience])

    def go_on(self, one_epoch, epochs: int, patience: int, on_epoch=None) -> list[dict]:
        """Call `one_epoch() -> row of the history` until `epochs` are done or CIDEr has stalled.

        Ctrl-C ends it, too. Either way the model has the weights of the best epoch then.
        """
        try:
            while self.epoch < epochs and not self.stalled(patience):
                began = time.perf_counter()
                row = one_epoch()
                self.finish_epoch(row | {"seconds": time.perf_counter() - began})
                if on_epoch and rank() == 0:
                    on_epoch(self.history)
        except KeyboardInterrupt:
            print(f"Stopped in epoch {self.epoch + 1}. The best epoch so far is kept.")
        self.restore_best()
        return self.history

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
        for name, part in self.parts.items():
            part.load_state_dict(saved[name])
        self.history, self.best = saved["history"], saved["best"]

    def finish_epoch(self, row: dict) -> None:
        """Add `row` to the history, remember the weights if they are the best, write last.pt."""
        learning_rate = self.parts["optimizer"].param_groups[0]["lr"]
        self.history.append({"epoch": self.epoch + 1, "lr": learning_rate} | row)
        if row["CIDEr"] >= max(r["CIDEr"] for r in self.history):
            weights = self.parts["model"].state_dict()
            self.best = {name: value.cpu().clone() for name, value in weights.items()}
        if rank() > 0:
            return  # one writer is enough
        saved = {name: part.state_dict() for name, part in self.parts.items()}
        saved |= {"history": self.history, "best": self.best, "fingerprint": self.fingerprint}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(self.path) as partial:
            torch.save(saved, partial)

    def restore_best(self) -> None:
        """Put the weights of the best epoch into the model; as they are, if none was finished."""
        if self.best is not None:
            self.parts["model"].load_state_dict(self.best)
        self.parts["model"].eval()


def fingerprint(encoder, decoder, vocabulary, train_set, settings) -> str:
    """Changes when the data, the CNN, the words, the sizes or the settings of a run do."""
    features, captions = train_set
    parts = [
        encoder.fingerprint(),
        decoder.config,
        vocabulary.words,
        captions,
        list(features.shape),
        settings,
    ]
    digest = hashlib.sha256(json.dumps(parts).encode())
    digest.update(features[:64].contiguous().numpy().tobytes())  # a sum would depend on the number of threads
    return digest.hexdigest()[:16]
