from geo.route import Route


def test_empty():
    assert Route("x").label(imperial=True) == "x: 0.0 mi"
