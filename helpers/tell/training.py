"""Stage two: the decoder learns to say the captions of the training pictures (`launch` is its command)."""

from functools import partial
from pathlib import Path

import torch
from torch import nn

from helpers.base.device import autocast, best_device, grad_scaler
from helpers.base.errors import UserError
from helpers.base.processes import from_first, rank, share, total
from helpers.base.progress import progress
from helpers.data.vocabulary import Vocabulary
from helpers.tell.decoding import greedy
from helpers.tell.metrics import score
from helpers.tell.runs import Run, fingerprint


class CaptionBatches:
    """Batches of (features, captions) in an order that depends only on (seed, epoch).

    Every caption of every picture is one example. features (N, F) stay where they are, on disk or in memory.
    They may also be (V * N, F), all pictures in V versions, as they are and mirrored: chance takes one.
    Where several processes train, each gets its share of every batch.
    """

    def __init__(self, features: torch.Tensor, captions: list[list[str]], vocabulary, batch_size: int = 128):
        encoded = [(i, vocabulary.encode(c)) for i, group in enumerate(captions) for c in group]
        if not encoded:
            raise UserError("There are no captions to learn from in this data set.")
        if not len(features) or len(features) % len(captions):
            raise UserError(
                f"There are features of {len(features)} pictures, but captions of {len(captions)}."
            )
        self.features, self.batch_size = features, batch_size
        self.pictures, self.versions = len(captions), len(features) // len(captions)
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
            version = torch.randint(self.versions, (len(rows),), generator=generator)
            features = self.features[share(self.picture[rows] + self.pictures * version)]
            yield features, self.captions[share(rows), : self.lengths[rows].max()]


def caption_loss(logits: torch.Tensor, targets: torch.Tensor, label_smoothing: float = 0.0) -> torch.Tensor:
    """Mean of -log p(S_t | I, S_0 … S_t-1) over all words but PAD: logits (B, T, V), targets (B, T).

    Show and Tell, equation 13, divided by the number of words. Without PAD both may come as one row of words.
    With `label_smoothing` that share of the probability is wanted for all words alike (Szegedy et al., 2016).
    """
    flat = logits.flatten(0, -2).float()  # (B * T, V)
    options = {"ignore_index": Vocabulary.PAD, "label_smoothing": label_smoothing}
    return nn.functional.cross_entropy(flat, targets.flatten(), **options)


def teacher_forced_loss(
    decoder, context, captions, label_smoothing: float = 0.0, own_words: float = 0.0
) -> torch.Tensor:
    """`caption_loss` with no work on padding: context (B, …, E), captions (B, T) on the CPU."""
    return caption_loss(*true_words(decoder, context, captions, own_words), label_smoothing)


def true_words(decoder, context, captions, own_words: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (words, V) and targets (words,) of all words of captions (B, T), one caption after another.

    Half of a batch of people's captions is padding. Only true words go through the LSTM and through the
    large matrix of the vocabulary. `own_words`: the share of words that is read as `with_own_words` has it.
    """
    inputs, targets, device = captions[:, :-1], captions[:, 1:], context.device  # (B, T - 1)
    said = targets != Vocabulary.PAD
    inputs = inputs.to(device, non_blocking=True)
    if own_words:
        inputs = with_own_words(decoder, context, inputs, own_words)
    hidden = decoder.hidden(context, inputs, lengths=said.sum(1))
    logits = decoder.logits(hidden[said.to(device, non_blocking=True)])  # (words, V)
    return logits, targets[said].to(device, non_blocking=True)


@torch.no_grad()
def with_own_words(decoder, context, inputs: torch.Tensor, share: float) -> torch.Tensor:
    """Inputs (B, T), with a share of the words replaced by what the decoder itself would have said there.

    Scheduled sampling (Bengio et al., 2015), all words at once (Mihaylova and Martins, 2019): the decoder
    learns to go on after its own mistakes, which it never sees when only true words are read.
    """
    probabilities = decoder(context, inputs).float().softmax(-1)  # (B, T, V)
    own = torch.distributions.Categorical(probabilities).sample()  # (B, T), each for the word that follows
    chosen = torch.rand(inputs[:, 1:].shape, device=inputs.device) < share
    chosen &= inputs[:, 1:] != Vocabulary.PAD
    return torch.cat([inputs[:, :1], torch.where(chosen, own[:, :-1], inputs[:, 1:])], dim=1)


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
    warm_up: float = 0.2,
    clip: float = 5.0,
    patience: int = 3,
    label_smoothing: float = 0.0,
    scheduled_sampling: float = 0.0,
    pieces: int = 1,
    seed: int = 0,
    on_epoch=None,
    on_batch=None,
    device: torch.device | None = None,
) -> list[dict]:
    """Train `encoder.fc` and `decoder`, keep the epoch with the best validation CIDEr, return the history.

    `train_set` and `val_set` are (features (N, F), captions: list of lists of str). After every epoch
    `folder`/last.pt holds all that is needed to go on exactly, and training does go on from there if the
    file exists. It stops early when CIDEr has not risen for `patience` epochs. Ctrl-C stops it, too, and
    keeps the best epoch so far. `on_epoch(history)` is called after every epoch, `on_batch()` after every
    batch; a KeyboardInterrupt that they raise is a Ctrl-C. The learning rate rises in the `warm_up` share of
    all steps, then falls along a cosine. `scheduled_sampling` is the share of its own words
    that the decoder reads in the last epoch; it grows from 0. A batch goes through the model in `pieces`,
    which takes less memory and changes nothing (gradient accumulation). Of several processes, see
    `helpers.base.processes`, each takes a share of every batch; the first one scores, writes and calls back.

    Raises UserError when `folder` holds a run with other data, words or settings.
    """
    device = device or best_device()
    encoder, decoder = encoder.to(device), decoder.to(device)
    model = nn.ModuleDict({"fc": encoder.fc, "decoder": decoder})  # what learns; the CNN does not
    encoder.fc.standardise(train_set[0])
    batches = CaptionBatches(near(train_set[0], device), train_set[1], vocabulary, batch_size)
    batches.pieces = pieces
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=1e-4, fused=True)
    steps = epochs * len(batches)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, steps, pct_start=warm_up)
    run = Run(Path(folder), model=model, optimizer=optimizer, schedule=schedule, scaler=grad_scaler(device))
    settings = [epochs, batch_size, learning_rate, warm_up, clip, label_smoothing, scheduled_sampling, seed]
    run.resume(fingerprint(encoder, decoder, vocabulary, train_set, settings))

    def one_epoch() -> dict:
        own_words = scheduled_sampling * run.epoch / max(1, epochs - 1)
        loss = partial(teacher_forced_loss, label_smoothing=label_smoothing, own_words=own_words)
        mean = train_epoch(encoder, run, batches, loss, clip, seed, on_batch)
        return {"train_loss": mean} | validate(encoder, decoder, vocabulary, val_set)

    return run.go_on(one_epoch, epochs, patience, on_epoch)


def near(features: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The features in the GPU's memory if they fill no more than half of what is free; else as they are."""
    if device.type == "cuda" and features.nbytes < torch.cuda.mem_get_info(device)[0] / 2:
        return features.to(device)
    return features


def train_epoch(
    encoder, run: Run, batches: CaptionBatches, loss, clip: float, seed: int, on_batch=None
) -> float:
    """One pass over all captions; returns the mean loss (nats a word). UserError if the loss is no number.

    `loss(decoder, context, captions)` is a mean over words.
    """
    model, optimizer, _, scaler = run.parts.values()
    torch.manual_seed(seed * 1000 + run.epoch + 10**6 * rank())  # dropout; nothing else draws from it
    order = torch.Generator().manual_seed(seed * 1000 + run.epoch)
    losses = torch.zeros(len(batches), device=encoder.fc.weight.device)  # summed over each batch's words
    model.train()
    with progress(desc=f"epoch {run.epoch + 1}", total=len(batches)) as bar:
        for i, (features, captions) in enumerate(batches.epoch(order)):
            optimizer.zero_grad()
            losses[i] = backward(encoder, model["decoder"], scaler, batches, features, captions, loss)
            run.step(clip)
            bar.update()
            if on_batch and rank() == 0:
                on_batch()
            if i % 100 == 99 or i + 1 == len(batches):  # a look at the numbers makes a GPU wait
                _check_finite(total(losses), run.epoch)
    return total(losses).sum().item() / batches.words


def backward(
    encoder,
    decoder,
    scaler,
    batches: CaptionBatches,
    features,
    captions,
    loss=teacher_forced_loss,
    words=None,
) -> torch.Tensor:
    """Add the gradients of a batch's mean loss a word; return its loss, summed over words.

    The mean is over the `words` of the batch in all processes. What does not fit into the GPU's memory is
    halved, again and again: the gradients are the same.
    """
    device = encoder.fc.weight.device
    if words is None:
        words = total((captions[:, 1:] != Vocabulary.PAD).sum().to(device))
    try:
        whole = torch.zeros((), device=device)
        for some, said in zip(features.chunk(batches.pieces), captions.chunk(batches.pieces), strict=True):
            if not len(said):
                continue  # the last batch of an epoch may be too small for all processes to have a share
            with autocast(device):
                context = encoder.fc(some.to(device, torch.float32))  # (B, E)
                summed = loss(decoder, context, said) * (said[:, 1:] != Vocabulary.PAD).sum()
            scaler.scale(summed / words).backward()
            whole += summed.detach()
        return whole
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
    return backward(encoder, decoder, scaler, batches, features, captions, loss, words)


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
    summed = torch.zeros((), device=device)
    for batch, captions in batches.epoch(torch.Generator().manual_seed(0)):
        if not len(captions):
            continue  # no share of the last batch
        context = encoder.fc(batch.to(device, torch.float32))  # (B, E)
        words = (captions[:, 1:] != Vocabulary.PAD).sum()
        summed += teacher_forced_loss(decoder, context, captions) * words
    scores = from_first(lambda: score(references, say(encoder, decoder, vocabulary, features, batch_size)))
    return {"val_loss": total(summed).item() / batches.words} | scores


@torch.inference_mode()
def say(encoder, decoder, vocabulary, features, batch_size: int = 256, search=greedy, **options) -> list[str]:
    """Captions for features (N, F), by `search` from helpers.tell.decoding with its `options`."""
    device, captions = encoder.fc.weight.device, []
    encoder.eval()
    for batch in features.split(batch_size):
        context = encoder.fc(batch.to(device, torch.float32))  # (B, E)
        captions += [vocabulary.decode(h[0].words) for h in search(decoder, context, **options)]
    return captions
