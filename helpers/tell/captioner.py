"""Encoder, decoder, words and transform in one: a picture goes in, a sentence comes out."""

import hashlib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import torch

from helpers.base.arguments import file_to_write, require_whole, text_list
from helpers.base.device import beside, best_device
from helpers.base.errors import UserError
from helpers.base.files import ASSETS, save_tensors
from helpers.base.pieces import Pieces
from helpers.base.saved import one_line, read_saved
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary, tokenize
from helpers.show.encoder import Encoder
from helpers.show.sight import Sight
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.decoding import NEVER_SAID, beam_search
from helpers.tell.fitting import require_fit
from helpers.tell.transformer import TransformerDecoder

_FORMAT = "show-tell-sort captioner 1"
KINDS = {kind.__name__: kind for kind in (Decoder, AttentionDecoder, TransformerDecoder)}
SHIPPED = ASSETS / "captioner.pt"  # trained on scenes by `make captioner`


class Captioner:
    """All that belongs together to caption a picture, in eval mode and on one device."""

    def __init__(
        self, encoder, decoder, vocabulary, transform=None, dataset: str = "", device=None, sight=None
    ):
        """Takes its parts over, onto `device`; `dataset` is the name of what they learnt from.

        `sight`, if there is one, tells which classes are seen and how familiar it looks (`helpers.show.sight`).
        UserError when the parts do not fit together.
        """
        require_fit(encoder, decoder, vocabulary)
        self.device, self.pieces = best_device(device), Pieces()
        self.encoder = encoder.to(self.device).eval()
        self.decoder = decoder.to(self.device).eval()
        self.vocabulary, self.sight = vocabulary, sight and sight.to(self.device).eval()
        self.transform = transform or encoder.transform
        self.dataset = dataset

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
            found = beam_search(self.decoder, self.context(some), beam_width, max_words, **options)
            return [self.vocabulary.decode(hypotheses[0].words) for hypotheses in found]

        batches = (list(images[i : i + batch_size]) for i in range(0, len(images), batch_size))
        return [caption for said in self.pieces.through(say, batches) for caption in said]

    def _known(self, words: Sequence[str]) -> list[int]:
        known = self.vocabulary
        words = [part for word in words for part in ([word] if word in known else tokenize(word) or [word])]
        for word in words:
            if word not in self.vocabulary:
                near = get_close_matches(word, self.vocabulary.words, n=3)
                hint = f" Did you mean {' or '.join(near)}?" if near else ""
                raise UserError(f"This captioner has never learnt the word {word!r}.{hint}")
        return [self.vocabulary[word] for word in words]

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
        """Sixteen hex digits that change when a weight, a word or the transform does."""
        facts = f"{self.encoder.fingerprint()} {self.vocabulary.words} {self.transform.config()}"
        digest = hashlib.sha256(facts.encode())
        parts = [self.encoder.fc, self.decoder, *([self.sight] if self.sight else [])]
        for value in (value for part in parts for value in part.state_dict().values()):
            digest.update(value.detach().float().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    def save(self, path: str | Path, half: bool = False) -> None:
        """Write everything into one file; with `half`, weights in float16, half as large."""
        weights = {
            f"{part}.{name}": value.half() if half and value.is_floating_point() else value
            for part, model in self._parts().items()
            for name, value in model.state_dict().items()
        }
        saved = {
            "format": _FORMAT,
            "dataset": self.dataset,
            "encoder": {name: getattr(self.encoder, name) for name in ("backbone", "embedding_dim", "grid")},
            "decoder": self.decoder.config,
            "kind": type(self.decoder).__name__,
            "words": self.vocabulary.words,
            "word_threshold": self.vocabulary.word_threshold,
            "transform": self.transform.config(),
            "weights": {name: value.cpu() for name, value in weights.items()},
        }
        saved |= {"sight": self.sight.config} if self.sight else {}
        save_tensors(saved, file_to_write(path))

    def _parts(self) -> dict:
        parts = {"encoder": self.encoder, "decoder": self.decoder, "sight": self.sight}
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def load(cls, path: str | Path, device=None) -> "Captioner":
        """Read what `save` wrote. UserError when the file is missing, damaged or something else."""
        advice = "Pass a file that Captioner.save wrote, or train one in 04."
        saved, device = read_saved(path, "captioner", advice, _FORMAT), best_device(device)
        try:
            encoder = Encoder(**saved["encoder"], weights=None)
            decoder = KINDS[saved.get("kind", "Decoder")](**saved["decoder"])
            sight = Sight(**saved["sight"]) if "sight" in saved else None
            for part, model in (("encoder.", encoder), ("decoder.", decoder), ("sight.", sight)):
                own = {n.removeprefix(part): v for n, v in saved["weights"].items() if n.startswith(part)}
                if model:
                    model.load_state_dict(own)
            vocabulary = Vocabulary(saved["words"], saved["word_threshold"])
            transform = Transform(**saved["transform"])
            return cls(encoder, decoder, vocabulary, transform, saved["dataset"], device, sight)
        except Exception as error:  # of a file from another hand anything may be missing, or of another kind
            reason = one_line(error)
            raise UserError(f"The parts in {path} do not fit together: {reason}. Train it anew.") from None
