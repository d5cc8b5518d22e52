"""What only some need is loaded where it is needed, and nowhere else."""

import subprocess
import sys

from pages import modules

from helpers.base.files import PROJECT

OPTIONAL = ("accelerate", "ray", "pyarrow", "transformers", "pycocoevalcap")
NEED_THEM = {f"helpers.scale.{name}" for name in ("captioning", "sorting", "sources")}
TRY = """
import sys
from importlib import import_module
for name in sys.argv[1].split(","):
    sys.modules[name] = None  # as if it were not installed
for name in sys.argv[2].split(","):
    import_module(name)
"""


def test_all_other_modules_do_without_the_extras():
    files = (path.relative_to(PROJECT) for path in modules(PROJECT / "helpers"))
    found = {".".join(path.with_suffix("").parts) for path in files} - NEED_THEM
    assert len(found) > 50
    command = [sys.executable, "-c", TRY, ",".join(OPTIONAL), ",".join(sorted(found))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
