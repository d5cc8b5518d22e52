"""The workflow on GitHub can't be run here; that it is well-formed and says what it should can be read."""

import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

from helpers.base.files import PROJECT

FOLDER = PROJECT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
DESCRIBED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def jobs(path=FOLDER / "test.yml") -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


def commands(job: dict) -> str:
    return "\n".join(step.get("run", step.get("uses", "")) for step in job["steps"])


def pythons():
    """Every version of Python that a job sets up, those of a matrix in its stead."""
    for job in jobs().values():
        named = [step.get("with", {}).get("python-version") for step in job["steps"]]
        named += [each["python"] for each in job.get("strategy", {}).get("matrix", {}).get("include", [])]
        yield from (each for each in named if each and each != "${{ matrix.python }}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_job_has_a_machine_an_end_and_steps(path):
    for job in jobs(path).values():
        assert job["runs-on"] and job["timeout-minutes"] <= 90
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])


def test_whatever_lands_is_tested_as_it_is_here():
    assert jobs()["test"]["runs-on"] == "ubuntu-latest" and "bash .ci/run" in commands(jobs()["test"])
    ran = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for target in ("test", "oldest"):
        assert re.search(rf"^make {target}$", ran, re.M) and re.search(rf"^{target}:", makefile, re.M)


def test_the_matrix_has_every_system_with_the_oldest_and_newer_versions_on_every_python():
    job = jobs()["elsewhere"]
    rows = [(each["os"], each["versions"]) for each in job["strategy"]["matrix"]["include"]]
    systems = {f"{name}-latest" for name in ("ubuntu", "macos", "windows")}
    assert {system for system, versions in rows if versions == "oldest"} == systems
    assert {system for system, versions in rows if versions != "oldest"} == systems
    assert {each["python"] for each in job["strategy"]["matrix"]["include"]} == {"3.11", "3.12", "3.13"}
    known = set(re.findall(r"^ *(\w+)\)", commands(job), re.M))  # the branches of its case
    assert {versions for _, versions in rows} == known == {"oldest", "pinned", "newest"}


def test_every_python_is_a_text_and_one_that_the_project_admits():
    lowest = re.fullmatch(r">=(\d+)\.(\d+)", DESCRIBED["requires-python"]).groups()
    seen = list(pythons())
    assert len(seen) > 5
    for version in seen:
        assert isinstance(version, str), "3.10 without quotes is the number 3.1"
        assert [int(part) for part in version.split(".")] >= [int(part) for part in lowest]


def test_every_extra_and_target_that_it_names_is_there():
    text = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    assert set(re.findall(r"--extra (\w+)", text)) <= set(DESCRIBED["optional-dependencies"])
    for name in re.findall(r"[\w.-]+\.(?:txt|toml)\b", text):
        assert name == "pinned.txt" or (PROJECT / name).exists(), name


def test_links_spelling_and_the_workflows_themselves_are_checked():
    assert "lychee" in commands(jobs()["links"]) and "nbconvert" in commands(jobs()["links"])
    assert re.search(r"^codespell$", commands(jobs()["spelling"]), re.M)
    assert "actionlint" in commands(jobs()["workflows"])


def test_actionlint_finds_nothing():
    if shutil.which("actionlint") is None:
        pytest.skip("actionlint is not installed")
    done = subprocess.run(["actionlint", *FILES], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
