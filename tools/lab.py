"""JupyterLab on a notebook of the course: `python -m tools.lab [notebook]`, or `make lab`.

By itself Jupyter takes 10 MB at once from a browser; at a larger photograph it drops the line to the kernel,
without a word. Here a photograph may have LARGEST bytes. All other options are Jupyter's own.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import os
import sys
from pathlib import Path

from helpers.base.commands import command_parser
from helpers.base.errors import UserError, require, run_command
from helpers.base.files import NOTEBOOKS, PROJECT

LARGEST = 256_000_000  # bytes: more than any camera's


def lab_options(notebook: Path, others: list[str]) -> list[str]:
    """What JupyterLab is started with: the notebook, a raised limit, and `others`, which win.

    By itself it would see no file outside the notebook's folder, and links to modules would lead nowhere.
    """
    limit = f"--ServerApp.tornado_settings={{'websocket_max_message_size': {LARGEST}}}"
    ours = PROJECT in notebook.parents
    seen = (
        [f"--ServerApp.root_dir={PROJECT}", f"--FileContentsManager.preferred_dir={NOTEBOOKS.name}"]
        if ours
        else []
    )
    return [str(notebook), limit, *seen, *others]


def lab_command(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = command_parser("python -m tools.lab", __doc__, "05_inference --no-browser")
    parser.add_argument("notebook", nargs="?", default="00_start_here", help="its name, or any path")
    parser.add_argument("options", nargs="*", help="for JupyterLab: see --help-all")
    arguments = sys.argv[1:] if arguments is None else arguments
    ours = [word for word in arguments[:1] if word in ("-h", "--help") or not word.startswith("-")]
    chosen, others = parser.parse_args(ours), arguments[len(ours) :]

    def work() -> None:
        require("jupyterlab", extra="lab")
        found = [NOTEBOOKS / f"{Path(chosen.notebook).stem}.ipynb", Path(chosen.notebook).absolute()]
        notebook = next((path for path in reversed(found) if path.is_file()), None)
        if notebook is None:
            raise UserError(f"There is no notebook {chosen.notebook}: choose one of {NOTEBOOKS}.")
        from jupyterlab.labapp import main

        os.environ["SHOW_TELL_SORT_UPLOAD"] = str(LARGEST)  # so that explorers know
        main(lab_options(notebook, others))

    return run_command(work, "JupyterLab has not been started.")


if __name__ == "__main__":
    sys.exit(lab_command())
