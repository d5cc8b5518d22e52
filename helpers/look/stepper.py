"""Be the decoder: see the probabilities of the next word, choose one, go on from there."""

from html import escape

import ipywidgets
import torch

from helpers.base.arguments import require_whole
from helpers.base.errors import UserError
from helpers.data.scripts import joined
from helpers.data.vocabulary import Vocabulary, tokenize
from helpers.look import markup, plots, stage
from helpers.tell.decoding import NEVER_SAID
from helpers.tell.fitting import never_learnt

LONGEST = 20  # words in a caption


def caption_stepper(captioner, image, n: int = 8) -> None:
    """Say a caption yourself: click one of the `n` likeliest next words, or type any words of the vocabulary.

    What it has never learnt it says in a sentence. It can take a word back, and go on alone from where you
    are. Beneath, the hidden state after every word.
    """
    stepper = Stepper(captioner, image, n)
    stage.show(stepper.control, stepper.figure())


def chances(probabilities: torch.Tensor, said: list[int]) -> torch.Tensor:
    """Of probabilities (T, V) those of the words that were said, (T,)."""
    said = torch.tensor(said, dtype=torch.long, device=probabilities.device)
    return probabilities.gather(1, said.unsqueeze(1))[:, 0]


def is_over(said: list[int]) -> bool:
    """Whether a caption has its END, or is as long as captions get."""
    return said[-1:] == [Vocabulary.END] or len(said) >= LONGEST


def go_on(captioner, context: torch.Tensor, said: list[int]) -> list[int]:
    """`said`, and the likeliest words after it up to END."""
    said = list(said)
    while not is_over(said):
        said.append(int(captioner.listen(context, said)[1][-1].argmax()))
    return said


def ids_of(vocabulary: Vocabulary, words: list[str], typed: str) -> list[int]:
    """The numbers of the words that were typed, in capital letters or not; none if nothing was.

    `words` are the vocabulary's as they are shown; END may be typed as it stands there, on its own. UserError
    when one has never been learnt, or is no word at all.
    """
    typed = typed.strip()
    if typed == words[Vocabulary.END]:
        return [Vocabulary.END]
    parts = [typed] if typed in vocabulary else tokenize(typed)
    if typed and not parts:
        raise UserError(f"There is no word in {typed!r}.")
    for part in parts:
        if part not in vocabulary or vocabulary[part] in (Vocabulary.END, *NEVER_SAID):
            raise never_learnt(part, vocabulary, "Choose one from the list.")
    return [vocabulary[part] for part in parts]


def without_brackets(word: str) -> str:
    """END for <END>, which a page would take for a tag."""
    return word.strip("<>")


class Stepper:
    """The words said so far, and the controls that change them."""

    def __init__(self, captioner, image, n: int):
        self.captioner, self.image, self.context = captioner, image, captioner.context([image])
        self.words = [without_brackets(word) for word in captioner.vocabulary.words]
        require_whole(n=n)
        n = min(n, len(self.words) - len(NEVER_SAID))
        self.said: list[int] = []
        self.offered: list[int] = []
        self.choices = [ipywidgets.Button(layout={"width": "130px"}) for _ in range(n)]
        self.bars = [ipywidgets.HTML() for _ in range(n)]
        self.back, self.on, self.again = (
            ipywidgets.Button(description=text) for text in ("Back a word", "Let it go on", "Start again")
        )
        self.other = ipywidgets.Combobox(
            options=self.words[Vocabulary.END :], placeholder="other words", continuous_update=False
        )
        self.note = ipywidgets.HTML()
        self.area = ipywidgets.HTML()
        for place, button in enumerate(self.choices):
            button.on_click(lambda _, place=place: self.say([*self.said, self.offered[place]]))
        self.back.on_click(lambda _: self.say(self.said[:-1]))
        self.on.on_click(lambda _: self.say(go_on(captioner, self.context, self.said)))
        self.again.on_click(lambda _: self.say([]))
        self.other.observe(self.type_it, "value")
        self.say([])
        beside = {"align_items": "center"}
        rows = [ipywidgets.HBox(pair, layout=beside) for pair in zip(self.choices, self.bars, strict=True)]
        steps = ipywidgets.HBox([self.other, self.back, self.on, self.again])
        self.control = ipywidgets.VBox([*rows, steps, self.note, self.area])

    def type_it(self, change) -> None:
        """Say the words that were typed, or, in a sentence, which of them it cannot say."""
        try:
            ids = ids_of(self.captioner.vocabulary, self.words, change.new)
        except UserError as error:
            self.note.value = markup.block(f'<p role="status">{escape(str(error))}</p>')
            return
        if ids:
            self.say([*self.said, *ids][:LONGEST])

    def say(self, said: list[int]) -> None:
        """Let `said` be all that has been said, and show what that changes."""
        self.note.value = self.other.value = ""
        self.said = said
        hidden, probabilities = self.captioner.listen(self.context, said)
        over = is_over(said)
        best = probabilities[-1].topk(len(self.choices))
        self.offered = best.indices.tolist()
        offers = zip(self.choices, self.bars, self.offered, best.values.tolist(), strict=True)
        for button, bar, i, p in offers:
            button.description, button.disabled = self.words[i], over
            bar.value = "" if over else markup.block(markup.bar_table([p], [""]))
        self.other.disabled = self.on.disabled = over
        self.back.disabled = self.again.disabled = not said
        self.area.value = markup.page(self._said(hidden, chances(probabilities[:-1], said)))

    def _said(self, hidden, chances) -> str:
        names = [self.words[i] for i in self.said]
        more = "" if is_over(self.said) else " …"
        head = f"<p><b>{escape(joined(names))}{more}</b></p>"
        head += markup.sentence(f"log p of what has been said: {chances.log().sum() + 0:.2f}")
        strips = "<h4>The hidden state after each word</h4>" + markup.strips(hidden, ["START", *names])
        return markup.side_by_side(markup.picture(self.image, "the picture to describe", 180), head + strips)

    def figure(self):
        """The caption that it says on its own, with the five likeliest words at every step."""
        said, steps = go_on(self.captioner, self.context, []), []
        for row in self.captioner.listen(self.context, said[:-1])[1]:
            best = row.topk(min(5, len(row)))
            names = [self.words[i] for i in best.indices.tolist()]
            steps.append(list(zip(names, best.values.tolist(), strict=True)))
        return plots.word_by_word([self.words[i] for i in said], steps)
