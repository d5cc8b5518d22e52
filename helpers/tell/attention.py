"""Where a decoder with attention looks while it speaks, and whether it looks at what it names."""

import torch

from helpers.base.errors import UserError
from helpers.data.vocabulary import Vocabulary
from helpers.scenes.words import things_in
from helpers.tell.captioner import Captioner


@torch.inference_mode()
def looks(captioner: Captioner, images, beam_width: int = 3) -> list[tuple[list[str], torch.Tensor]]:
    """For each picture the words of its caption and where the decoder looked for each of them, (T, P).

    UserError when the captioner has no attention.
    """
    decoder, words = captioner.decoder, captioner.vocabulary.words
    if not hasattr(decoder, "look"):
        raise UserError(
            "This captioner sees a picture as one vector: train one with attention (07_attention)."
        )
    context = captioner.context(images)  # (B, P, E)
    said = [best[0].words for best in captioner.search(context, beam_width)]
    fed = [torch.tensor([Vocabulary.START, *ids]) for ids in said]
    fed = torch.nn.utils.rnn.pad_sequence(fed, batch_first=True).to(context.device)  # (B, 1 + T)
    state, maps = decoder.start(context), []
    for t in range(fed.size(1) - 1):
        maps.append(decoder.look(state).cpu())  # (B, P): before the word that follows is said
        _, state = decoder.step(fed[:, t], state)
    maps = torch.stack(maps, dim=1) if maps else torch.zeros(len(said), 0, context.size(1))  # (B, T, P)
    return [([words[i] for i in ids], rows[: len(ids)]) for ids, rows in zip(said, maps, strict=True)]


def covered(boxes, width: int, height: int, side: int, fine: int = 20) -> torch.Tensor:
    """How much of each place of a side × side grid lies in any of the boxes: (side * side,), 0 to 1.

    boxes: [x, y, w, h] in pixels of a picture of width × height.
    """
    canvas = torch.zeros(side * fine, side * fine)
    for x, y, w, h in boxes:
        top, bottom = (round(v / height * side * fine) for v in (y, y + h))
        left, right = (round(v / width * side * fine) for v in (x, x + w))
        canvas[top:bottom, left:right] = 1
    return torch.nn.functional.avg_pool2d(canvas[None], fine).flatten()


def inside_boxes(looked, truths, sizes) -> dict[str, float]:
    """How much of its attention a decoder spends on the thing that it is just naming.

    looked: what `looks` returned; truths: `helpers.scenes.truths`; sizes: (width, height) of each original.
    Returns `inside`, the mean share of attention within the boxes of the named thing; `area`, the share that
    equal attention everywhere would have there; and `words`, over how many words the means are taken. Words
    for things that are not in the picture do not count: there is no right place to look.
    """
    inside, area = [], []
    for (words, maps), truth, (width, height) in zip(looked, truths, sizes, strict=True):
        for word, places in zip(words, maps, strict=True):
            named = things_in(word)
            boxes = [thing["box"] for thing in truth["objects"] if thing["name"] in named]
            if boxes:
                there = covered(boxes, width, height, round(len(places) ** 0.5))
                inside.append((places.cpu() * there).sum().item())
                area.append(there.mean().item())
    n = max(1, len(inside))
    return {"inside": sum(inside) / n, "area": sum(area) / n, "words": len(inside)}
