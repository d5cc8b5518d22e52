"""Whatever a file is called, a terminal can show it, and nobody's terminal obeys it."""

import io
import os
import sys

import pytest

from helpers.base.errors import UserError, run_command
from helpers.base.terminals import announce, printable, valid_text

ODD = os.fsdecode(b"\xff") if sys.platform != "win32" else "\udcff"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_name_can_be_told_on_any_terminal(monkeypatch, encoding):
    screen = io.TextIOWrapper(io.BytesIO(), encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)

    def told():
        said = screen.buffer.getvalue().decode(encoding)
        screen.buffer.truncate(0), screen.buffer.seek(0)
        return said

    announce(f"a {ODD} \x1b[31m \N{DOG FACE} b\tc\nd")
    assert told().replace("\N{DOG FACE}", "?").split("\n")[:2] == ["a ? ?[31m ? b\tc", "d"]

    def stumble():
        print(f"\N{DOG FACE}{ODD}")  # as anybody may
        raise UserError(f"No {ODD}\x1b\N{DOG FACE}.")

    assert run_command(stumble, "") == 2 and "No ??" in told()

    def fall():
        raise FileNotFoundError(2, "gone", f"{ODD}\N{DOG FACE}")

    assert run_command(fall, "") == 2 and "cannot be used: it is not there (gone)" in told()


def test_what_is_no_unicode_or_no_letter_becomes_a_question_mark():
    assert valid_text(f"ü{ODD}\x1b") == "ü?\x1b"
    assert printable(f"ü{ODD}\x1b\x9b\x7f\0\r\u202e\N{DOG FACE}") == "ü???????\N{DOG FACE}"
    assert str(UserError(f"a{ODD}\x07")) == "a??"
