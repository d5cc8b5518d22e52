"""The package as a wheel lays it out: with its assets, without the tools, outside the clone."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from pages import modules

from helpers.base.files import PROJECT


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What a wheel of the project holds, in a folder of its own."""
    project, out, site = (tmp_path_factory.mktemp(name) for name in ("project", "out", "site"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, project)
    for name in ("helpers", "tools", "benchmarks", "tests"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(out)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(project)], check=True)
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    return site


def run(site, *command, cwd):
    """Python in the folder `cwd`, with nothing but `site` before the installed packages."""
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-P", *map(str, command)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_it_holds_all_wings_and_assets_and_nothing_else(installed):
    there = {path.relative_to(installed) for path in installed.rglob("*") if path.is_file()}
    ours = {path.relative_to(PROJECT) for path in modules(PROJECT / "helpers")}
    assets = PROJECT / "helpers" / "assets"
    ours |= {path.relative_to(PROJECT) for path in assets.iterdir() if path.is_file()}
    assert {path for path in there if not path.parts[0].endswith(".dist-info")} == ours


def test_it_sorts_photos_where_there_is_no_clone(installed, tiny_set, tmp_path):
    where = run(installed, "-c", "import helpers; print(helpers.__file__)", cwd=tmp_path)
    assert where.stdout.strip() == str(installed / "helpers" / "__init__.py"), where.stderr
    command = ["-m", "helpers.sort.albums", tiny_set / "images", "--out", "albums", "--k", "2"]
    done = run(installed, *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len([*(tmp_path / "albums").rglob("*.png")]) == 24 and (tmp_path / "albums/index.html").exists()
