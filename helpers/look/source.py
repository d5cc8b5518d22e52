"""The package's own source, on view in a notebook."""

import inspect
from pathlib import Path
from textwrap import dedent

from IPython.display import Markdown, display

from helpers.base.files import PROJECT


def show_source(thing) -> None:
    """Show the source of a function, method, class or module of `helpers`, below a link to its file.

    It is Markdown, so that it is highlighted in the colours of the reader's theme.
    """
    lines, first = inspect.getsourcelines(thing)
    path = Path(inspect.getsourcefile(thing)).relative_to(PROJECT).as_posix()
    where = f"[{path}](../{path})" + (f", line {first}" if first else "")
    display(Markdown(f"{where}:\n\n```python\n{dedent(''.join(lines)).rstrip()}\n```"))
