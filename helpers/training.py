"""Stage two: the decoder learns to say the captions of the training pictures."""

import hashlib
import json
from pathlib import Path

import torch
from torch import nn

from helpers.common import UserError, progress, whole_file
from helpers.decoding import greedy
from helpers.device import autocast, best_device, grad_scaler
from helpers.metrics import score
from helpers.vocabulary import Vocabulary


class CaptionBatches:
    """Batches of (features, captions) in an order that depends only on (seed, epoch).

    Every caption of every picture is one example. features (N, F) stay where they are, on disk or in memory.
    """

    def __init__(self, features: torch.Tensor, captions: list[list[str]], vocabulary, batch_size: int = 128):
        encoded = [(i, vocabulary.encode(c)) for i, group in enumerate(captions) for c in group]
        if not encoded:
            raise UserError("There are no captions to learn from in this data set.")
        self.features, self.batch_size = features, batch_size
        self.pieces = 1  # in which a batch goes through the model
        self.picture = torch.tensor([i for i, _ in encoded])  # (M,)
        self.lengths = torch.tensor([len(ids) for _, ids in encoded])  # (M,)
        self.words = int(self.lengths.sum()) - len(encoded)  # that are to be said: START is not
        self.captions = nn.utils.rnn.pad_sequence(
            [torch.tensor(ids) for _, ids in encoded], batch_first=True, padding_value=Vocabulary.PAD
        )  # (M, T)

    def __len__(self) -> int:
        return -(-len(self.picture) // self.batch_size)

    def epoch(self, generator: torch.Generator):
        """Yield features (B, F) and captions (B, T), each batch as long as its longest caption."""
        for rows in torch.randperm(len(self.picture), generator=generator).split(self.batch_size):
            features = self.features[self.picture[rows]]
            yield features, self.captions[rows, : self.lengths[rows].max()]


def caption_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean of -log p(S_t | I, S_0 … S_t-1) over all words but PAD: logits (B, T, V), targets (B, T).

    Show and Tell, equation 13, divided by the number of words. Without PAD both may come as one row of words.
    """
    flat = logits.flatten(0, -2).float()  # (B * T, V)
    return nn.functional.cross_entropy(flat, targets.flatten(), ignore_index=Vocabulary.PAD)


def teacher_forced_loss(decoder, context: torch.Tensor, captions: torch.Tensor) -> torch.Tensor:
    """`caption_loss` with no work on padding: context (B, …, E), captions (B, T) on the CPU."""
    return caption_loss(*true_words(decoder, context, captions))


def true_words(decoder, context: torch.Tensor, captions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (words, V) and targets (words,) of all words of captions (B, T), one caption after another.

    Half of a batch of people's captions is padding. Only true words go through the LSTM and through the
    large matrix of the vocabulary.
    """
    inputs, targets, device = captions[:, :-1], captions[:, 1:], context.device  # (B, T - 1)
    said = targets != Vocabulary.PAD
    hidden = decoder.hidden(context, inputs.to(device, non_blocking=True), lengths=said.sum(1))
    logits = decoder.logits(hidden[said.to(device, non_blocking=True)])  # (words, V)
    return logits, targets[said].to(device, non_blocking=True)


def train(
    encoder,
    decoder,
    vocabulary: Vocabulary,
    train_set: tuple,
    val_set: tuple,
    *,
    folder: str | Path,
    epochs: int = 10,
    batch_size: int = 128,
    learning_rate: float = 2e-3,
    clip: float = 5.0,
    patience: int = 3,
    seed: int = 0,
    on_epoch=None,
    device: torch.device | None = None,
) -> list[dict]:
    """Train `encoder.fc` and `decoder`, keep the epoch with the best validation CIDEr, return the history.

    `train_set` and `val_set` are (features (N, F), captions: list of lists of str). After every epoch
    `folder`/last.pt holds all that is needed to go on exactly, and training does go on from there if the
    file exists. It stops early when CIDEr has not risen for `patience` epochs. Ctrl-C stops it, too, and
    keeps the best epoch so far. `on_epoch(history)` is called after every epoch.

    Raises UserError when `folder` holds a run with other data, words or settings.
    """
    device = device or best_device()
    encoder, decoder = encoder.to(device), decoder.to(device)
    model = nn.ModuleDict({"fc": encoder.fc, "decoder": decoder})  # what learns; the CNN does not
    batches = CaptionBatches(*train_set, vocabulary, batch_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=1e-4, fused=True)
    steps = epochs * len(batches)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps, pct_start=0.2)
    run = Run(Path(folder), model=model, optimizer=optimizer, schedule=schedule, scaler=grad_scaler(device))
    settings = [epochs, batch_size, learning_rate, clip, seed]
    run.resume(fingerprint(encoder, decoder, vocabulary, train_set, settings))

    def one_epoch() -> dict:
        loss = train_epoch(encoder, run, batches, clip, seed)
        return {"train_loss": loss} | validate(encoder, decoder, vocabulary, val_set)

    return run.go_on(one_epoch, epochs, patience, on_epoch)


def train_epoch(encoder, run: "Run", batches: CaptionBatches, clip: float, seed: int) -> float:
    """One pass over all captions; returns the mean loss (nats a word). UserError if the loss is no number."""
    model, optimizer, _, scaler = run.parts.values()
    torch.manual_seed(seed * 1000 + run.epoch)  # dropout; nothing else draws from the global state
    order = torch.Generator().manual_seed(seed * 1000 + run.epoch)
    losses = torch.zeros(len(batches), device=encoder.fc.weight.device)  # summed over each batch's words
    model.train()
    with progress(desc=f"epoch {run.epoch + 1}", total=len(batches)) as bar:
        for i, (features, captions) in enumerate(batches.epoch(order)):
            optimizer.zero_grad()
            losses[i] = backward(encoder, model["decoder"], scaler, batches, features, captions)
            run.step(clip)
            bar.update()
            if i % 100 == 99 or i + 1 == len(batches):  # a look at the numbers makes a GPU wait
                _check_finite(losses, run.epoch)
    return losses.sum().item() / batches.words


def backward(encoder, decoder, scaler, batches: CaptionBatches, features, captions) -> torch.Tensor:
    """Add the gradients of a batch's mean loss a word; return its loss, summed over words.

    A batch that does not fit into the GPU's memory is halved, again and again: the gradients are the same.
    """
    words, device = (captions[:, 1:] != Vocabulary.PAD).sum(), encoder.fc.weight.device
    try:
        total = torch.zeros((), device=device)
        for some, said in zip(features.chunk(batches.pieces), captions.chunk(batches.pieces), strict=True):
            with autocast(device):
                context = encoder.fc(some.to(device, torch.float32))  # (B, E)
                loss = teacher_forced_loss(decoder, context, said)
            loss = loss * (said[:, 1:] != Vocabulary.PAD).sum()
            scaler.scale(loss / words).backward()
            total += loss.detach()
        return total
    except torch.OutOfMemoryError:
        if batches.pieces >= len(captions):
            raise UserError(
                "Not even a single caption fits into the GPU's memory: free some of it."
            ) from None
    batches.pieces *= 2
    print(f"Out of GPU memory: going on with batches in {batches.pieces} pieces, which changes no result.")
    for parameter in (*encoder.fc.parameters(), *decoder.parameters()):
        parameter.grad = None
    torch.cuda.empty_cache()
    return backward(encoder, decoder, scaler, batches, features, captions)


def _check_finite(losses: torch.Tensor, epoch: int) -> None:
    if not losses.sum().isfinite():
        batch = int((~losses.isfinite()).nonzero()[0])
        raise UserError(
            f"The loss is no longer a number, since batch {batch + 1} of epoch {epoch + 1} (step "
            f"{epoch * len(losses) + batch + 1}). Lower the learning rate or the clipping, or look for "
            "features that are not finite. The epochs before this one are kept."
        )


@torch.inference_mode()
def validate(encoder, decoder, vocabulary, val_set: tuple, batch_size: int = 256) -> dict[str, float]:
    """Loss under teacher forcing, and the scores of captions that the decoder says on its own (greedy)."""
    device = encoder.fc.weight.device
    features, references = val_set
    batches = CaptionBatches(features, references, vocabulary, batch_size)
    encoder.eval(), decoder.eval()
    total = 0.0
    for batch, captions in batches.epoch(torch.Generator().manual_seed(0)):
        context = encoder.fc(batch.to(device, torch.float32))  # (B, E)
        words = (captions[:, 1:] != Vocabulary.PAD).sum().item()
        total += teacher_forced_loss(decoder, context, captions).item() * words
    candidates = say(encoder, decoder, vocabulary, features, batch_size)
    return {"val_loss": total / batches.words} | score(references, candidates)


@torch.inference_mode()
def say(encoder, decoder, vocabulary, features, batch_size: int = 256, search=greedy, **options) -> list[str]:
    """Captions for features (N, F), by `search` from helpers.decoding with its `options`."""
    device, captions = encoder.fc.weight.device, []
    encoder.eval()
    for batch in features.split(batch_size):
        context = encoder.fc(batch.to(device, torch.float32))  # (B, E)
        captions += [vocabulary.decode(h[0].words) for h in search(decoder, context, **options)]
    return captions


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
        """Let the optimizer follow the gradients, clipped to norm `clip`, and the schedule go on."""
        model, optimizer, schedule, scaler = self.parts.values()
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
                self.finish_epoch(one_epoch())
                if on_epoch:
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
    sizes = [list(features.shape), features[:64].float().sum().item()]
    parts = [encoder.fingerprint(), decoder.config, vocabulary.words, captions, sizes, settings]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
