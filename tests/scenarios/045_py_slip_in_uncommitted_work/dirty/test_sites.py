import stamps

PRINTED = ["HH-2024-03-01#1250g", "KI-2024-03-02#90g", "HH-2024-03-02#750g"]


def test_by_site():
    assert stamps.by_site(PRINTED) == {"HH": 2000, "KI": 90}


def test_in_kilograms():
    assert stamps.within(PRINTED, "HH", "kg") == 2.0
