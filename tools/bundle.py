"""The whole course in one zip that installs with no network: `make bundle`, for a USB stick or a server.

In it are the project as it was last committed, the wheels of all packages, the drawn scenes, what has been
trained here, and install.py (`tools.offline`). It is unpacked and used in place: every file lies where the
course looks for it. A manifest says for which systems it is, and size and SHA-256 of every file.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from helpers.base.commands import command_parser
from helpers.base.errors import UserError, run_command
from helpers.base.files import PROJECT, checkpoint_folder, data_folder, require_disk, whole_file
from helpers.base.progress import progress
from helpers.scenes.drawn_set import scenes_folder
from tools.offline import this_target
from tools.wheels import fetch_wheels, wheels_for, without_cuda

TOP = "show-tell-sort"  # the one folder that the zip unpacks to
TRAINED = ("cnn.pt", "captioner.pt")  # what 02, 04 and 07 leave; without last.pt, 04 still trains there
STORED = {".whl", ".jpg", ".png", ".pt"}  # nothing is gained by squeezing these again
CHUNK = 1 << 20
README = """\
Show, Tell, Sort: the course, for machines without a network.

    python3 install.py        (on Windows: py install.py)

installs it here, into this folder, and says how to start. Do not move the folder afterwards. It is for
{targets} (system, machine, Python).
Nothing else on your machine is touched; to be rid of it, delete this folder.
On Windows unpack it near the root of a drive, such as C:\\course: paths may not be longer than 260 letters.
"""


def committed(project: Path = PROJECT) -> tuple[str, dict[str, bytes]]:
    """The last commit: its id, and {path: content} of its files. UserError where there is no git checkout."""
    try:
        commit, archive = _git(project, "rev-parse", "HEAD"), _git(project, "archive", "--format=zip", "HEAD")
    except (subprocess.CalledProcessError, FileNotFoundError):
        raise UserError(
            f"{project} is no git checkout, so what belongs to the course cannot be told from the rest. "
            "Clone the project with git and run make bundle there."
        ) from None
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return commit.decode().strip(), {
            name: files.read(name) for name in files.namelist() if not name.endswith("/")
        }


def _git(project: Path, *words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=project, capture_output=True, check=True).stdout


def made_here() -> dict[str, Path]:
    """{path in the bundle: file} of the scenes, drawn now if they were not, and of what has been trained."""
    scenes, data, trained = Path(scenes_folder()), data_folder(), checkpoint_folder()
    files = {
        f"data/{path.relative_to(data).as_posix()}": path for path in scenes.rglob("*") if path.is_file()
    }
    for path in sorted(trained.glob("*/*.pt")):
        if path.name in TRAINED:
            files[f"checkpoints/{path.relative_to(trained).as_posix()}"] = path
    return dict(sorted(files.items()))


def unpacked(wheels: list[Path]) -> int:
    """Bytes that the wheels take when they are installed."""
    total = 0
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as content:
            total += sum(member.file_size for member in content.infolist())
    return total


def write(path: Path, files: dict[str, Path | bytes], manifest: dict) -> dict:
    """Write the zip: `files` {path in it: file or content}, and `manifest`, completed; returns the latter.

    UserError when the disk is too small; the zip appears only when it is whole.
    """
    sizes = {name: len(f) if isinstance(f, bytes) else f.stat().st_size for name, f in files.items()}
    require_disk(path.parent, sum(sizes.values()), path.name)
    entries = []
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w", allowZip64=True) as archive:
        with progress(desc=path.name, total=sum(sizes.values()), unit="B", unit_scale=True) as bar:
            for name, content in files.items():
                digest = _put(archive, name, content, sizes[name], bar)
                entries.append({"path": name, "size": sizes[name], "sha256": digest})
        manifest = manifest | {"files": entries}
        archive.writestr(f"{TOP}/manifest.json", json.dumps(manifest, indent=1), zipfile.ZIP_DEFLATED)
    return manifest


def _put(archive: zipfile.ZipFile, name: str, content: Path | bytes, size: int, bar) -> str:
    """Add one file; its SHA-256."""
    digest, member = hashlib.sha256(), zipfile.ZipInfo(f"{TOP}/{name}", (2020, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_STORED if Path(name).suffix in STORED else zipfile.ZIP_DEFLATED
    member.external_attr, member.file_size = 0o644 << 16, size
    source = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    with source, archive.open(member, "w") as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            target.write(chunk)
            bar.update(len(chunk))
    return digest.hexdigest()


def bundle(out: Path, targets: list[str], cpu: bool = False) -> Path:
    """Fetch what is missing and write the zip for `targets` into `out`; its path.

    Wheels are kept in `out`/wheels, so that a second call, or one that follows an interruption, is quick.
    """
    out.mkdir(parents=True, exist_ok=True)
    commit, files = committed()
    pinned = files["requirements.txt"].decode()
    pinned = without_cuda(pinned) if cpu else pinned
    needed = {target: wheels_for(pinned, target, cpu) for target in targets}
    found = {target: fetch_wheels(needed[target], target, out / "wheels") for target in targets}
    files |= {"install.py": files["tools/offline.py"]}
    files |= {"READ ME FIRST.txt": README.format(targets=", ".join(targets)).encode()}
    files |= {"wheels/requirements.txt": pinned.encode()}
    files |= made_here()
    wheels = sorted({wheel for each in found.values() for wheel in each.values()})
    files |= {f"wheels/{wheel}": out / "wheels" / wheel for wheel in wheels}
    sizes = {t: unpacked([out / "wheels" / wheel for wheel in found[t].values()]) for t in targets}
    for target in targets:
        print(f"{target}: {len(found[target])} packages, {sizes[target] / 1e9:.2f} GB when installed")
    manifest = {"commit": commit, "torch": "cpu" if cpu else "default", "targets": found, "installed": sizes}
    name = f"{TOP}-{'-'.join(targets)}{'-cpu' * cpu}.zip" if len(targets) == 1 else f"{TOP}{'-cpu' * cpu}.zip"
    write(out / name, files, manifest)
    return out / name


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = command_parser("python -m tools.bundle", __doc__, "windows-amd64-3.12 --torch cpu")
    parser.add_argument(
        "targets", nargs="*", help="such as windows-amd64-3.12; this machine if none is given"
    )
    parser.add_argument("--out", type=Path, default=PROJECT / "bundle")
    parser.add_argument(
        "--torch", choices=("default", "cpu"), default="default", help="as TORCH in the Makefile"
    )
    chosen = parser.parse_args(arguments)

    def work():
        path = bundle(chosen.out, chosen.targets or [this_target()], chosen.torch == "cpu")
        print(f"{path}: {path.stat().st_size / 1e9:.2f} GB. Unpack it, then: python3 install.py")

    return run_command(work, "The same command goes on with what it has fetched.")


if __name__ == "__main__":
    sys.exit(main())
