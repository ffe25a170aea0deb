from parcel import quote


def test_express():
    assert quote("us", 100, express=True) == 1800
