"""Folders of whatever people have in them, made up by hypothesis."""

import errno
import os
import stat
from contextlib import contextmanager
from pathlib import Path

import pytest
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
NAMES += ["esc\x1b[31m", "‮", "\N{DOG FACE}" * 60, "$RECYCLE.BIN", "…", "a b", "%41", "&amp;", "~", "locked"]
SUFFIXES = [".png", ".PNG", ".jpg", ".jpg ", ".txt", ".cr2", ""]
LINKS = {"far": "far", "farther": "far/deep", "out": "far/b.png", "up": ".", "top": "mine", "again": "mine/a"}
FILES = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), st.sampled_from(SUFFIXES),
              st.sampled_from(["picture", "damaged", "link", "loop", "pipe", "socket", "dead", *LINKS])),
    min_size=1, max_size=8,
)  # fmt: skip


def build(folder: Path, files) -> None:
    """A folder of what `files` says; what cannot be made, since its place is taken, is not made."""
    paint(folder / "first.png", "blue")
    far = folder.with_name("far")
    paint(far / "b.png", "red")
    paint(far / "deep" / "c.png", "red")
    (far / "back").symlink_to(folder)
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
            elif kind == "socket":
                os.mknod(path, stat.S_IFSOCK)
            elif kind == "dead":
                path.symlink_to(folder / "nowhere")
            elif kind in LINKS:
                path.symlink_to(folder.parent / LINKS[kind])
            else:
                path.symlink_to(path.parent if kind == "loop" else folder / "first.png")
        except OSError:
            continue


@contextmanager
def locks(name: str = "locked", listed: bool = False):
    """Nobody may look into folders of this name, root neither; if `listed`, the names in them are told."""

    def refusing(ask, refused):
        def refuse(path=".", *args, **options):
            if not isinstance(path, int) and refused(Path(os.fsdecode(path))):
                raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
            return ask(path, *args, **options)

        return refuse

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "stat", refusing(os.stat, lambda path: name in path.parts[:-1]))
        for how in () if listed else ("scandir", "listdir"):
            patch.setattr(os, how, refusing(getattr(os, how), lambda path: path.name == name))
        yield


def state(folder: Path) -> dict:
    """All that is there, without following a link."""
    found = {}
    for parent, below, names in os.walk(folder):
        for name in below + names:
            path = Path(parent, name)
            facts = path.lstat()
            content = (
                path.read_bytes() if stat.S_ISREG(facts.st_mode) else path.is_symlink() and path.readlink()
            )
            found[parent, name] = facts.st_mode, facts.st_size, facts.st_mtime_ns, content
    return found


def accounted(folder: Path, read, left_out) -> bool:
    """Whether each file is among `read` or `left_out`, or below a folder that is left out; none twice."""
    if len({os.path.realpath(path) for path in read}) < len(read):
        return False
    known = {os.fspath(path) for path in [*read, *left_out]}
    for parent, below, names in os.walk(folder):
        below[:] = [name for name in below if f"{parent}/{name}" not in known]
        if not all(f"{parent}/{name}" in known for name in names):
            return False
    return True
