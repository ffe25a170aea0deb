from geo.route import Route


def test_metric():
    assert Route("coast").leg(1500).leg(800).label() == "coast: 2.3 km"


def test_imperial():
    assert Route("coast").leg(3218.688).label(imperial=True) == "coast: 2.0 mi"
