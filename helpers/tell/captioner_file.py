"""A captioner in one file: what is written of its parts, and how they are put together again."""

from pathlib import Path

from helpers.base.arguments import file_to_write, require_number
from helpers.base.errors import UserError
from helpers.base.files import save_tensors
from helpers.base.saved import one_line, read_saved
from helpers.data.transforms import Transform
from helpers.data.vocabulary import Vocabulary
from helpers.show.encoder import Encoder
from helpers.show.sight import Sight
from helpers.tell.decoder import AttentionDecoder, Decoder
from helpers.tell.fitting import require_fit
from helpers.tell.transformer import TransformerDecoder

_FORMAT = "show-tell-sort captioner 1"
KINDS = {kind.__name__: kind for kind in (Decoder, AttentionDecoder, TransformerDecoder)}


def write_captioner(captioner, path: str | Path, half: bool = False) -> None:
    """All parts of `captioner` into one file; with `half`, weights in float16, half as large."""
    encoder, vocabulary = captioner.encoder, captioner.vocabulary
    parts = {"encoder": encoder, "decoder": captioner.decoder, "sight": captioner.sight}
    weights = {
        f"{part}.{name}": (value.half() if half and value.is_floating_point() else value).cpu()
        for part, model in parts.items()
        if model is not None
        for name, value in model.state_dict().items()
    }
    saved = {
        "format": _FORMAT,
        "dataset": captioner.dataset,
        "encoder": {name: getattr(encoder, name) for name in ("backbone", "embedding_dim", "grid")},
        "decoder": captioner.decoder.config,
        "kind": type(captioner.decoder).__name__,
        "words": vocabulary.words,
        "word_threshold": vocabulary.word_threshold,
        "transform": captioner.transform.config(),
        "weights": weights,
    }
    # Where there is nothing to be said, nothing is: then earlier versions of the course can read the file.
    saved |= {"length_penalty": captioner.length_penalty} if captioner.length_penalty else {}
    saved |= {"sight": captioner.sight.config} if captioner.sight is not None else {}
    save_tensors(saved, file_to_write(path))


def read_parts(path: str | Path) -> dict:
    """What `write_captioner` wrote, as the arguments of `Captioner`.

    UserError when the file is missing, damaged or something else, or its parts do not fit together.
    """
    saved = read_saved(
        path, "captioner", "Pass a file that Captioner.save wrote, or train one in 04.", _FORMAT
    )
    try:
        parts = {
            "encoder": Encoder(**saved["encoder"], weights=None),
            "decoder": KINDS[saved.get("kind", "Decoder")](**saved["decoder"]),
            "sight": Sight(**saved["sight"]) if "sight" in saved else None,
        }
        for part, model in parts.items():
            if model is not None:
                names = {n: n.removeprefix(f"{part}.") for n in saved["weights"] if n.startswith(f"{part}.")}
                model.load_state_dict({own: saved["weights"][n] for n, own in names.items()})
        parts["vocabulary"] = Vocabulary(saved["words"], saved["word_threshold"])
        parts["transform"] = Transform(**saved["transform"])
        parts |= {"dataset": saved["dataset"], "length_penalty": saved.get("length_penalty", 0.0)}
        require_number(at_least=0, length_penalty=parts["length_penalty"])
        require_fit(parts["encoder"], parts["decoder"], parts["vocabulary"], sight=parts["sight"])
    except Exception as error:  # of a file from another hand anything may be missing, or of another kind
        reason = one_line(error).rstrip(".")
        raise UserError(f"The parts in {path} do not fit together: {reason}. Train it anew.") from None
    return parts
