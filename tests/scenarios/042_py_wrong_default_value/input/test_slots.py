from slots import Calendar


def test_overlap_is_refused():
    c = Calendar()
    assert c.book(60, 120)
    assert not c.book(90, 150)


def test_back_to_back():
    c = Calendar()
    assert c.book(60, 120)
    assert c.book(120, 180)
    assert c.booked == [(60, 120), (120, 180)]
