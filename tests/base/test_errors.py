import pytest

from helpers.base.errors import UserError, require


def test_a_mistake_of_the_user_is_one_sentence():
    assert UserError("Do this.")._render_traceback_() == ["✋ Do this."]


def test_what_is_missing_is_named_with_the_command_that_installs_it():
    require("torch", extra="scale")
    with pytest.raises(UserError, match=r'This needs no_such_package: .*pip install -e "\.\[scale\]"'):
        require("torch", "no_such_package", extra="scale")
