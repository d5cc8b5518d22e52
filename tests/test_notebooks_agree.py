"""What two notebooks say of the same thing is the same."""

import re

import nbformat
from notebook_checks import PATHS, tagged


def shown(notebook):
    """All that its cells have printed or returned as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs)


def test_05_and_07_give_the_captioner_of_04_the_same_score():
    """The same test pictures, the same three beams, no length penalty."""
    inference, attention = (nbformat.read(PATHS[i], as_version=4) for i in (5, 7))
    cider = tagged(attention, "scores")["one vector"]["CIDEr"]
    said = re.findall(r"CIDEr.*", shown(inference))
    assert f"{cider:.3f}" in re.findall(r"\d\.\d{3}", " ".join(said)), (cider, said)
