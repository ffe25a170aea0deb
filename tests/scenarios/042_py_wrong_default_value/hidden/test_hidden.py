from slots import Calendar, overlaps


def test_default():
    assert not overlaps((0, 5), (5, 9))
    assert overlaps((0, 5), (4, 9))
    assert overlaps((0, 5), (5, 9), touching=True)


def test_inside():
    c = Calendar()
    assert c.book(0, 100)
    assert not c.book(10, 20)
