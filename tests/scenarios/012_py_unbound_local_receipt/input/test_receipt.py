from receipt import receipt

ITEMS = [("tea", 250), ("scone", 310)]


def test_change():
    assert receipt(ITEMS, 1000)[-1] == "CHANGE          4.40"


def test_exact_payment():
    lines = receipt(ITEMS, 560)
    assert lines[-1] == "TOTAL           5.60"


def test_lines():
    assert receipt(ITEMS, 600)[:2] == ["tea             2.50", "scone           3.10"]
