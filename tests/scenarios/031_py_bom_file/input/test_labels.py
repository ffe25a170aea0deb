from labels import label


def test_short_name():
    assert label("Müsli", 349) == "Müsli — 3,49 €"


def test_long_name_is_cut():
    text = label("Haselnussschokolade mit Rum", 1299)
    assert len(text) == 24
    assert text.endswith("… — 12,99 €")
