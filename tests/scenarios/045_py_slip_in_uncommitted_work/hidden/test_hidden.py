import stamps


def test_the_new_work_is_still_there():
    assert stamps.by_site(["HH-2024-03-01#5g"]) == {"HH": 5}


def test_heavy_and_light():
    assert stamps.parse("KI-2023-12-31#1000000g")[2] == 1_000_000
    assert stamps.parse("KI-2023-12-31#7g")[2] == 7
