import io
import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.base.errors import UserError
from helpers.base.saved import read_saved


def whole_model():
    stream = io.BytesIO()
    torch.save(torch.nn.Linear(2, 2), stream)
    return stream.getvalue()


def flipped():
    """One bit of a number is another."""
    stream = io.BytesIO()
    torch.save({"w": torch.ones(1000)}, stream)
    content = bytearray(stream.getvalue())
    content[content.index(torch.ones(1).numpy().tobytes()) + 400] ^= 1
    return bytes(content)


def other_zip():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return stream.getvalue()


def jpeg():
    stream = io.BytesIO()
    Image.new("RGB", (9, 9)).save(stream, "JPEG")
    return stream.getvalue()


def npy():
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


def safetensors():
    head = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(head).to_bytes(8, "little") + head + bytes(4)


FILES = {
    "empty": (lambda: b"", "an empty file"),
    "text": (lambda: b"a dog\n", "a text file"),
    "hangul": (lambda: "개 한 마리".encode(), "a text file"),
    "picture": (jpeg, "a picture"),
    "array": (npy, "an array of NumPy's"),
    "zip": (other_zip, "a zip file with something else"),
    "tensors": (safetensors, "a safetensors file"),
    "model": (whole_model, "Python objects"),
    "pickle": (lambda: pickle.dumps(zipfile.ZipFile), "Python objects"),
    "cut": (lambda: whole_model()[:300], "ends too early"),
    "short": (lambda: whole_model()[:-1], "ends too early"),
    "flipped": (flipped, "damaged"),
    "noise": (lambda: bytes(range(256)) * 9, "of another kind"),
}


@pytest.mark.parametrize("name", FILES)
def test_other_files_are_named_for_what_they_are(name, tmp_path):
    make, words = FILES[name]
    path = tmp_path / f"{name}.pt"
    path.write_bytes(make())
    with pytest.raises(UserError, match=rf"{name}\.pt is no captioner, but .*{words}.*Train one") as told:
        read_saved(path, "captioner", "Train one.")
    assert "weights_only" not in str(told.value) and "\n" not in str(told.value)


def test_folders_and_nothing_are_named(tmp_path):
    with pytest.raises(UserError, match="but a folder"):
        read_saved(f"{tmp_path}/", "captioner", "Train one.")
    with pytest.raises(UserError, match=r"There is no captioner at .*nowhere\.pt"):
        read_saved(tmp_path / "nowhere.pt", "captioner", "Train one.")
    with pytest.raises(UserError, match="no path"):
        read_saved(None, "captioner", "Train one.")


def test_no_file_cut_anywhere_raises_anything_else(tmp_path):
    """A file is read whole or is named, wherever a download or a copy broke off, or a byte is wrong."""
    stream = io.BytesIO()
    torch.save({"w": torch.arange(6.0), "format": "x"}, stream)
    good, draw = stream.getvalue(), np.random.default_rng(0)
    for turn in range(200):
        bad, place = bytearray(good), int(draw.integers(len(good)))
        bad = bad[:place] if turn % 2 else bad[:place] + bytes([int(draw.integers(256))]) + bad[place + 1 :]
        (tmp_path / "bad.pt").write_bytes(bad)
        try:
            read_saved(tmp_path / "bad.pt", "captioner", "Train one.")
        except UserError as error:
            assert "weights_only" not in str(error)


def test_what_is_whole_is_read(tmp_path, monkeypatch):
    torch.save({"w": torch.ones(2)}, tmp_path / "good.pt")
    monkeypatch.chdir(tmp_path)
    assert read_saved("good.pt", "captioner", "")["w"].sum() == 2
