"""Text that holds names of files, which may be anything, as terminals and files can take it."""

import re
import sys

# What a terminal would obey, what turns text round, and what is no Unicode.
_UNSHOWN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def valid_text(text: str) -> str:
    """`text` with a question mark for what is no valid Unicode, as file names may be."""
    return text.encode(errors="replace").decode()


def printable(text: str) -> str:
    """`text` with a question mark for what no terminal should be given; lines and tabs stay."""
    return _UNSHOWN.sub("?", text)


def announce(text: str) -> None:
    """Print `text`, with a question mark for what this terminal cannot show; some know only ASCII."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(printable(text).encode(encoding, "replace").decode(encoding))
