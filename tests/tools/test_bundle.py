"""The bundle for machines without a network: what belongs in it, and that damage is noticed."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from helpers.base.errors import UserError
from tools import bundle, offline, wheels
from tools.walkthrough import PROJECT

PINNED = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
LINUX, WINDOWS, MAC = "linux-x86_64-3.11", "windows-amd64-3.12", "macos-arm64-3.13"


def put(shelf: Path, line: str, tag: str = "py3-none-any", requires=()) -> str:
    """A tiny wheel of `name==version`; its file name."""
    name, version = line.split("==")
    stem = f"{name.replace('-', '_')}-{version}"
    path = shelf / f"{stem}-{tag}.whl"
    about = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {each}" for each in requires)]
    texts = {"METADATA": "\n".join(["Metadata-Version: 2.1", *about, ""]), "WHEEL": "Wheel-Version: 1.0\n"}
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("thing.py", "#" * 10_000)
        for file, text in (texts | {"RECORD": ""}).items():
            wheel.writestr(f"{stem}.dist-info/{file}", text)
    return path.name


def only_there(patch, shelf: Path) -> Path:
    """uv looks for wheels on this shelf and nowhere else."""
    if not shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"):
        pytest.skip("uv is not installed")
    for name, value in (("UV_OFFLINE", "1"), ("UV_NO_CACHE", "1"), ("UV_FIND_LINKS", str(shelf))):
        patch.setenv(name, value)
    return shelf


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    (tmp_path / "shelf").mkdir()
    return only_there(monkeypatch, tmp_path / "shelf")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """{target: what uv finds for it}, were there tiny wheels of everything that is pinned."""
    with pytest.MonkeyPatch.context() as patch:
        shelf = only_there(patch, tmp_path_factory.mktemp("shelf"))
        for line in PINNED.splitlines():
            for tag in ("cp311-cp311-manylinux_2_28_x86_64", "cp312-cp312-win_amd64"):
                if "==" in line:
                    put(shelf, line.partition(" ")[0], tag)
        return {target: wheels.wheels_for(PINNED, target) for target in (LINUX, WINDOWS)}


def chosen(requirements: str, target: str, cpu: bool = False) -> list[str]:
    return [
        wheel["url"].rpartition("/")[2] for wheel in wheels.wheels_for(requirements, target, cpu).values()
    ]


def test_what_this_machine_needs_is_what_pip_would_read_here(found):
    read = map(Requirement, (line for line in PINNED.splitlines() if not line.startswith("#")))
    mine = {f"{r.name}{r.specifier}" for r in read if not r.marker or r.marker.evaluate()}
    if offline.this_target() not in found:
        pytest.skip("bundles are not tested for this kind of machine")
    lines = found[offline.this_target()]
    assert mine <= set(lines) and 100 < len(lines) <= len(mine) + 3


def test_each_system_gets_its_own(found):
    of = {target: {line.split("==")[0] for line in found[target]} for target in (LINUX, WINDOWS)}
    assert {"colorama", "pywinpty"} <= of[WINDOWS] and "pexpect" not in of[WINDOWS]
    assert "triton" in of[LINUX] and not {"colorama", "pywinpty"} & of[LINUX]
    assert not any(name.startswith(wheels.CUDA) for name in of[WINDOWS])
    without = wheels.without_cuda(PINNED).splitlines()
    assert not [line for line in without if line.startswith(wheels.CUDA)] and "torch" in str(without)
    with pytest.raises(UserError, match=r"linux-x86_64-3\.12"):
        wheels.wheels_for(PINNED, "beos-ppc-3.11")


def test_the_last_digit_of_pythons_version_may_decide(shelf):
    put(shelf, "old==1.0"), put(shelf, "new==1.0")
    pinned = "old==1.0 ; python_full_version < '3.11.5'\nnew==1.0 ; python_full_version >= '3.11.5'\n"
    assert set(wheels.wheels_for(pinned, LINUX)) == {"old==1.0", "new==1.0"}
    assert set(wheels.wheels_for(pinned, WINDOWS)) == {"new==1.0"}


def test_the_wheel_suits_the_system_and_its_python(shelf):
    pinned = "pillow==13.0.0\ntorch==2.15.0\n"
    pillow = [
        put(shelf, "pillow==13.0.0"),
        put(shelf, "pillow==13.0.0", "cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64"),
        put(shelf, "pillow==13.0.0", "cp312-cp312-win_amd64"),
    ]
    put(shelf, "pillow==12.0.0", "cp312-cp312-win_amd64")
    torch = [
        put(shelf, "torch==2.15.0", "cp311-cp311-manylinux_2_28_x86_64"),
        put(shelf, "torch==2.15.0", "cp312-cp312-win_amd64"),
        put(shelf, "torch==2.15.0", "cp313-none-macosx_14_0_arm64"),
    ]
    assert chosen(pinned, LINUX) == [pillow[1], torch[0]]
    assert chosen(pinned, WINDOWS, cpu=True) == [pillow[2], torch[1]]
    assert chosen(pinned, MAC) == [pillow[0], torch[2]]
    with pytest.raises(UserError, match=r"windows-amd64-3\.13 .*torch"):
        chosen(pinned, "windows-amd64-3.13")
    cpu = put(shelf, "torch==2.15.0+cpu", "cp311-cp311-manylinux_2_28_x86_64")
    assert chosen(pinned, LINUX, cpu=True) == [pillow[1], cpu]


def test_the_cpu_build_of_pytorch_comes_from_its_own_index(monkeypatch):
    def uv(command, **options):
        asked.append("--torch-backend cpu" in " ".join(command))
        return subprocess.CompletedProcess(command, 0, "packages = []", "")

    asked = []
    monkeypatch.setattr(wheels.subprocess, "run", uv)
    monkeypatch.setattr(wheels.shutil, "which", lambda name, path: name)
    for target, cpu in ((LINUX, True), (LINUX, False), (WINDOWS, True)):
        wheels.wheels_for("", target, cpu)
    assert asked == [True, True, False, False, False, False]


def test_what_a_wheel_requires_must_be_pinned_for_that_system(shelf):
    put(shelf, "a==1.0", requires=["b>=2", "winner ; sys_platform == 'win32'", "more ; extra == 'more'"])
    for line in ("b==1.5", "b==2.1", "winner==1.0"):
        put(shelf, line, requires=["A==1.0"])
    assert set(wheels.wheels_for("a==1.0\nb==2.1\n", LINUX)) == {"a==1.0", "b==2.1"}
    with pytest.raises(UserError, match=r"lacks winner==1\.0 for windows"):
        wheels.wheels_for("a==1.0\nb==2.1\n", WINDOWS)
    with pytest.raises(UserError, match=r"b>=2"):
        wheels.wheels_for("a==1.0\nb==1.5\n", LINUX)


def test_an_interrupted_fetch_goes_on_where_it_was(shelf, tmp_path, monkeypatch):
    def interrupted(url, path, *facts, **sums):
        if len(list(path.parent.iterdir())) == 8:
            raise KeyboardInterrupt
        fetch(url, path, *facts, **sums)

    lines, fetch, out = [f"thing{i}==1.0" for i in range(20)], wheels.fetch, tmp_path / "wheels"
    names = [put(shelf, line) for line in lines]
    needed = wheels.wheels_for("\n".join(lines), LINUX)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(wheels, "fetch", interrupted)
        wheels.fetch_wheels(needed, LINUX, out)
    kept = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert wheels.fetch_wheels(needed, LINUX, out) == dict(sorted(zip(lines, names, strict=True)))
    assert len(kept) == 8 and sorted(path.name for path in out.iterdir()) == sorted(names)
    assert all((out / name).stat().st_mtime_ns == time for name, time in kept.items())


@pytest.fixture
def unpacked(found, tmp_path, monkeypatch):
    """A bundle of the committed project with tiny wheels for two systems, unpacked; and its manifest."""
    if not (PROJECT / ".git").exists():
        pytest.skip("a bundle is made from a git checkout")
    picture = tmp_path / "1.jpg"
    picture.write_bytes(b"a picture")
    monkeypatch.setattr(bundle, "wheels_for", lambda pinned, target, cpu: found[target])
    monkeypatch.setattr(bundle, "made_here", lambda: {"data/scenes/1.jpg": picture})
    path = bundle.bundle(tmp_path / "out", [LINUX, WINDOWS])
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "stick")
    folder = tmp_path / "stick" / "show-tell-sort"
    return folder, json.loads((folder / "manifest.json").read_text())


def test_the_bundle_is_the_project_with_all_it_needs(unpacked, found):
    folder, manifest = unpacked
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == {entry["path"] for entry in manifest["files"]} | {"manifest.json"}
    assert {"helpers/assets/captioner.pt", "notebooks/00_start_here.ipynb", "data/scenes/1.jpg"} <= on_disk
    assert (folder / "install.py").read_bytes() == (folder / "tools" / "offline.py").read_bytes()
    pinned = (folder / "wheels" / "requirements.txt").read_text(encoding="utf-8")
    assert pinned == (folder / "requirements.txt").read_text(encoding="utf-8")
    for target in (LINUX, WINDOWS):
        assert set(manifest["targets"][target]) == set(found[target])
        assert {f"wheels/{wheel}" for wheel in manifest["targets"][target].values()} <= on_disk
        assert target in (folder / "READ ME FIRST.txt").read_text()
    assert 10_000 < manifest["installed"][LINUX] / len(manifest["targets"][LINUX]) < 10_200


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
