"""What a teacher reads: syllabus, glossary, cheat sheet and the Korean README say nothing that is not so."""

import ast
import re
from collections import Counter

import numpy as np
import torch
from pages import KOREAN, LINK, NOTEBOOKS, README, headings, prose, read
from PIL import Image

from helpers.tell import course
from helpers.tell.captioner import SHIPPED, Captioner

SYLLABUS, GLOSSARY, SHEET = (NOTEBOOKS / name for name in ("README.md", "GLOSSARY.md", "CHEATSHEET.md"))


def test_the_glossary_is_in_order_and_each_term_is_where_it_says():
    entries = re.findall(r"^### (.+?)\n+(.+?)\n\n\*(.+?)\*$", read(GLOSSARY), re.M)
    names = [name.lower() for name, *_ in entries]
    assert names == sorted(names) and len(set(names)) == len(names) == read(GLOSSARY).count("\n### ") > 60
    for name, about, where in entries:
        assert len(re.split(r"(?<=[.!?]) ", about)) <= 3, name
        stem, also = re.search(r"0\d_\w+", where)[0], re.search("also: (.*)", where)
        notebook = NOTEBOOKS / f"{stem}.ipynb"
        ways = [name, *(also[1].split(", ") if also else [])]
        if notebook.exists():
            assert any(way.lower() in read(notebook).lower() for way in ways), (name, stem)


def test_the_teacher_is_sent_to_sections_and_exercises_that_are_there():
    text = read(SYLLABUS)
    named = re.findall(r"\b(0\d) “([^”]+)”", text)
    assert len(named) > 25
    for number, section in named:
        (notebook,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
        assert section in headings(prose(notebook)), f"{number} “{section}”"
    solutions = "".join(read(path) for path in sorted((NOTEBOOKS / "solutions").glob("*.ipynb")))
    there = set(re.findall(r"\*\*(\d\.\d)\*\*", solutions))
    plans = text[text.index("## A taster") : text.index("## How long")]
    asked = set(re.findall(r"(?<![\d.])([0-7]\.[1-9])(?![\d.])", plans))
    assert asked and asked <= there


def test_minutes_of_exercises_are_those_that_the_exercises_say():
    row = re.search(r"^\| minutes of exercises.*$", read(SYLLABUS), re.M)[0]
    for path, said in zip(
        sorted((NOTEBOOKS / "solutions").glob("*.ipynb")), row.split("|")[2:-1], strict=False
    ):
        minutes = re.findall(r"^\*\*\d\.\d\*\* \*[^*]*?(\d+) minutes", prose(path), re.M)
        assert sum(map(int, minutes)) == int(said), path.name


def rows_of(text):
    """[(code, what it gives)] of the cheat sheet's tables of steps."""
    found = re.findall(r"^\| [^|]+ \| `([^|]+)` \| ([^|]+) \|$", text, re.M)
    return [(code, gives.strip()) for code, gives in found]


def test_the_cheat_sheet_has_the_shapes_that_it_says(tmp_path):
    names = {"folder": tmp_path / "photos", "out": tmp_path / "albums"}
    exec(re.search(r"^```python\n(.*?)^```", read(SHEET), re.M | re.S)[1], names)
    encoder, vocabulary = names["encoder"], names["vocabulary"]
    dice = np.random.default_rng(0)
    pictures = [Image.fromarray(dice.integers(0, 256, (90, 70 + i, 3), dtype=np.uint8)) for i in range(3)]
    names["folder"].mkdir()
    for i, picture in enumerate(pictures):
        picture.save(names["folder"] / f"{i}.png")
    many = [" ".join(dice.choice(vocabulary.words[4:], 5 + i % 3)) for i in range(80)]
    names |= {"pictures": pictures, "picture": picture, "many": many}
    names |= {
        "captions": [[caption] for caption in many[:3]],
        "references": [many[i : i + 5] for i in range(3)],
    }
    sizes = {
        "S": encoder.transform.size,
        "F": encoder.feature_dim,
        "E": encoder.embedding_dim,
        "P": 36,
        "D": 20,
    }
    sizes |= {"V": len(vocabulary), "H": names["decoder"].config["hidden_dim"], "B": 3, "N": len(many)}
    names |= sizes

    checked = 0
    for code, gives in rows_of(read(SHEET)):
        with torch.inference_mode():
            value = run(code, names)
        if gives.startswith("("):
            sizes["T"] = names["words"].size(1) if "words" in names else None
            assert tuple(getattr(value, "shape", value)) == eval(gives, {}, sizes), code
            checked += 1
        elif gives.startswith('`["a"'):
            assert value == ast.literal_eval(gives.strip("`"))
    assert checked >= 14
    assert names["clusters"].why(0) and (names["out"] / "index.html").exists()


def run(code, names):
    """Execute one line; what it computes, or the first part of it where several names take it."""
    exec(code, names)
    step = ast.parse(code).body[0]
    if isinstance(step, ast.Expr):
        return eval(code, names)
    target = step.targets[0]
    return names[(target.elts[0] if isinstance(target, ast.Tuple) else target).id]


def test_the_sizes_on_the_cheat_sheet_are_the_courses():
    rows = dict(re.findall(r"^\| ([A-Z, ]+) \| [^|]+ \| (.+) \|$", read(SHEET), re.M))
    captioner = Captioner.load(SHIPPED, device="cpu")
    sizes = captioner.transform.size, captioner.encoder.feature_dim
    assert [rows[letter].split(" | ")[0] for letter in "SF"] == [str(size) for size in sizes]
    for which, column in ((course.SCENES, 0), (course.PHOTOS, 1)):
        dims = f"{which.embedding_dim}, {which.hidden_dim}"
        assert rows["E, H"].split(" | ")[column] == dims
        assert rows["B, N"].split(" | ")[column].startswith(f"{which.batch_size};")


def commands(text):
    """The lines of code, without their comments."""
    lines = re.findall(r"^ {4}(\S.*)$", text, re.M)
    return [re.split(r"\s{2,}", line.split(" #")[0])[0].rstrip() for line in lines if " " in line]


def test_the_korean_readme_has_not_drifted():
    english, korean = read(README), read(KOREAN)
    here = {"README.ko.md", "README.md"}  # each links the other
    links = [[link for link in LINK.findall(text) if link not in here] for text in (english, korean)]
    assert Counter(links[0]) == Counter(links[1])
    assert commands(english) == commands(korean)
    levels = [re.findall(r"^#+(?= )", text, re.M) for text in (english, korean)]
    assert levels[0] == levels[1]
    spans = [Counter(re.findall("`([^`\n]+)`", text)) for text in (english, korean)]
    assert spans[0] == spans[1]
    tables = [re.findall(r"^\|.*\|$", text, re.M) for text in (english, korean)]
    figures = [[sorted(re.findall(r"\d[\d.,]*\d|\d", row)) for row in table] for table in tables]
    assert figures[0] == figures[1]
    assert len(re.findall("[가-힣]", korean)) > 1000
