from pathlib import Path

from thermostat import Thermostat


def test_never_started():
    assert Thermostat(20).update(30) is False


def test_line_ends():
    data = Path(__file__).with_name("thermostat.py").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") == 14
