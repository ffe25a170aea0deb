from slots import Calendar, overlaps


def test_touching_may_count():
    assert overlaps((0, 60), (60, 90), touching=True)


def test_overlap_is_refused():
    c = Calendar()
    assert c.book(60, 120)
    assert not c.book(90, 150)


def test_back_to_back():
    c = Calendar()
    assert c.book(60, 120)
    assert c.book(120, 180)
    assert c.book(30, 60)
    assert c.booked == [(30, 60), (60, 120), (120, 180)]
