from history import History


def test_limits():
    for limit in (1, 2, 5):
        h = History(limit)
        for n in range(9):
            h.save(n)
        assert h.states == list(range(9 - limit, 9))


def test_redo():
    h = History()
    h.save(1)
    h.save(2)
    assert h.undo() == 1
    assert h.redo() == 2
