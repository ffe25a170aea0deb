from session_store import Store


def test_sweep_all_and_none():
    s = Store(1)
    assert s.sweep(5) == 0
    for k in range(5):
        s.touch(k, 0)
    assert s.sweep(0) == 0
    assert s.sweep(100) == 5
    assert s.last_seen == {}
