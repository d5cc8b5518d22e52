import re

import pytest

from helpers.base.errors import UserError, require
from helpers.base.files import PROJECT


def test_a_mistake_of_the_user_is_one_sentence():
    assert UserError("Do this.")._render_traceback_() == ["✋ Do this."]


def test_what_is_missing_is_named_with_the_command_that_installs_it():
    require("torch", extra="scale")
    command = re.escape(f'pip install -e "{PROJECT}[scale]"')  # in whatever folder it is typed
    with pytest.raises(UserError, match=f"This needs no_such_package: {command}"):
        require("torch", "no_such_package", extra="scale")
