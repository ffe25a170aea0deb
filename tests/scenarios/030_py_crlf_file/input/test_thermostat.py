from thermostat import Thermostat


def test_heats_when_cold():
    assert Thermostat(20).update(15)


def test_stops_when_warm():
    t = Thermostat(20)
    t.update(15)
    assert t.update(22) is False


def test_keeps_inside_band():
    t = Thermostat(20)
    t.update(15)
    assert t.update(20.5) is True
