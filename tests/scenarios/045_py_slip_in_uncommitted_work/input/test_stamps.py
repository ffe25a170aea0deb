import stamps


def test_a_stamp_is_read():
    assert stamps.parse("HH-2024-03-01#1250g\n") == ("HH", "2024-03-01", 1250)


def test_all_together():
    assert stamps.total(["HH-2024-03-01#1250g", "KI-2024-03-02#90g"]) == 1340
