from sensor.window import Window


def test_empty_mean_is_zero():
    assert Window(5).mean() == 0


def test_mean():
    w = Window(5)
    w.push(0, 1)
    w.push(1, 2)
    assert w.mean() == 1.5
