from grades import grade


def test_borders():
    assert [grade(p) for p in (90, 75, 60, 50, 49)] == list("ABCDF")
