"""Execute notebooks without a browser: `python -m tools.walkthrough` (see `make walkthrough`)."""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import base64
import shutil
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from helpers.base.commands import command_parser
from helpers.base.errors import run_command
from helpers.base.files import NOTEBOOKS, PROJECT, whole_file
from tools import figures, prose

HEAVY = 10_000  # pictures with more characters than this are made lighter


def inject(notebook, parameters: dict) -> None:
    """Put a cell that sets `parameters` right after the cell tagged "parameters"."""
    from nbformat.v4 import new_code_cell  # takes seconds, and --help should not wait

    cells = notebook.cells
    at = next(i for i, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", []))
    source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    cells.insert(at + 1, new_code_cell(source, metadata={"tags": ["injected-parameters"]}))


def final_text(text: str) -> str:
    """What a terminal would show in the end: each line only as far as the last carriage return left it."""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
    return "\n".join(lines)


def tidy(notebook) -> None:
    """Remove finished progress bars and whatever differs between two equal runs; make pictures light."""
    from helpers.look.style import light_png

    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = final_text(output.text)
            elif len(output.get("data", {}).get("image/png", "")) > HEAVY:
                png = light_png(base64.b64decode(output.data["image/png"]))
                output.data["image/png"] = base64.b64encode(png).decode()
        cell.outputs = [o for o in cell.outputs if o.output_type != "stream" or o.text.strip()]
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("language_info", None)
    for model in _widgets(notebook):
        if model["model_name"] == "LayoutModel":  # fifty settings, of which hardly any is set
            model["state"] = {name: value for name, value in model["state"].items() if value is not None}


def _widgets(notebook) -> list[dict]:
    """The widgets that a notebook keeps, so that they appear before it is run."""
    kept = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    return list(kept.get("state", {}).values())


def execute(path: Path, out: Path, parameters: dict | None = None, cwd: Path | None = None, timeout=3600):
    """Run the notebook at `path` from top to bottom, write the executed copy to `out`, return it.

    Numbers in its prose are those of this run: see `tools.prose`. Raises nbclient's CellExecutionError when a
    cell fails; the copy then holds everything up to the error.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    if parameters:
        inject(notebook, parameters)
    resources = {"metadata": {"path": str(cwd or path.parent)}}
    options = {"kernel_name": "python3", "record_timing": False, "timeout": timeout, "coalesce_streams": True}
    options["extra_arguments"] = ["--log-level=ERROR"]  # the kernel's own remarks belong in no notebook
    notebook.cells.append(nbformat.v4.new_code_cell(prose.asking(notebook)))
    client = NotebookClient(notebook, resources=resources, **options)
    try:
        client.execute()
        prose.fill(notebook, notebook.cells[-1].outputs[0].text)
    finally:
        del notebook.cells[-1]
        tidy(notebook)
        out.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, out)
    return notebook


def can_run(path: Path) -> bool:
    """Whether the packages that only this notebook needs are there."""
    return "scaling" not in path.stem or all(find_spec(name) for name in ("accelerate", "ray"))


def peak_memory() -> int:
    """Bytes that the largest process started from here has held at most; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def walk(notebooks: list[Path], out: Path, parameters: dict, in_place: bool = False) -> None:
    """Execute `notebooks` one after the other, copies into `out`; a line with the seconds for each.

    With `in_place` a notebook that ran to its end is replaced by its copy; one that failed stays as it was.
    """
    total = 0.0
    for path in notebooks:
        print(f"{path.stem:20}", end="", flush=True)
        began = time.perf_counter()
        execute(path, out / path.name, parameters)
        if in_place:
            with whole_file(path) as new:
                shutil.copyfile(out / path.name, new)
        seconds = time.perf_counter() - began
        total += seconds
        print(f"{seconds:7.0f} s", flush=True)
    print(f"{'all':20}{total:7.0f} s, at most {peak_memory() / 2**30:.1f} GiB")


def main() -> None:
    """Command line."""
    example = "--dataset flickr8k --backbone mobilenet_v2"
    parser = command_parser("python -m tools.walkthrough", __doc__, example)
    parser.add_argument("notebooks", nargs="*", help="names such as 04_training; all, if none is given")
    parser.add_argument("--dataset", default="scenes")
    parser.add_argument("--data", default="", help="folder of the data set, if it is not in data/")
    parser.add_argument("--backbone", default="")
    parser.add_argument("--out", type=Path, default=PROJECT / "walkthrough")
    parser.add_argument("--in-place", action="store_true", help="refresh the committed notebooks")
    options = parser.parse_args()
    from nbclient.exceptions import CellExecutionError

    chosen = [NOTEBOOKS / f"{Path(name).stem}.ipynb" for name in options.notebooks]
    chosen = chosen or [path for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")) if can_run(path)]
    parameters = {}
    if options.dataset != "scenes":
        parameters["DATASET"] = options.dataset
    if options.data:
        parameters["DATA"] = str(Path(options.data).resolve())
    if options.backbone:
        parameters["BACKBONE"] = options.backbone
    if options.in_place and parameters:
        parser.error("--in-place is for the notebooks as they are committed: on scenes")
    try:
        walk(chosen, options.out, parameters, options.in_place)
        if options.dataset == "scenes":
            figures.main(["--out", str(PROJECT / "figures")])
    except CellExecutionError as error:
        sys.exit(f"\nA cell failed (see the copy in {options.out}):\n{error}")


if __name__ == "__main__":
    sys.exit(run_command(main, "Notebooks that ran to their end are kept."))
