"""Text in the encodings that people's programs write."""

import json

import pytest

from helpers.base.errors import UserError
from helpers.data.listings import read_folder
from helpers.data.text_files import read_head, read_json, read_text

KOREAN = "image,caption\na.jpg,개가 잔디밭을 달린다.\nb.jpg,두 사람이 해변에서 걷고 있다.\n"
FRENCH = "image,caption\na.jpg,Un été à la plage, des enfants jouent près de l’étang.\nb.jpg,Une forêt.\n"


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        (KOREAN, "utf-8", ""),
        (KOREAN, "utf-8-sig", ""),
        (KOREAN, "utf-16", "utf-16"),
        (KOREAN, "utf-16-le", "utf-16-le"),
        (KOREAN, "utf-16-be", "utf-16-be"),
        (KOREAN, "cp949", "cp949"),
        (FRENCH.replace("’", "'"), "latin-1", "latin-1"),
        (FRENCH, "cp1252", "cp1252"),
        ("image,caption\na.jpg,A dog in a café .\n" + "b.jpg,A dog .\n" * 99, "latin-1", "latin-1"),
        ("image,caption\na.jpg,犬が芝生の上を走っている。\nb.jpg,海辺のふたり。\n", "cp932", "cp932"),
        ("image,caption\na.jpg,一只狗在草地上奔跑。\nb.jpg,两个人在海滩上。\n", "gb18030", "gb18030"),
        (
            "image,caption\na.jpg,Собака бежит по траве.\nb.jpg,Двое детей играют на берегу моря.\n",
            "cp1251",
            "cp1251",
        ),
    ],
)
def test_encodings_are_found_and_named(tmp_path, text, encoding, said):
    file = tmp_path / "captions.csv"
    file.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    found, note = read_text(file)
    assert found == text
    assert (note == "") if said == "" else f"captions.csv is read as {said}," in note
    assert read_head(file) == text
    file.write_bytes(json.dumps({"a": text}, ensure_ascii=False).encode(encoding))
    assert read_json(file)[0] == {"a": text}


def test_which_encoding_is_said(tmp_path, capsys):
    (tmp_path / "captions.csv").write_bytes(KOREAN.encode("cp949"))
    assert read_folder(tmp_path)[0].captions == ["개가 잔디밭을 달린다."]
    assert capsys.readouterr().out.count("cp949") == 1


@pytest.mark.parametrize(
    "data", [b"a\n\xff\xd8\xff\xe0\0\x10JFIF", b"a\n\0\5\x16\7\0\2\0\0Mac OS X", b"a\nb\0c" + b"d" * 99]
)
def test_what_is_not_text(tmp_path, data):
    file = tmp_path / "captions.csv"
    file.write_bytes(data)
    for read in (read_text, read_json, read_folder):
        with pytest.raises(UserError, match=r"captions\.csv, line 2, is not text"):
            read(file)


def test_damaged_letters_are_told_and_a_stray_sign_does_no_harm(tmp_path):
    file = tmp_path / "captions.csv"
    file.write_bytes(KOREAN.encode()[:-4])
    text, note = read_text(file)
    assert text.startswith(KOREAN[:40]) and "line 3" in note
    file.write_bytes(b"image,caption\na.jpg,A dog\x1a\n")
    assert read_text(file) == ("image,caption\na.jpg,A dog\x1a\n", "")


@pytest.mark.parametrize("data", [b'{"a":\n[1,,2]}', b"[" * 100_000, b""])
def test_damaged_json(tmp_path, data):
    file = tmp_path / "captions.json"
    file.write_bytes(data)
    with pytest.raises(UserError, match=r"captions\.json cannot be read as JSON"):
        read_json(file)
    with pytest.raises(UserError, match="nowhere"):
        read_text(tmp_path / "nowhere.csv")
