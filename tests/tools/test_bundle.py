"""The bundle for machines without a network: what belongs in it, and that damage is noticed."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from packaging.requirements import Requirement

from helpers.base.errors import UserError
from tools import bundle, offline, wheels
from tools.walkthrough import PROJECT

PINNED = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
LINUX, WINDOWS, MAC = "linux-x86_64-3.11", "windows-amd64-3.12", "macos-arm64-3.13"


def names(lines, tag="py3-none-any"):
    return [f"{line.replace('-', '_').replace('==', '-')}-{tag}.whl" for line in lines]


@pytest.mark.parametrize("target", [LINUX, WINDOWS, MAC])
def test_every_pinned_requirement_has_its_wheel(target):
    lines = wheels.wanted(PINNED, target)
    found = wheels.wheels_for(lines, target, names(lines))
    assert len(found) == len(lines) > 100 and all(found.values())
    assert wheels.wheels_for(lines, target, names(lines[1:]))[lines[0]] is None


def test_what_this_machine_needs_is_what_pip_would_read_here():
    read = map(Requirement, (line for line in PINNED.splitlines() if not line.startswith("#")))
    mine = {f"{r.name}{r.specifier}" for r in read if not r.marker or r.marker.evaluate()}
    try:
        lines = wheels.wanted(PINNED, offline.this_target())
    except UserError:
        pytest.skip("bundles are not made for this kind of machine")
    assert mine <= set(lines) and len(lines) <= len(mine) + 3


def test_each_system_gets_its_own():
    of = {
        target: {line.split("==")[0] for line in wheels.wanted(PINNED, target)} for target in (LINUX, WINDOWS)
    }
    assert {"colorama", "pywinpty"} <= of[WINDOWS] and "pexpect" not in of[WINDOWS]
    assert "triton" in of[LINUX] and not {"colorama", "pywinpty"} & of[LINUX]
    assert not any(name.startswith(wheels.CUDA) for name in of[WINDOWS])
    assert not [x for x in wheels.wanted(wheels.without_cuda(PINNED), LINUX) if x.startswith(wheels.CUDA)]
    with pytest.raises(UserError, match=r"linux-x86_64-3\.12"):
        wheels.wanted(PINNED, "beos-ppc-3.11")


def test_the_wheel_that_pip_would_choose():
    lines = ["pillow==13.0.0", "torch==2.15.0"]
    have = [
        "pillow-13.0.0-py3-none-any.whl",
        "pillow-13.0.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        "pillow-13.0.0-cp312-cp312-win_amd64.whl",
        "pillow-12.0.0-cp312-cp312-win_amd64.whl",
        "torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "torch-2.15.0-cp312-cp312-win_amd64.whl",
        "torch-2.15.0-cp313-none-macosx_11_0_arm64.whl",
    ]
    assert list(wheels.wheels_for(lines, LINUX, have).values()) == [have[1], have[4]]
    assert list(wheels.wheels_for(lines, WINDOWS, have).values()) == [have[2], have[5]]
    assert list(wheels.wheels_for(lines, MAC, have).values()) == [have[0], have[6]]
    assert wheels.wheels_for(lines, LINUX, have, cpu=True)["torch==2.15.0"] is None
    cpu = "torch-2.15.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl"
    assert wheels.wheels_for(lines, LINUX, [*have, cpu], cpu=True)["torch==2.15.0"] == cpu
    assert wheels.wheels_for(lines, WINDOWS, have, cpu=True)["torch==2.15.0"] == have[5]


def test_an_interrupted_fetch_goes_on_where_it_was(tmp_path, monkeypatch):
    lines, asked = [f"thing{i}==1.0" for i in range(20)], []

    def pip(batch, platforms, python, folder, index):
        if len(asked) == 1:
            asked.append("cut")
            raise KeyboardInterrupt
        asked.append(batch)
        for name in names(batch):
            (folder / name).touch()

    monkeypatch.setattr(wheels, "_download", pip)
    with pytest.raises(KeyboardInterrupt):
        wheels.fetch(lines, LINUX, tmp_path)
    assert wheels.fetch(lines, LINUX, tmp_path) == dict(zip(lines, names(lines), strict=True))
    assert asked == [lines[:8], "cut", lines[8:16], lines[16:]]


def test_a_package_that_pip_cannot_have_is_a_sentence(tmp_path, monkeypatch):
    says = subprocess.CompletedProcess([], 1, "", "noise\nERROR: No matching distribution found\n")
    monkeypatch.setattr(wheels.subprocess, "run", lambda *a, **k: says)
    with pytest.raises(UserError, match=r"thing==1\.0.*No matching distribution"):
        wheels.fetch(["thing==1.0"], LINUX, tmp_path)


def test_the_cpu_build_of_pytorch_comes_from_its_own_index(tmp_path, monkeypatch):
    asked = {}

    def pip(batch, platforms, python, folder, index):
        asked[batch[0]] = index
        (
            folder / names(batch, "cp311-cp311-manylinux_2_28_x86_64")[0].replace("2.15.0", "2.15.0+cpu")
        ).touch()

    monkeypatch.setattr(wheels, "_download", pip)
    monkeypatch.delenv(wheels.CPU_INDEX, raising=False)
    with pytest.raises(UserError, match=r"Set PYTORCH_CPU_INDEX"):
        wheels.fetch(["torch==2.15.0"], LINUX, tmp_path, cpu=True)
    monkeypatch.setenv(wheels.CPU_INDEX, "https://some.where/cpu")
    wheels.fetch(["torch==2.15.0"], LINUX, tmp_path, cpu=True)
    assert asked == {"torch==2.15.0": ["--index-url", "https://some.where/cpu"]}


def test_what_a_wheel_requires_must_be_there_for_that_system(tmp_path):
    needs = {"a": ["b>=2", "winner ; sys_platform == 'win32'", "more ; extra == 'more'"], "b": ["A==1.0"]}
    found = {"a==1.0": "a-1.0-py3-none-any.whl", "b==1.5": "b-1.5-py3-none-any.whl"}
    for name, wheel in zip(needs, found.values(), strict=True):
        with zipfile.ZipFile(tmp_path / wheel, "w") as content:
            lines = "".join(f"Requires-Dist: {line}\n" for line in needs[name])
            content.writestr(f"{name}.dist-info/METADATA", f"Name: {name}\n{lines}")
    assert wheels.unmet(found, LINUX, tmp_path) == ["a-1.0-py3-none-any.whl requires b>=2"]
    assert len(wheels.unmet(found, WINDOWS, tmp_path)) == 2
    assert wheels.unmet({"a==1.0": found["a==1.0"], "b==2.1": found["b==1.5"]}, LINUX, tmp_path) == []


@pytest.fixture
def unpacked(tmp_path, monkeypatch):
    """A bundle of the committed project with tiny wheels for two systems, unpacked; and its manifest."""
    if not (PROJECT / ".git").exists():
        pytest.skip("a bundle is made from a git checkout")
    picture = tmp_path / "1.jpg"
    picture.write_bytes(b"a picture")

    def fetch(lines, target, folder, cpu):
        folder.mkdir(exist_ok=True)
        tag = "cp311-cp311-manylinux_2_28_x86_64" if target == LINUX else "cp312-cp312-win_amd64"
        for name in names(lines, tag):
            with zipfile.ZipFile(folder / name, "w") as wheel:
                wheel.writestr("thing.py", "thing = 1")
                wheel.writestr("thing-1.dist-info/METADATA", "Name: thing\n")
        return dict(zip(lines, names(lines, tag), strict=True))

    monkeypatch.setattr(bundle, "fetch", fetch)
    monkeypatch.setattr(bundle, "made_here", lambda: {"data/scenes/1.jpg": picture})
    monkeypatch.setattr(bundle, "ROOM", 1_000_000)
    path = bundle.bundle(tmp_path / "out", [LINUX, WINDOWS])
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "stick")
    folder = tmp_path / "stick" / "show-tell-sort"
    return folder, json.loads((folder / "manifest.json").read_text())


def test_the_bundle_is_the_project_with_all_it_needs(unpacked):
    folder, manifest = unpacked
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == {entry["path"] for entry in manifest["files"]} | {"manifest.json"}
    assert {"helpers/assets/captioner.pt", "notebooks/00_start_here.ipynb", "data/scenes/1.jpg"} <= on_disk
    assert (folder / "install.py").read_bytes() == (folder / "tools" / "offline.py").read_bytes()
    pinned = (folder / "wheels" / "requirements.txt").read_text(encoding="utf-8")
    assert pinned == (folder / "requirements.txt").read_text(encoding="utf-8")
    for target in (LINUX, WINDOWS):
        assert set(manifest["targets"][target]) == set(wheels.wanted(pinned, target))
        assert {f"wheels/{wheel}" for wheel in manifest["targets"][target].values()} <= on_disk
        assert target in (folder / "READ ME FIRST.txt").read_text()
    assert manifest["installed"][LINUX] == len("thing = 1Name: thing\n") * len(manifest["targets"][LINUX])


def test_damage_is_noticed_and_said(unpacked):
    folder, manifest = unpacked
    assert offline.trouble(folder, manifest, LINUX) == ""
    picture = folder / "data" / "scenes" / "1.jpg"
    picture.write_bytes(b"a pictura")
    assert "data/scenes/1.jpg is damaged" in offline.trouble(folder, manifest, LINUX)
    picture.unlink()
    assert "data/scenes/1.jpg is missing" in offline.trouble(folder, manifest, LINUX)
    picture.write_bytes(b"a picture")
    (folder / "wheels" / manifest["targets"][WINDOWS]["tqdm==" + version(manifest, "tqdm")]).unlink()
    assert offline.trouble(folder, manifest, LINUX) == "", "what other systems need may be left out"
    assert "is missing" in offline.trouble(folder, manifest, WINDOWS)
    assert "bundle was made for linux-x86_64-3.11, windows" in offline.trouble(folder, manifest, MAC)


def version(manifest, name):
    return next(line.split("==")[1] for line in manifest["targets"][WINDOWS] if line.startswith(f"{name}=="))


def test_a_small_disk_is_said_before_anything_is_written(unpacked, tmp_path, monkeypatch):
    folder, manifest = unpacked
    usage = shutil._ntuple_diskusage(1000, 900, 100)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert "Make room" in offline.trouble(folder, manifest, LINUX)
    with pytest.raises(UserError, match="are free"):
        bundle.write(tmp_path / "new.zip", {"a": b"a" * 200}, {})
    assert not (tmp_path / "new.zip").exists()


class Pip:
    """Stands for a running pip: it remembers how it was called, is slow once, and ends with `code`."""

    calls, code = [], 0

    def __init__(self, command, env):
        self.calls.append((command, env))
        self.slow = True

    def wait(self, timeout):
        if self.slow:
            self.slow = False
            raise subprocess.TimeoutExpired("pip", timeout)
        return self.code


def test_nothing_is_asked_from_a_network(unpacked, monkeypatch, capsys):
    folder, manifest = unpacked
    monkeypatch.setenv("PIP_INDEX_URL", "https://elsewhere")
    monkeypatch.setattr(Pip, "calls", [])
    monkeypatch.setattr(offline.venv, "create", lambda home, **options: home.mkdir(exist_ok=True))
    monkeypatch.setattr(offline.subprocess, "Popen", Pip)
    offline.install(folder, manifest, LINUX)
    assert len(Pip.calls) == 2 and (folder / ".venv" / "ready-default").exists()
    assert "% unpacked" in capsys.readouterr().out
    for command, env in Pip.calls:
        assert "--no-index" in command and "PIP_INDEX_URL" not in env
        assert env["PIP_CONFIG_FILE"] == os.devnull
    monkeypatch.setattr(Pip, "code", 1)
    with pytest.raises(subprocess.CalledProcessError):
        offline.install(folder, manifest, LINUX)


def test_install_needs_nothing_but_python(unpacked):
    folder, manifest = unpacked
    del manifest["targets"][LINUX], manifest["targets"][WINDOWS]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    command = [sys.executable, "-I", "-S", str(folder / "install.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (
        done.returncode == 1 and "the bundle was made for" in done.stderr and "Traceback" not in done.stderr
    )


def test_outside_a_git_checkout_it_says_so(tmp_path):
    with pytest.raises(UserError, match="no git checkout"):
        bundle.committed(tmp_path)


def test_only_what_is_finished_goes_along(home):
    for name in ("scenes-small/captioner.pt", "scenes-small/last.pt", "scenes-small/deep/captioner.pt"):
        path = home / "checkpoints" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    scenes = home / "data" / "scenes"
    scenes.mkdir(parents=True)
    (scenes / "truth.json").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "scenes_folder", lambda: scenes)
        assert list(bundle.made_here()) == ["checkpoints/scenes-small/captioner.pt", "data/scenes/truth.json"]
