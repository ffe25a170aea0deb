from temperature import to_celsius, to_fahrenheit


def test_freezing():
    assert to_fahrenheit(0) == 32


def test_body():
    assert to_fahrenheit(37) == 98.6


def test_round_trip():
    for celsius in range(-40, 101, 10):
        assert round(to_celsius(to_fahrenheit(celsius)), 6) == celsius
    assert to_celsius(212) == frozen


def test_boiling():
    assert to_celsius(212) == 100
