"""Words to numbers and back."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from helpers.base.arguments import as_path, file_to_write, require_whole, text_list
from helpers.base.errors import UserError
from helpers.base.files import whole_file
from helpers.data.scripts import joined, plain, words_in


def tokenize(caption: str) -> list[str]:
    """Split a caption into lower-case words, without punctuation: "A dog runs." -> ["a", "dog", "runs"].

    In scripts without blanks between words, each character is one: see `helpers.data.scripts`.
    """
    return words_in(caption)


def count_words(captions: Iterable[str]) -> Counter:
    """How often each word occurs in `captions`."""
    return Counter(word for caption in captions for word in tokenize(caption))


class Vocabulary:
    """The words a captioner knows, each with a number.

    The first four are not words: PAD (0) fills short captions up, UNK (1) stands for any unknown word,
    START (2) and END (3) mark where a caption begins and ends.
    """

    PAD, UNK, START, END = range(4)
    SPECIALS = ("<PAD>", "<UNK>", "<START>", "<END>")

    def __init__(self, words: Iterable[str], word_threshold: int = 0):
        """`words` begin with the four specials, as `.words` does."""
        self.words = list(words)
        self.word_threshold = int(word_threshold)
        if tuple(self.words[:4]) != self.SPECIALS:
            raise UserError(f"The first four words of a vocabulary are {', '.join(self.SPECIALS)}.")
        self._ids = {word: i for i, word in enumerate(self.words)}
        if len(self._ids) != len(self.words):
            raise UserError("A vocabulary cannot hold the same word twice.")
        for i, word in enumerate(self.words[4:], 4):  # a saved one may spell it in other code points
            self._ids.setdefault(plain(word), i)

    @classmethod
    def build(cls, captions: Iterable[str], word_threshold: int = 0) -> "Vocabulary":
        """Keep the words that occur more often than `word_threshold`, the most frequent first.

        Give it the *training* captions only: words of validation or test captions would leak.
        """
        require_whole(0, word_threshold=word_threshold)
        counts = count_words(text_list(captions))
        kept = [word for word, count in counts.items() if count > word_threshold]
        if not kept:
            advice = "choose a smaller word_threshold or give more captions."
            raise UserError(f"No word occurs more than {word_threshold} times: {advice}")
        kept.sort(key=lambda word: (-counts[word], word))
        return cls([*cls.SPECIALS, *kept], word_threshold)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids or plain(word) in self._ids

    def __getitem__(self, word: str) -> int:
        """The number of `word`, however it is typed; UNK for a word that is not here."""
        return self._ids[word] if word in self._ids else self._ids.get(plain(word), self.UNK)

    def __eq__(self, other) -> bool:
        return isinstance(other, Vocabulary) and self.words == other.words

    __hash__ = None

    def encode(self, caption: str) -> list[int]:
        """[START, a number for each word, END]."""
        return [self.START, *(self[word] for word in tokenize(caption)), self.END]

    def decode(self, ids: Iterable[int]) -> str:
        """The caption that `ids` spell, up to END; PAD and START are left out, UNK shows as <UNK>."""
        words = []
        for i in map(int, ids):
            if i == self.END:
                break
            if i not in (self.PAD, self.START):
                words.append(self.words[i])
        return joined(words)

    def save(self, path: str | Path) -> None:
        """Write readable JSON."""
        text = json.dumps(
            {"word_threshold": self.word_threshold, "words": self.words}, indent=0, ensure_ascii=False
        )
        with whole_file(file_to_write(path)) as partial:
            partial.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Read what `save` wrote; UserError when there is no such file or it holds something else."""
        try:
            saved = json.loads(as_path(path).read_text(encoding="utf-8"))
            return cls(saved["words"], saved["word_threshold"])
        except FileNotFoundError:
            raise UserError(f"There is no vocabulary at {path}: build one in 01_preprocessing.") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UserError(f"{path} is not a saved vocabulary ({error}): build it anew.") from None
