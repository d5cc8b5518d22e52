"""Which packages a machine without a network needs, and fetching them: for this system or for others.

requirements.txt pins every version and says with markers (PEP 508) on which systems a package is needed. pip
reads markers for the machine it runs on, also when it is asked for wheels of another; so they are read here.
"""

import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable
from email import message_from_bytes
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename

from helpers.base.errors import UserError
from helpers.base.progress import progress

CPU_INDEX = "PYTORCH_CPU_INDEX"  # the variable with the address of PyTorch's index of CPU builds
CUDA = ("nvidia-", "cuda-", "triton")  # what only PyTorch's CUDA build needs, as in the Makefile
BATCH = 8  # packages a call of pip: what one call has brought is kept when the next is cut off


def _manylinux(machine: str) -> list[str]:
    names = [f"manylinux_2_{minor}" for minor in range(28, 4, -1)] + ["manylinux2014", "manylinux2010"]
    return [f"{name}_{machine}" for name in [*names, "manylinux1"]]


# system-machine: what Python's markers call it, and the platforms of wheels that run there, newest first
SYSTEMS = {
    "linux-x86_64": (("linux", "Linux", "x86_64", "posix"), _manylinux("x86_64")),
    "linux-aarch64": (("linux", "Linux", "aarch64", "posix"), _manylinux("aarch64")),
    "windows-amd64": (("win32", "Windows", "AMD64", "nt"), ["win_amd64"]),
    "macos-arm64": (("darwin", "Darwin", "arm64", "posix"), list(mac_platforms((14, 0), "arm64"))),
}


def _parts(target: str) -> tuple[str, str]:
    """`"linux-x86_64-3.11"` -> system and Python. UserError for a target that is not known."""
    system, _, python = target.rpartition("-")
    if system not in SYSTEMS or not python.startswith("3.") or not python[2:].isdigit():
        known = ", ".join(f"{name}-3.12" for name in SYSTEMS)
        raise UserError(f"{target!r} is no system to bundle for. Write it like one of these: {known}.")
    return system, python


def without_cuda(requirements: str) -> str:
    """The text of requirements.txt without the packages that only PyTorch's CUDA build needs."""
    return "".join(line for line in requirements.splitlines(True) if not line.startswith(CUDA))


def wanted(requirements: str, target: str) -> list[str]:
    """The lines `name==version` of requirements.txt's text that `target` needs, without their markers.

    Where the last digit of Python's version decides, as in 3.11.2, both choices are there.
    """
    machines = [_facts(target, last) for last in (0, 99)]
    lines = []
    for line in requirements.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement = Requirement(line)
        if requirement.marker is None or any(map(requirement.marker.evaluate, machines)):
            lines.append(f"{requirement.name}{requirement.specifier}")
    return lines


def _facts(target: str, last: int) -> dict[str, str]:
    """What the markers of packages ask about a machine, with Python 3.x.`last`."""
    system, python = _parts(target)
    names = ("sys_platform", "platform_system", "platform_machine", "os_name")
    facts = dict(zip(names, SYSTEMS[system][0], strict=True)) | {"extra": "", "python_version": python}
    facts |= {"platform_python_implementation": "CPython", "implementation_name": "cpython"}
    return facts | {"python_full_version": f"{python}.{last}", "implementation_version": f"{python}.{last}"}


def wheels_for(
    lines: list[str], target: str, names: Iterable[str], cpu: bool = False
) -> dict[str, str | None]:
    """For each of `lines` (`name==version`) the wheel among the file `names` that suits `target`, or None.

    Of several the most special one, as pip would choose. With `cpu`, PyTorch on Linux must be the CPU build.
    """
    system, python = _parts(target)
    version, platforms = (3, int(python[2:])), SYSTEMS[system][1]
    tags = [
        *cpython_tags(version, platforms=platforms),
        *compatible_tags(version, f"cp3{version[1]}", platforms),
    ]
    rank = {tag: i for i, tag in reversed(list(enumerate(tags)))}
    best = {}  # (name, version) -> (rank, wheel)
    for wheel in sorted(names):
        name, release, _, its = parse_wheel_filename(wheel)
        fits = min((rank[tag] for tag in its if tag in rank), default=None)
        if fits is None or (_from_cpu_index(name, system, cpu) and release.local != "cpu"):
            continue
        key = name, release.public
        best[key] = min((fits, wheel), best.get(key, (fits, wheel)))
    pinned = {line: line.split("==") for line in lines}
    return {line: best.get((canonicalize_name(n), v), (0, None))[1] for line, (n, v) in pinned.items()}


def _from_cpu_index(name: str, system: str, cpu: bool) -> bool:
    return cpu and system.startswith("linux") and name in ("torch", "torchvision")


def _cpu_index() -> list[str]:
    if CPU_INDEX not in os.environ:
        raise UserError(
            f"Where are PyTorch's CPU builds? Set {CPU_INDEX} to the address that pytorch.org shows for pip "
            "under Get Started, Linux, CPU."
        )
    return ["--index-url", os.environ[CPU_INDEX]]


def fetch(lines: list[str], target: str, folder: Path, cpu: bool = False) -> dict[str, str]:
    """Download the wheels of `lines` for `target` into `folder`; {line: wheel}. What is there already stays.

    UserError when pip cannot have one: the sentence says which, and that the same command goes on from there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    system, python = _parts(target)
    found = wheels_for(lines, target, (path.name for path in folder.glob("*.whl")), cpu)
    lacking = [line for line in lines if found[line] is None]
    names = Counter(line.split("==")[0] for line in lacking)
    alone = [x for x in lacking if names[x.split("==")[0]] > 1]  # pip takes no two versions in one call
    torch = [line for line in lacking if _from_cpu_index(line.split("==")[0], system, cpu)]
    usual = [line for line in lacking if line not in alone + torch]
    batches = [(usual[i : i + BATCH], []) for i in range(0, len(usual), BATCH)]
    batches += [([line], []) for line in alone] + [([line], _cpu_index()) for line in torch]
    with progress(desc=f"wheels for {target}", total=len(lacking), unit="wheel") as bar:
        for batch, index in batches:
            bar.set_postfix_str(batch[0])
            _download(batch, SYSTEMS[system][1], python, folder, index)
            bar.update(len(batch))
    found = wheels_for(lines, target, (path.name for path in folder.glob("*.whl")), cpu)
    if absent := [line for line, wheel in found.items() if wheel is None]:
        raise UserError(
            f"For {target} there is no wheel of {', '.join(absent)}: choose another Python for it."
        )
    return found


def _download(lines: list[str], platforms: list[str], python: str, folder: Path, index: list[str]) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += [part for platform in platforms for part in ("--platform", platform)]
    command += [
        "--python-version",
        f"{python}.99",
        "--implementation",
        "cp",
        "--dest",
        str(folder),
        *index,
        *lines,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip says nothing"]
        raise UserError(
            f"The wheels of {', '.join(lines)} for Python {python} could not be had ({last[-1]}). Check the "
            "network and whether they exist for that Python; the same command then goes on from here."
        )


def unmet(found: dict[str, str], target: str, folder: Path) -> list[str]:
    """What the wheels `found` for `target` require and do not find among themselves; [] if all is there.

    pip cannot be asked: it would answer for the machine that it runs on.
    """
    pinned, lacking = {}, []
    for line in found:
        name, version = line.split("==")
        pinned.setdefault(canonicalize_name(name), []).append(version)
    facts = _facts(target, 99)
    for wheel in found.values():
        for requirement in map(Requirement, _requires(folder / wheel)):
            needed = requirement.marker is None or requirement.marker.evaluate(facts)
            versions = pinned.get(canonicalize_name(requirement.name), [])
            if needed and not any(requirement.specifier.contains(v, prereleases=True) for v in versions):
                lacking.append(f"{wheel} requires {requirement}")
    return lacking


def _requires(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as content:
        name = next(name for name in content.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(content.read(name)).get_all("Requires-Dist") or []
