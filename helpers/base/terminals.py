"""Text that holds names of files, which may be anything, as terminals and files can take it."""

import re
import sys

_UNSHOWN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)  # a terminal would obey them, or not know them


def valid_text(text: str) -> str:
    """`text` with a question mark for what is no valid Unicode, as file names may be."""
    return text.encode(errors="replace").decode()


def printable(text: str) -> str:
    """`text` with a question mark for what no terminal shows: control characters, and what is no Unicode."""
    return _UNSHOWN.sub("?", text)


def announce(text: str) -> None:
    """Print `text`, with a question mark for what this terminal cannot show; some know only ASCII."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(printable(text).encode(encoding, "replace").decode(encoding))
