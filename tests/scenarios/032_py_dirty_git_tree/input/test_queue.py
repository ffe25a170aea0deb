from queue_model import Desk, shortest


def test_first_come_first_served():
    d = Desk("a")
    d.arrive("x")
    d.arrive("y")
    assert d.serve() == "x"
    assert d.served == 1


def test_shortest():
    a, b = Desk("a"), Desk("b")
    a.arrive("x")
    assert shortest([a, b]) is b
