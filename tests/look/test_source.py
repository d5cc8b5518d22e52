import re

import pytest

from helpers.base.files import PROJECT
from helpers.look import source
from helpers.tell import decoding
from helpers.tell.decoder import Decoder


@pytest.mark.parametrize("thing", [decoding.greedy, Decoder, Decoder.step, decoding])
def test_the_source_is_on_view_with_a_link_to_its_file(thing, monkeypatch):
    shown = []
    monkeypatch.setattr(source, "display", shown.append)
    source.show_source(thing)
    text = shown[0].data
    (path, line) = re.match(r"\[.*\]\(\.\./(helpers/.*\.py)\)(?:, line (\d+))?", text).groups()
    code = re.search(r"```python\n(.*)\n```$", text, re.S)[1]
    file = (PROJECT / path).read_text(encoding="utf-8")
    compile(code, path, "exec")
    start = file.splitlines()[int(line or 1) - 1]
    assert start.strip() == code.splitlines()[0] and code.splitlines()[-1] in file
