import re
import shutil
import subprocess

import pytest
from notebook_checks import PATHS

from helpers.base.errors import UserError
from helpers.base.files import PROJECT
from tools.address import PLACES, address_command, move_to, repository

NAMED = re.compile(
    r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)/blob|git clone [^\n]*?github\.com/([\w./-]+)"
)


def named(path):
    """The repositories that badges, links and first cells of a file lead to."""
    return {a or b for a, b in NAMED.findall(path.read_text(encoding="utf-8"))}


@pytest.fixture
def project(tmp_path):
    """A copy of all that names the address."""
    for path in (path for place in PLACES for path in PROJECT.glob(place)):
        (tmp_path / path.relative_to(PROJECT)).parent.mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / path.relative_to(PROJECT))
    return tmp_path


def test_all_places_agree():
    ours = repository()
    assert all(named(path) == {ours} for path in (*PATHS, PROJECT / "README.md", PROJECT / "README.ko.md"))
    for path in PATHS:
        text = path.read_text(encoding="utf-8")
        assert f"google.com/github/{ours}/blob/main/notebooks/{path.name})" in text
        assert f"git clone --quiet --depth 1 https://github.com/{ours} {{COURSE}}" in text


def test_no_other_file_names_the_address():
    """What a fork could not mend with one command."""
    files = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    places = {path for place in PLACES for path in PROJECT.glob(place)}
    others = [PROJECT / name for name in files.splitlines() if PROJECT / name not in places]
    others = [path for path in others if path.is_file() and path.suffix not in (".png", ".pt", ".jpg")]
    assert len(others) > 100
    assert [path for path in others if f"github.com/{repository()}".encode() in path.read_bytes()] == []


@pytest.mark.parametrize("new", ["me/my.fork", "https://github.com/me/my.fork.git"])
def test_a_fork_is_named_everywhere_and_nothing_else_changes(project, new):
    old, before = repository(project), {path: path.read_bytes() for path in project.rglob("*.*")}
    changed = move_to(new, project)
    assert repository(project) == "me/my.fork"
    assert len(changed) == len(PATHS) + 3  # the READMEs and pyproject.toml
    assert set().union(*map(named, changed)) == {"me/my.fork"}
    assert "/me/my.fork\n    cd my.fork\n" in (project / "README.md").read_text(encoding="utf-8")
    assert move_to("me/my.fork", project) == []
    move_to(old, project)  # and back again
    assert {path: path.read_bytes() for path in project.rglob("*.*")} == before


def test_a_longer_name_that_begins_alike_is_another(project):
    other = f"https://github.com/{repository()}-more/x and https://github.com/{repository()}."
    (project / "OTHER.md").write_text(other)
    move_to("me/fork", project)
    assert (project / "OTHER.md").read_text() == other.replace(f"{repository(PROJECT)}.", "me/fork.")


def test_what_is_no_repository_is_refused(project, capsys):
    for wrong in ("", "fork", "https://example.org/me/fork", "me/fork/more"):
        with pytest.raises(UserError, match="owner/name"):
            move_to(wrong, project)
    assert address_command([]) == 2 and "make colab REPO=" in capsys.readouterr().err
