from meter import Meter


def test_each():
    m = Meter(5)
    assert [m.read(6), m.read(10), m.read(10)] == [1, 4, 0]
    assert m.last == 10
    assert m.average() == 5 / 3
