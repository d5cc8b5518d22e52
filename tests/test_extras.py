"""What only some need is asked for where it is needed, and nowhere else."""

import subprocess
import sys

import pytest

from helpers.base.errors import UserError, require
from helpers.base.files import PROJECT

OPTIONAL = ("accelerate", "ray", "pyarrow", "transformers", "pycocoevalcap", "sentence_transformers")
NEED_THEM = {"scale", "scale_groups", "sources"}
TRY = """
import sys
from importlib import import_module
for name in sys.argv[1].split(","):
    sys.modules[name] = None  # as if it were not installed
for name in sys.argv[2].split(","):
    import_module(f"helpers.{name}")
"""


def test_all_other_modules_do_without_the_extras():
    modules = {path.stem for path in (PROJECT / "helpers").glob("*.py")} - NEED_THEM - {"__init__"}
    command = [sys.executable, "-c", TRY, ",".join(OPTIONAL), ",".join(sorted(modules))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_missing_is_named_with_the_command_that_installs_it():
    require("torch", extra="scale")
    with pytest.raises(UserError, match=r"This needs no_such_package: .*pip install '\.\[scale\]'"):
        require("torch", "no_such_package", extra="scale")
