"""Which files of a folder are captions, in which format, and which only lie about."""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from helpers.base.errors import UserError
from helpers.data.caption_tables import are_record_lines, are_records, is_tokens
from helpers.data.coco_files import is_coco, is_karpathy
from helpers.data.folders import not_ours, pictures_below
from helpers.data.gathered import split_named
from helpers.data.table_shapes import is_album_list, shape_of
from helpers.data.text_files import read_head, read_json

LISTS = {"train": "trainImages", "val": "devImages", "test": "testImages"}  # Flickr_8k.trainImages.txt
_TEXTS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".token")
_ORDER = (  # of the files in one folder, by their names
    *(r".*captions?.*\.json", r".*\.json", r"metadata\.\w+", r".*token.*", r".*captions?.*", r"results.*"),
    *(r".*\.(csv|tsv|jsonl|ndjson)", r".*"),
)
_TELLING = (0, 2, 3, 4, 5)  # those of _ORDER that are looked for in sub-folders, too
_SPLIT = re.compile(r"(train|restval|val|dev|test)(ing|idation)?\d*")
_DEEP = 2  # so many sub-folders down


class Survey(NamedTuple):
    """The caption files to be read, all in one format, and the names of those that only lie about."""

    kind: str  # "flickr8k", "coco", "karpathy", "records", "lines", "tokens", "table", "albums" or "pictures"
    files: list[Path]
    contents: dict[Path, tuple]  # (content, note) of JSON that has been read already
    passed_over: list[str]


def official(folder: Path) -> tuple[str, list[Path]] | None:
    """("flickr8k", [token file]) if it has its lists, or ("coco", [COCO 2014's]), by the files' names alone.

    Raises:
        UserError: one or two of the lists are gone.
    """
    for tokens in (path for path in _texts_near(folder) if path.name == "Flickr8k.token.txt"):
        lists = [tokens.with_name(f"Flickr_8k.{theirs}.txt") for theirs in LISTS.values()]
        gone = [path for path in lists if not _is_there(path)]
        if 0 < len(gone) < len(lists):
            raise UserError(f"{gone[0].name} is not beside {tokens}. It comes with Flickr8k_text.zip.")
        if not gone:
            return "flickr8k", [tokens]
    train2014 = folder / "annotations" / "captions_train2014.json"
    return ("coco", [train2014]) if _is_there(train2014) else None


def survey(folder: Path) -> Survey:
    """What to read of a folder, or of one captions file.

    First comes what is `official`. Otherwise what is nearest: in the folder (or its `annotations`), one
    folder down, two folders down. There the first that can be read, in this order: JSON called *captions*
    (in COCO's format, Karpathy's, or a list of objects), other JSON, `metadata.jsonl` or `.csv`, Flickr's
    token files, tables. With it come the others in COCO's format, or for other splits.

    Raises:
        UserError: a file that is called captions cannot be read, and no other can.
    """
    if folder.is_file():
        kind, content = format_of(folder)
        return Survey(kind, [folder], {folder: content}, [])
    if known := official(folder):
        return Survey(*known, {}, _lying_about(folder, *known, []))
    kind, chosen, contents, others = "pictures", [], {}, {}
    for path in _texts_near(folder):
        if chosen and not _goes_with(path, chosen[0], kind, folder):
            others |= {path: None} if _rank(path) in _TELLING else {}
            continue
        try:
            its_kind, contents[path] = format_of(path)
        except UserError as error:
            others[path] = error
            continue
        if its_kind == "albums" or (chosen and its_kind != kind):
            others[path] = None  # no mistake. Albums' captions are the machine's: taken only if asked for
        else:
            kind = its_kind
            chosen.append(path)
    for path, error in others.items():
        expected = not chosen or (split_of(path, folder) and split_of(chosen[0], folder))
        if error and expected and _depth(path, folder) == 0 and _rank(path) in (0, 4):
            raise error
    if kind == "karpathy":
        chosen = [_best(chosen, contents, folder)]
    return Survey(kind, chosen, contents, _lying_about(folder, kind, chosen, others))


def format_of(file: Path) -> tuple[str, tuple]:
    """(kind, (content, note) of JSON or ()); UserError, which says what is wanted, if it has no captions."""
    if file.suffix.lower() == ".json":
        content, note = read_json(file)
        kinds = {"coco": is_coco, "karpathy": is_karpathy, "records": are_records}
        if kind := next((kind for kind, fits in kinds.items() if fits(content)), None):
            return kind, (content, note)
        raise UserError(
            f'{file} is not in COCO captions format: it needs "images" (each with "id" and "file_name") '
            'and "annotations" (each with "image_id" and "caption").'
        )
    head = read_head(file)
    if file.suffix.lower() in (".jsonl", ".ndjson"):
        if are_record_lines(head):
            return "lines", ()
        raise UserError(f'{file} has no lines like {{"file_name": "a.jpg", "text": "A dog."}}.')
    if is_tokens(head):
        return "tokens", ()
    return ("albums" if is_album_list(shape_of(head, file)) else "table"), ()


def split_of(file: Path, folder: Path) -> str | None:
    """The split that a file, or the sub-folder it lies in, is called after."""
    names = [file.stem] if _depth(file, folder) == 0 else [file.parent.name, file.stem]
    words = [word for name in names for word in re.split(r"[\W_]+", name.lower())]
    return next((split_named(word) for word in words if _SPLIT.fullmatch(word)), None)


def _goes_with(path: Path, first: Path, kind: str, folder: Path) -> bool:
    """Whether it might be another part of what `first` is a part of."""
    if kind in ("coco", "karpathy"):
        return _rank(path) == _rank(first) and _depth(path, folder) == _depth(first, folder)
    splits = split_of(first, folder), split_of(path, folder)
    beside = first.parent == path.parent and first.suffix == path.suffix
    return None not in splits and splits[0] != splits[1] and (beside or first.name == path.name)


def _best(files: list[Path], contents: dict[Path, tuple], folder: Path) -> Path:
    """Of Karpathy's files for several data sets the one whose pictures are here."""
    here = {path.name for path in pictures_below(folder)} if len(files) > 1 else set()

    def hits(file: Path) -> int:
        images = contents[file][0]["images"]
        return sum(str(image.get("filename")) in here for image in images if isinstance(image, dict))

    return max(files, key=hits)


def _texts_near(folder: Path) -> list[Path]:
    """What may be captions, by the names of the files: nearest first, then in our order."""
    found = []
    for parent, folders, names in os.walk(folder, followlinks=True):
        deep = len(Path(parent).relative_to(folder).parts)
        folders[:] = [name for name in folders if not not_ours(name) and deep < _DEEP]
        found += [Path(parent, it) for it in names if not not_ours(it) and it.lower().endswith(_TEXTS)]
    found = [path for path in found if _depth(path, folder) == 0 or _rank(path) in _TELLING]
    found = [path for path in found if _is_there(path, otherwise=True)]  # a pipe would never end
    nearest = {}  # a file that links make known by two paths is read once
    for path in sorted(found, key=lambda path: (_depth(path, folder), _rank(path), path)):
        nearest.setdefault(path.resolve(), path)
    return [*nearest.values()]


def _is_there(file: Path, otherwise: bool = False) -> bool:
    """Whether there is such a file; `otherwise` where one may not look."""
    try:
        return stat.S_ISREG(file.stat().st_mode)  # is_file() would say no, since Python 3.14
    except PermissionError:
        return otherwise
    except OSError:
        return False


def _all_in(folder: Path) -> list[Path]:
    """All in a folder; nothing where there is none, or one may not look: `walk` names that."""
    try:
        return [*folder.iterdir()]
    except OSError:
        return []


def _depth(path: Path, folder: Path) -> int:
    return 0 if path.parent == folder / "annotations" else len(path.relative_to(folder).parts) - 1


def _rank(path: Path) -> int:
    return next(n for n, name in enumerate(_ORDER) if re.fullmatch(name, path.name.lower(), re.DOTALL))


def _lying_about(folder: Path, kind: str, read: list[Path], others: Iterable[Path]) -> list[str]:
    """Files that one might have taken for captions, too: all in the folder, and `others` below."""
    paths = {path for parent in (folder, folder / "annotations") for path in _all_in(parent)}
    hidden = {path for path in paths if path.name[0] == "." and path.suffix.lower() in _TEXTS}
    found = hidden | {path for path in paths if path.suffix.lower() in _TEXTS[:5] and path.parent == folder}
    found |= set(others)
    if kind == "coco":  # where the objects are; who reads it says if it is another program's
        found.discard(folder / "truth.json")
    return sorted(path.relative_to(folder).as_posix() for path in found - set(read))
