"""What two notebooks say of the same thing is the same."""

import re

import nbformat
from notebook_checks import PATHS, tagged


def shown(notebook):
    """All that its cells have printed or returned as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs)


def test_05_and_07_give_the_captioner_of_04_the_same_score():
    """The same test pictures, the likeliest word at every step."""
    inference, attention = (nbformat.read(PATHS[i], as_version=4) for i in (5, 7))
    cider = tagged(attention, "scores")["one vector"]["CIDEr"]
    said = [
        float(n) for line in re.findall(r"CIDEr.*", shown(inference)) for n in re.findall(r"\d\.\d{3}", line)
    ]
    assert any(abs(cider - n) < 6e-4 for n in said), (cider, said)  # one is rounded to three digits
