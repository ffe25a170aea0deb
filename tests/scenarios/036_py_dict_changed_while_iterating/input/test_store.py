from session_store import Store


def test_alive():
    s = Store(10)
    s.touch("a", 0)
    assert s.alive("a", 9)
    assert not s.alive("a", 10)


def test_sweep():
    s = Store(10)
    s.touch("a", 0)
    s.touch("b", 5)
    s.touch("c", 1)
    assert s.sweep(12) == 2
    assert list(s.last_seen) == ["b"]
