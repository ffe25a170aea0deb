import pytest
from parcel import quote


@pytest.mark.parametrize(
    "country, grams, cents", [("de", 200, 400), ("fr", 501, 500), ("jp", 1500, 1700)]
)
def test_price(country, grams, cents):
    assert quote(country, grams) == cents


def test_nowhere():
    with pytest.raises(ValueError, match="no delivery"):
        quote("XX", 10)
