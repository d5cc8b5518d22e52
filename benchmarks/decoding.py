"""Our batched decoding beside the ways one would otherwise take: `python benchmarks/decoding.py`.

An LSTM of 256/512 with 10,000 words, 256 pictures, 20 words each; END is switched off, so that every way does
the same work. "one at a time" is the plain loop over pictures, "plain batched" the loop one writes first, and
"matrix product" nothing but the multiplications with the two large matrices: no way can be faster.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import resource
import sys

import torch
from timing import compare

from helpers.base.commands import command_parser
from helpers.base.device import best_device, precision
from helpers.base.errors import run_command
from helpers.data.vocabulary import Vocabulary
from helpers.tell.decoder import Decoder
from helpers.tell.decoding import NEVER_SAID, beam_search, greedy

E, H, V, T, K = 256, 512, 10_000, 20, 5


def decoder_without_end(device) -> Decoder:
    """Random weights; END is never the best."""
    torch.manual_seed(0)
    decoder = Decoder(V, E, H).eval().to(device)
    with torch.no_grad():
        decoder.fc.bias[Vocabulary.END] = -1e9
    return decoder


@torch.inference_mode()
def plain_greedy(decoder, context) -> list[list[int]]:
    """The batched loop that one writes first: always T words, log-probabilities kept for all of them."""
    state = decoder.start(context)
    words = torch.full((len(context),), Vocabulary.START, device=context.device)
    said, total = [], 0.0
    for _ in range(T):
        logits, state = decoder.step(words, state)
        log_probs = torch.log_softmax(logits, -1)
        log_probs[:, NEVER_SAID] = -torch.inf
        words = log_probs.argmax(-1)
        total += log_probs.gather(1, words.unsqueeze(1))
        said.append(words)
    return torch.stack(said, 1).tolist()


@torch.inference_mode()
def plain_beam(decoder, context) -> list[int]:
    """The beam loop of the tutorials, for one picture (1, E): a batch of its beams, lists of words."""
    state = tuple(part.expand(K, -1).contiguous() for part in decoder.start(context))
    words = torch.full((K,), Vocabulary.START, device=context.device)
    scores = torch.full((K,), -torch.inf, device=context.device)
    scores[0] = 0.0
    said = [[] for _ in range(K)]
    for _ in range(T):
        logits, state = decoder.step(words, state)
        log_probs = torch.log_softmax(logits, -1)
        log_probs[:, NEVER_SAID] = -torch.inf
        scores, best = (scores.unsqueeze(1) + log_probs).flatten().topk(K)
        parents, words = best // V, best % V
        said = [[*said[parent], word] for parent, word in zip(parents.tolist(), words.tolist(), strict=True)]
        state = tuple(part[parents] for part in state)
    return said[0]


def matrix_products(decoder, rows: int):
    """What no decoder with these matrices can do without: T times rows × (E + H) × 4H and rows × H × V."""
    device = decoder.fc.weight.device
    shapes = (E + H, 4 * H), (H, V), (rows, E + H), (rows, H)
    lstm, fc, left, right = (torch.rand(*shape, device=device) for shape in shapes)

    @torch.inference_mode()
    def multiply() -> None:
        for _ in range(T):
            left @ lstm, right @ fc

    return multiply


def hugging_face(device):
    """`generate` on a GPT-2 of one layer whose matrices cost as much as ours; None without transformers."""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel
    except ImportError:
        return None
    sizes = {"n_embd": H, "n_inner": H, "n_head": 8, "n_layer": 1, "vocab_size": V, "n_positions": 64}
    model = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=2, eos_token_id=None, pad_token_id=0))
    model = model.eval().to(device)

    @torch.inference_mode()
    def generate(pictures: int, beams: int) -> None:
        for _ in range(pictures // 64):
            start = torch.full((64, 1), 2, device=device)
            mask = torch.ones_like(start)
            options = {"attention_mask": mask, "max_new_tokens": T, "num_beams": beams, "do_sample": False}
            model.generate(start, **options)

    return generate


def peak() -> float:
    """Most memory this process has had, in MiB."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = command_parser("python benchmarks/decoding.py", __doc__, "--rounds 1")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    device = best_device()
    decoder, context = decoder_without_end(device), torch.randn(256, E, device=device)
    before = peak()  # the most so far: PyTorch and the model
    beam_search(decoder, torch.randn(10_000, E, device=device), K, 3)
    print(f"memory: beam 5 over 10,000 pictures takes {peak() - before:.0f} MiB above the model")
    few = [context[i : i + 1] for i in range(8)]  # one at a time is slow: a few are enough
    ways = {
        "ours, greedy": (lambda: greedy(decoder, context, T), 256),
        "plain batched": (lambda: plain_greedy(decoder, context), 256),
        "one at a time": (lambda: [plain_greedy(decoder, one) for one in few], len(few)),
        "matrix product": (matrix_products(decoder, 256), 256),
    }
    generate = hugging_face(device)
    if generate:
        ways["Hugging Face generate, batch 64"] = (lambda: generate(128, 1), 128)
    compare("greedy", "captions/s", ways, rounds)
    ways = {
        "ours, beam 5": (lambda: beam_search(decoder, context, K, T), 256),
        "one at a time": (lambda: [plain_beam(decoder, one) for one in few], len(few)),
        "matrix product": (matrix_products(decoder, 256 * K), 256),
    }
    if generate:
        ways["Hugging Face generate, batch 64"] = (lambda: generate(64, K), 64)
    compare("beam 5", "captions/s", ways, rounds)
    kind = torch.float16 if device.type == "cuda" else precision(device)  # cuDNN's LSTM has no bfloat16
    name = str(kind).removeprefix("torch.")
    if kind == torch.float32:
        print("\nThis processor computes in nothing smaller than float32: not measured")
        return
    half, small = decoder_without_end(device).to(kind), context.to(kind)
    ways = {
        f"ours, beam 5, {name}": (lambda: beam_search(half, small, K, T), 256),
        "ours, beam 5, float32": (lambda: beam_search(decoder, context, K, T), 256),
        f"ours, greedy, {name}": (lambda: greedy(half, small, T), 256),
        "ours, greedy, float32": (lambda: greedy(decoder, context, T), 256),
    }
    compare(name, "captions/s", ways, rounds)


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
