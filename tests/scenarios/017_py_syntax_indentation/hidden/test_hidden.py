import pytest
from tickets import Ticket


def test_end():
    t = Ticket("x")
    t.advance()
    t.advance()
    assert t.history == ["open", "active", "done"]
    with pytest.raises(ValueError):
        t.advance()
