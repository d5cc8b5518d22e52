"""Folders of whatever people have in them, made up by hypothesis."""

import os
from pathlib import Path

from hypothesis import strategies as st
from small_world import paint

# Names that files really have: not UTF-8, composed and decomposed, long, with signs to trip over.
NAMES = [
    "a",
    "e\u0301",
    "\u00e9",
    "b\udcff",
    "line\nbreak",
    "tab\t",
    "=1+1",
    "-x",
    "100%",
    "#1?",
    "'q\"",
    "<b>",
]
NAMES += ["n" * 251, "ü" * 125, " ", "x.", "©", "\u202egpj", "@eaDir", "CON", ".hidden", "{", "$title"]
SUFFIXES = [".png", ".PNG", ".jpg", ".txt", ".cr2", ""]
FILES = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), st.sampled_from(SUFFIXES),
              st.sampled_from(["picture", "damaged", "link", "loop", "pipe"])),
    min_size=1, max_size=8,
)  # fmt: skip


def build(folder: Path, files) -> None:
    """A folder of what `files` says; what cannot be made, since its place is taken, is not made."""
    folder.mkdir()
    paint(folder / "first.png", "blue")
    for parts, suffix, kind in files:
        path = folder.joinpath(*parts[:-1], parts[-1] + suffix)
        if os.path.lexists(path):  # perhaps a pipe, at which writing would wait
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if kind == "picture":
                path.write_bytes((folder / "first.png").read_bytes())
            elif kind == "damaged":
                path.write_bytes(b"no picture")
            elif kind == "pipe":
                os.mkfifo(path)
            else:
                path.symlink_to(path.parent if kind == "loop" else folder / "first.png")
        except OSError:
            continue


def state(folder: Path) -> dict:
    """All that is there, without following a link."""
    found = {}
    for parent, below, names in os.walk(folder):
        for name in below + names:
            facts = Path(parent, name).lstat()
            found[parent, name] = facts.st_mode, facts.st_size, facts.st_mtime_ns
    return found


def accounted(folder: Path, read, left_out) -> bool:
    """Whether each file is among `read` or `left_out`, or below a folder that is left out."""
    known = {os.fspath(path) for path in [*read, *left_out]}
    for parent, below, names in os.walk(folder):
        below[:] = [name for name in below if f"{parent}/{name}" not in known]
        if not all(f"{parent}/{name}" in known for name in names):
            return False
    return True
