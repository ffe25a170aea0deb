import pytest
from billing import bill
from meter import Meter


def test_bill():
    assert bill([100, 130, 150], 3) == 150


def test_no_use():
    assert bill([7], 3) == 0


def test_backwards():
    with pytest.raises(ValueError):
        Meter(10).read(9)
