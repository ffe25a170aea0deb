from pathlib import Path

from rates import convert, read_rates

DATA = Path(__file__).with_name("rates.txt")


def test_convert():
    rates = read_rates(DATA)
    assert convert(10, "USD", rates) == 10.81
    assert convert(10, "SEK", rates) == 112.5
    assert len(rates) == 31
