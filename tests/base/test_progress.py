from threading import Event

import pytest

from helpers.base.progress import read_ahead


def test_the_next_is_under_way_while_one_is_in_use_and_only_the_next():
    begun, second = [], Event()

    def read(i):
        begun.append(i)
        if i == 1:
            second.set()
        return i * i

    squares = read_ahead(read, range(5))
    assert next(squares) == 0 and second.wait(10) and begun == [0, 1]
    assert list(squares) == [1, 4, 9, 16] and list(read_ahead(read, [])) == []
    with pytest.raises(ZeroDivisionError):
        list(read_ahead(lambda i: 1 / i, [1, 0]))
