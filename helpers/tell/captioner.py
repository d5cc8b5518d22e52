"""Encoder, decoder, words and transform in one: a picture goes in, a sentence comes out."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch

from helpers.base.arguments import require_number, require_whole, text_list
from helpers.base.device import beside, best_device
from helpers.base.errors import UserError
from helpers.base.files import ASSETS
from helpers.base.pieces import Pieces
from helpers.data.vocabulary import Vocabulary, tokenize
from helpers.tell.captioner_file import read_parts, write_captioner
from helpers.tell.decoding import NEVER_SAID, beam_search
from helpers.tell.fitting import never_learnt, require_fit

SHIPPED = ASSETS / "captioner.pt"  # trained on scenes by `make captioner`
SHIPPED_PHOTOS = ASSETS / "photos.pt"  # trained on photographs by `make photo-captioner`
SHIPS = {"photos": SHIPPED_PHOTOS, "scenes": SHIPPED}  # by the names that commands take


class Captioner:
    """All that belongs together to caption a picture, in eval mode and on one device."""

    def __init__(
        self, encoder, decoder, vocabulary, transform=None, dataset: str = "", device=None, sight=None, *,
        length_penalty: float = 0.0,
    ):  # fmt: skip
        """Takes its parts over, onto `device`; `dataset` is the name of what they learnt from.

        `sight`, if there is one, tells classes and how familiar it looks (`helpers.show.sight`). Beam search
        ranks by `length_penalty` unless told otherwise. UserError when the parts do not fit together.
        """
        require_fit(encoder, decoder, vocabulary, sight=sight)
        require_number(at_least=0, length_penalty=length_penalty)
        self.device, self.pieces = best_device(device), Pieces()
        self.encoder = encoder.to(self.device).eval()
        self.decoder = decoder.to(self.device).eval()
        self.sight = sight if sight is None else sight.to(self.device).eval()
        self.vocabulary, self.transform = vocabulary, transform or encoder.transform
        self.dataset, self.length_penalty = dataset, length_penalty

    @torch.inference_mode()
    def context(self, images) -> torch.Tensor:
        """PIL pictures or paths -> context vectors (B, E)."""
        return self.encoder(self.transform.batch(images).to(self.device))

    def caption(
        self,
        images,
        beam_width: int = 3,
        max_words: int = 20,
        batch_size: int = 64,
        *,
        must_include: Sequence[str] = (),
        forbid: Sequence[str] = (),
        **options,
    ) -> list[str]:
        """One caption for each of `images` (PIL pictures or paths), by beam search; 1 is greedy.

        `must_include` and `forbid` are words, `options` those of `beam_search`. Of several words in one,
        as of two Chinese characters, each must be said. UserError when one is not in the vocabulary.
        """
        if isinstance(images, str | Path | dict) or not hasattr(images, "__len__"):
            raise UserError("caption() takes a list of pictures or paths, also for a single one: [picture].")
        require_whole(beam_width=beam_width, max_words=max_words, batch_size=batch_size)
        options |= {"must_include": self._known(text_list(must_include, "must_include"))}
        forbid = text_list(forbid, "forbid")
        options |= {"forbid": [self.vocabulary[word] for word in forbid]}  # unknown ones are never said

        def say(some) -> list[str]:
            found = self.search(self.context(some), beam_width, max_words, **options)
            return [self.vocabulary.decode(hypotheses[0].words) for hypotheses in found]

        batches = (list(images[i : i + batch_size]) for i in range(0, len(images), batch_size))
        return [caption for said in self.pieces.through(say, batches) for caption in said]

    def search(self, context: torch.Tensor, beam_width: int = 3, max_words: int = 20, **options):
        """What `beam_search` finds for context (B, …); several beams are ranked by its own length penalty."""
        own = {"length_penalty": self.length_penalty} if beam_width > 1 else {}
        return beam_search(self.decoder, context, beam_width, max_words, **own | options)

    def _known(self, words: Sequence[str]) -> list[int]:
        known = self.vocabulary
        words = [part for word in words for part in ([word] if word in known else tokenize(word) or [word])]
        for word in words:
            if word not in known:
                raise never_learnt(word, known)
        return [known[word] for word in words]

    @torch.inference_mode()
    def listen(self, context: torch.Tensor, said: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden states (T, H) after START and after each word of `said`, and what the decoder expects next.

        context (1, …) -> also the probabilities (T, V) of the word that follows; what is never said has none.
        """
        ids = torch.tensor([[Vocabulary.START, *said]], device=self.device)
        hidden = self.decoder.hidden(beside(self.decoder, context), ids)  # (1, T, H)
        probabilities = self.decoder.logits(hidden).float().softmax(-1)[0]  # (T, V)
        probabilities[:, NEVER_SAID] = 0.0
        return hidden[0].float().cpu(), probabilities.cpu()

    def next_words(self, context: torch.Tensor, said: list[str], n: int = 8) -> list[tuple[str, float]]:
        """The `n` likeliest words after `said` for one picture, context (1, E), with their probabilities."""
        require_whole(n=n)
        said = [self.vocabulary[word] for word in text_list(said, "said")]
        probabilities = self.listen(context, said)[1][-1]  # (V,)
        best = probabilities.topk(min(n, len(probabilities)))
        words = [self.vocabulary.words[i] for i in best.indices.tolist()]
        return list(zip(words, best.values.tolist(), strict=True))

    def fingerprint(self) -> str:
        """Sixteen hex digits that change when a weight, a word, the transform or the penalty does."""
        facts = f"{self.encoder.fingerprint()} {self.vocabulary.words} {self.transform.config()}"
        digest = hashlib.sha256(f"{facts} {self.length_penalty} {self.sight and self.sight.config}".encode())
        parts = [part for part in (self.encoder.fc, self.decoder, self.sight) if part is not None]
        for value in (value for part in parts for value in part.state_dict().values()):
            digest.update(value.detach().float().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    def save(self, path: str | Path, half: bool = False) -> None:
        """Write everything into one file; with `half`, weights in float16, half as large."""
        write_captioner(self, path, half)

    @classmethod
    def load(cls, path: str | Path, device=None) -> "Captioner":
        """Read what `save` wrote. UserError when the file is missing, damaged or something else."""
        return cls(**read_parts(path), device=best_device(device))
