"""Caption files as they are really passed around, in folders that look like those on people's disks."""

import json
import os
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_folders import locks
from test_listings import by_split, coco, numbered, picture, write

from helpers.base.errors import UserError
from helpers.data.caption_files import survey
from helpers.data.datasets import load
from helpers.data.listings import read_folder, read_karpathy, recognise

NAMES = [f"{i}.jpg" for i in range(10)]
DOG = "A dog , a cat ."


def folder_of(path, files, pictures=()):
    """A folder with these files, {name: text or bytes}, and these pictures."""
    for name in pictures:
        picture(path / name)
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def captions_of(listings):
    return {x.path.name: x.captions for x in listings if x.path}


def rows(row, n=10):
    return "".join(row.format(i=i) for i in range(n))


RESULTS = "image_name| comment_number| comment\n" + rows(
    "{i}.jpg| 0| A dog , a cat .\n{i}.jpg| 1| It is {i} .\n"
)
TOKENS = rows("{i}.jpg#0\tA dog , a cat .\n{i}.jpg#1\tIt is {i} .\n")


@pytest.mark.parametrize(
    ("file", "content", "pictures"),
    [
        (
            "captions.txt",
            "image,caption\n" + rows("{i}.jpg,A dog , a cat .\n{i}.jpg,It is {i} .\n"),
            "Images",
        ),
        (
            "captions.txt",
            "image,caption\n" + rows('{i}.jpg,"A dog , a cat ."\n{i}.jpg,It is {i} .\n'),
            "Images",
        ),
        ("results.csv", RESULTS, "flickr30k_images"),
        ("flickr30k_images/results.csv", RESULTS, "flickr30k_images/flickr30k_images"),
        ("results_20130124.token", TOKENS, "flickr30k-images"),
        ("Flickr_Data/Flickr_TextData/Flickr8k.token.txt", TOKENS, "Flickr_Data/Images/Flicker8k_Dataset"),
        ("a.tsv", "filename\tsentence\n" + rows("{i}.jpg\tA dog , a cat .\n{i}.jpg\tIt is {i} .\n"), "x"),
        ("a.tsv", rows("{i}.jpg\tA dog , a cat .\n{i}.jpg\tIt is {i} .\n"), "x"),
        (
            "a.csv",
            "\ufeffsep=;\r\nDatei;Caption\r\n" + rows("{i}.JPG;A dog , a cat .;;\r\n{i}.JPG;It is {i} .\r\n"),
            "x",
        ),
        ("a.csv", "Caption,Image Path\n" + rows("A dog , a cat .,x/{i}.jpg\nIt is {i} .,x\\{i}.jpg\n"), "x"),
        ("a.csv", ",image,caption_0,caption_1\n" + rows('{i},{i}.jpg,"A dog , a cat .",It is {i} .\n'), "x"),
        ("a.csv", "raw,filename\n" + rows('"[""A dog , a cat ."", ""It is {i} .""]",{i}.jpg\n'), "x"),
        ("a.csv", "raw;filename\n" + rows("['A dog , a cat .', 'It is {i} .'];{i}.jpg\n"), "x"),
        (
            "a.csv",
            "id,path,text\n"
            + rows('{i},/home/me/{i}.jpg,"A dog ,\n a cat ."\n{i},C:\\me\\{i}.jpg,It is {i} .\n').replace(
                "C:\\me\\", "/home/me/"
            ),
            "x",
        ),
        (
            "metadata.csv",
            "file_name,text\n" + rows("x/{i}.jpg,A dog , a cat .\nx/{i}.jpg,It is {i} .\n"),
            "x",
        ),
        (
            "metadata.jsonl",
            rows('{{"file_name": "x/{i}.jpg", "text": ["A dog , a cat .", "It is {i} ."]}}\n'),
            "x",
        ),
        (
            "list.json",
            json.dumps([{"image": f"x/{i}.jpg", "captions": [DOG, f"It is {i} ."]} for i in range(10)]),
            "x",
        ),
    ],
    ids=lambda value: value[:30].replace("\n", " "),
)
def test_picture_and_caption_by_whatever_names(tmp_path, capsys, file, content, pictures):
    folder_of(tmp_path, {file: content}, [f"{pictures}/{name}" for name in NAMES])
    listings = read_folder(tmp_path)
    assert captions_of(listings) == {f"{i}.jpg": [DOG, f"It is {i} ."] for i in range(10)}
    assert by_split(listings) == {"train": 8, "val": 1, "test": 1}  # five captions, one picture, one split
    assert listings.told() == "" and capsys.readouterr().out == ""
    assert recognise(tmp_path)[0] != "pictures"


def test_the_broken_row_of_flickr30k(tmp_path):
    text = 'image_name| comment_number| comment\n0.jpg| 3| A " dog " .\n0.jpg| 4   A dog runs .\n1.jpg\n'
    listings = read_folder(folder_of(tmp_path, {"results.csv": text}, ["0.jpg"]))
    assert captions_of(listings) == {"0.jpg": ['A " dog " .', "A dog runs ."]}
    assert listings.left_out["damaged"] == ["results.csv, line 4"]


def test_a_quotation_mark_that_is_never_closed_swallows_nothing(tmp_path):
    text = 'image,caption\n0.jpg,"A dog .\n1.jpg,"B" and "C"\n2.jpg,"D\nE"\n'
    listings = read_folder(folder_of(tmp_path, {"captions.txt": text}, NAMES[:3]))
    assert captions_of(listings) == {"0.jpg": ['"A dog .'], "1.jpg": ['"B" and "C"'], "2.jpg": ["D E"]}


def test_token_lines_that_are_none(tmp_path):
    text = TOKENS + "no tab\n\n11.jpg#0\tGone .\n"
    listings = read_folder(folder_of(tmp_path, {"results_20130124.token": text}, NAMES))
    assert listings.left_out["damaged"] == ["results_20130124.token, line 21"]
    assert listings.left_out["missing"] == ["11.jpg"] and "1 (11.jpg)" in listings.told()


def test_splits_in_a_column_in_names_and_in_sub_folders(tmp_path):
    text = "image,caption,split\n" + rows("{i}.jpg,A dog,train\n", 8) + "8.jpg,A,validation\n9.jpg,B,test\n"
    assert by_split(read_folder(folder_of(tmp_path / "a", {"a.csv": text}, NAMES))) == {
        "train": 8,
        "val": 1,
        "test": 1,
    }
    parts = {"train": "0.jpg", "val": "1.jpg", "test": "2.jpg"}
    files = {f"my_{split}.csv": f"image,caption\n{name},A\n" for split, name in parts.items()}
    assert by_split(read_folder(folder_of(tmp_path / "b", files, NAMES))) == {"train": 1, "val": 1, "test": 1}
    for n, file in enumerate(("metadata.jsonl", "metadata.csv")):
        texts = ['{{"file_name": "0.jpg", "text": "In {0}."}}\n', "file_name,text\n0.jpg,In {0}.\n"]
        splits = {"train": "train", "validation": "val", "test": "test"}
        files = {f"{folder}/{file}": texts[n].format(folder) for folder in splits}
        folder = folder_of(tmp_path / file, files, [f"{folder}/0.jpg" for folder in splits])
        found = {(x.path, x.captions[0], x.split) for x in read_folder(folder)}
        assert found == {(folder / it / "0.jpg", f"In {it}.", split) for it, split in splits.items()}


def karpathys(names, splits=("train", "val", "test")):
    images = [
        {"filename": name, "split": splits[i % 3], "sentences": [{"raw": "A."}]}
        for i, name in enumerate(names)
    ]
    return json.dumps({"images": images, "dataset": "flickr8k"})


def test_karpathys_file_is_found_by_itself_or_given(tmp_path):
    files = {
        "dataset_flickr8k.json": karpathys(NAMES),
        "dataset_coco.json": karpathys(["elsewhere.jpg"] * 20),
    }
    files["captions.txt"] = "image,caption\n0.jpg,B\n"  # without splits
    folder_of(tmp_path, files, [f"Images/{name}" for name in NAMES])
    listings = read_folder(tmp_path)
    assert by_split(listings) == {"train": 4, "val": 3, "test": 3}
    assert listings.left_out["foreign"] == ["captions.txt", "dataset_coco.json"]
    for again in (
        read_folder(tmp_path / "dataset_flickr8k.json"),
        read_karpathy(tmp_path, tmp_path / "dataset_flickr8k.json"),
        read_karpathy(tmp_path / "Images", tmp_path / "dataset_flickr8k.json"),
    ):
        assert again == listings


@pytest.mark.parametrize(
    "lying", ["._captions.json", "truth.json", "captions_old.json", "notes.csv", ".captions.csv"]
)
@pytest.mark.parametrize(
    "content", [b"\0\5\x16\7\0\2\0\0Mac OS X", b"{oops", b"[1, 2]", b'{"a": {"objects": 1}}', b"\xff"]
)
def test_files_that_lie_about_are_passed_over_and_named(tmp_path, lying, content):
    write(tmp_path / "captions.json", coco(numbered(3)))
    folder_of(tmp_path, {lying: content}, [image["file_name"] for image in numbered(3)])
    listings = read_folder(tmp_path)
    assert len(listings) == 3 and listings.left_out["foreign"] == [lying] and lying in listings.told()
    if lying != "captions_old.json":
        (tmp_path / "captions.json").unlink()
        listings = read_folder(tmp_path)
        assert all(x.captions == [] for x in listings)  # a plain folder
        assert listings.left_out["foreign"] == [lying]
    with pytest.raises(UserError, match=lying):
        read_folder(tmp_path / lying)


def test_load_names_and_counts_them_in_one_line(tmp_path, capsys):
    write(tmp_path / "captions.json", coco(numbered(3)))
    folder_of(
        tmp_path, {"._captions.json": b"\0\5", "truth.json": "[]"}, [x["file_name"] for x in numbered(3)]
    )
    assert load(tmp_path, "all", size=None).left_out == {"missing": 0, "uncaptioned": 0, "foreign": 2}
    (told,) = capsys.readouterr().out.splitlines()
    assert "._captions.json; truth.json" in told


def test_a_damaged_part_of_a_set_is_no_trifle(tmp_path):
    write(tmp_path / "captions_train.json", coco(numbered(3)))
    (tmp_path / "captions_val.json").write_text("{oops")
    with pytest.raises(UserError, match=r"captions_val\.json.*line 1"):
        read_folder(tmp_path)


def test_our_own_albums_are_read_only_if_asked_for(tmp_path):
    folder_of(tmp_path, {"captions.csv": "path,caption,album\n0.jpg,A dog,Dogs\n"}, ["0.jpg"])
    listings = read_folder(tmp_path)
    assert listings[0].captions == [] and listings.left_out["foreign"] == ["captions.csv"]
    assert read_folder(tmp_path / "captions.csv")[0].captions == ["A dog"]


@pytest.mark.parametrize("folder", ["#recycle", "@eaDir", ".Trash-1000", "__MACOSX"])
def test_captions_in_a_waste_basket_are_nobodys(tmp_path, folder):
    folder_of(tmp_path, {f"{folder}/captions.json": json.dumps(coco(numbered(1)))}, ["0.jpg"])
    assert survey(tmp_path).kind == "pictures"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_captions_behind_a_link_are_found_and_read_once(tmp_path):
    write(tmp_path / "far" / "captions.json", coco(numbered(3)))
    folder = folder_of(tmp_path / "mine", {}, ["0.jpg", "1.jpg", "2.jpg"])
    for name in ("annotations", "also"):
        (folder / name).symlink_to(tmp_path / "far")
    (folder / "circle").symlink_to(folder)
    plan = survey(folder)
    assert plan.kind == "coco" and plan.files == [folder / "annotations" / "captions.json"]
    assert [len(listing.captions) for listing in read_folder(folder)] == [1, 1, 1]


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("secret", ["annotations", "deep"])
def test_captions_in_a_folder_that_is_locked_are_named_and_the_others_read(tmp_path, secret, listed):
    files = dict.fromkeys(["captions.json", f"{secret}/captions_b.json"], json.dumps(coco(numbered(2))))
    folder = folder_of(tmp_path / "mine", files, ["0.jpg", "1.jpg"])
    with locks(secret, listed):
        listings = read_folder(folder)
        assert recognise(folder)[0] == "coco"
    assert [len(listing.captions) for listing in listings] == [1, 1]
    named = listings.left_out["foreign" if listed else "locked"]
    assert named == [f"{secret}/captions_b.json" if listed else secret]


def test_a_folder_that_is_locked_itself_is_a_sentence(tmp_path):
    folder_of(tmp_path / "mine", {"captions.json": json.dumps(coco(numbered(1)))}, ["0.jpg"])
    with locks("mine"), pytest.raises(UserError, match=r"mine.* cannot be used: it is not allowed"):
        load(tmp_path / "mine")
    with locks("mine"), pytest.raises(UserError, match=r"mine.* cannot be used: it is not allowed"):
        load(tmp_path / "mine" / "captions.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_captions_from_a_pipe_are_not_waited_for(tmp_path):
    folder_of(tmp_path, {}, ["0.jpg"])
    os.mkfifo(tmp_path / "captions.json")
    assert read_folder(tmp_path).left_out["pipe"] == ["captions.json"]
    with pytest.raises(UserError, match="is no file, but a folder, pipe or device"):
        read_karpathy(tmp_path, tmp_path / "captions.json")


def test_what_is_nearest_comes_first(tmp_path):
    folder_of(
        tmp_path,
        {"a.csv": "image,caption\n0.jpg,Near\n", "b/captions.txt": "image,caption\n0.jpg,Far\n"},
        ["0.jpg"],
    )
    assert read_folder(tmp_path)[0].captions == ["Near"]


def test_a_captions_file_in_annotations_finds_its_pictures_beside_it(tmp_path):
    write(tmp_path / "annotations" / "captions_val2017.json", coco(numbered(1)))
    picture(tmp_path / "val2017" / "000.png")
    assert read_folder(tmp_path / "annotations" / "captions_val2017.json")[0].path


# ------------------------------------------------------------------ whatever is in a file

ODD = ["", "nan", "null", '"', '""', "\n", "\r\n", "\0", "\ufeff", "\u2028", "#0", "[", "['a", "{", "}", "개"]
ODD += [
    "0.jpg",
    "a/0.jpg",
    "../0.jpg",
    "C:\\0.jpg",
    "É.jpg",
    "image",
    "caption",
    ",",
    ";",
    "\t",
    "|",
    "\ud800",
]
WORDS = st.one_of(st.sampled_from(ODD), st.text(max_size=6))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(), WORDS),
    lambda it: st.one_of(
        st.lists(it, max_size=3),
        st.dictionaries(
            st.sampled_from(["id", "image_id", "file_name", "caption", "raw", "x"]), it, max_size=4
        ),
    ),
    max_leaves=3,
)
FUZZ = settings(
    max_examples=2000,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def survives(folder, name, data):
    """Read a file full of nonsense: it works, or a UserError says what is wrong; nothing else is touched."""
    (folder / name).write_bytes(data)
    try:
        listings = read_folder(folder / name)
    except UserError as error:
        assert name in str(error) or "may both mean" in str(error)
    else:
        for listing in listings:
            assert all(
                caption.strip().lower() not in ("", "nan", "none", "null") for caption in listing.captions
            )
            "".join(listing.captions).encode()  # is text
        paths = [x.path for x in listings if x.path]
        assert len(set(paths)) == len(paths)  # one picture, one split
        listings.told().encode()
    assert sorted(path.name for path in folder.iterdir()) == sorted(["0.jpg", name])


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    def folder(name):
        path = tmp_path_factory.mktemp(name)
        picture(path / "0.jpg")
        return path

    return {name: folder("fuzz") for name in ("captions.json", "captions.csv", "a.token", "metadata.jsonl")}


def entries(**known):
    """Objects most of which have the right fields, with anything in them."""
    usual = st.fixed_dictionaries({key: st.one_of(value, VALUES) for key, value in known.items()})
    return st.lists(st.one_of(usual, usual, VALUES), max_size=5)


IMAGES = entries(id=st.integers(0, 3), file_name=WORDS)
ANNOTATIONS = entries(id=st.integers(0, 3), image_id=st.integers(0, 3), caption=WORDS)
SENTENCES = entries(filename=WORDS, split=WORDS, sentences=entries(raw=WORDS))


@FUZZ
@given(
    st.one_of(
        st.fixed_dictionaries({"images": IMAGES, "annotations": ANNOTATIONS}),
        st.fixed_dictionaries({"images": SENTENCES}),
        entries(image=WORDS, caption=WORDS),
        VALUES,
    ),
    st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"]),
    st.one_of(st.none(), st.none(), st.integers(0, 200)),
)
def test_any_json(fuzzed, content, encoding, cut):
    data = json.dumps(content).encode(encoding)[:cut]
    survives(fuzzed["captions.json"], "captions.json", data)


@FUZZ
@given(
    st.sampled_from(
        ["image,caption", "a;file_name;caption1;caption2", "image| n| comment", "text\tpath\tsplit", ""]
    ),
    st.lists(st.lists(WORDS, max_size=5), max_size=5),
    st.sampled_from(",;|\t"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp949"]),
)
def test_any_table(fuzzed, header, table, delimiter, encoding):
    text = "\n".join([header, *(delimiter.join(["0.jpg", *row]) for row in table)])
    survives(fuzzed["captions.csv"], "captions.csv", text.encode(encoding, "replace"))


@FUZZ
@given(
    st.lists(st.tuples(WORDS, st.sampled_from(["#0", "#", ""]), st.sampled_from("\t ,"), WORDS), max_size=6)
)
def test_any_tokens(fuzzed, lines):
    text = "0.jpg#0\tA dog.\n0.jpg#1\tIt runs.\n" + "\n".join(map("".join, lines))
    survives(fuzzed["a.token"], "a.token", text.encode("utf-8", "replace"))


@settings(FUZZ, max_examples=300)
@given(
    st.lists(
        st.one_of(entries(file_name=WORDS, text=WORDS).map(json.dumps), VALUES.map(json.dumps), WORDS),
        max_size=5,
    )
)
def test_any_json_lines(fuzzed, lines):
    text = '{"file_name": "0.jpg", "text": "A dog."}\n' + "\n".join(lines)
    survives(fuzzed["metadata.jsonl"], "metadata.jsonl", text.encode("utf-8", "replace"))


@settings(FUZZ, max_examples=200)
@given(
    st.binary(max_size=60), st.sampled_from(["captions.json", "captions.csv", "a.token", "metadata.jsonl"])
)
def test_any_bytes(fuzzed, data, name):
    survives(fuzzed[name], name, data)


CONTENTS = st.sampled_from(
    [
        b"",
        b"\0",
        b"{oops",
        b"\xff\xfe\0\xd8",
        json.dumps(coco(numbered(2))).encode(),
        karpathys(NAMES[:2]).encode(),
    ]
    + [
        it.encode()
        for it in (
            "image,caption\n0.jpg,A dog\n",
            "a,b\n1,2\n",
            TOKENS,
            '{"file_name": "0.jpg", "text": "A"}',
        )
    ]
)
FILES = [
    "captions.json",
    "captions_val.json",
    "._captions.json",
    "truth.json",
    "dataset_coco.json",
    "captions.txt",
]
FILES += [
    "results.csv",
    "metadata.jsonl",
    "train/metadata.csv",
    "test/metadata.csv",
    "annotations/captions_b.json",
]
FILES += [
    "Flickr8k.token.txt",
    "Flickr_8k.devImages.txt",
    "0.jpg.json",
    "LICENSE.csv",
    "sub/sub/sub/captions.json",
]


@settings(FUZZ, max_examples=300)
@given(st.dictionaries(st.sampled_from(FILES), CONTENTS, max_size=5))
def test_any_folder(tmp_path_factory, files):
    folder = folder_of(tmp_path_factory.mktemp("any"), files, ["0.jpg", "1.jpg", "train/0.jpg"])
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    try:
        listings = read_folder(folder)
    except UserError:
        listings = None
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    if listings:
        pictures = {path for path in before if path.suffix == ".jpg"}
        unmentioned = {folder / name for name in listings.left_out.get("unmentioned", [])}
        assert {x.path for x in listings if x.path} | unmentioned == pictures
        assert not {x.path for x in listings} & unmentioned
        named = {folder / name for names in listings.left_out.values() for name in names}
        named |= {x.path for x in listings} | {*survey(folder).files}
        assert {path for path in before if path not in named} <= {folder / "truth.json"}
