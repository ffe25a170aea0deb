from shop.order import Order


def test_both_tiers():
    assert Order("new").add(500).add(100).total() == 545


def test_free_item():
    assert Order("staff").add(0, 3).total() == 0
