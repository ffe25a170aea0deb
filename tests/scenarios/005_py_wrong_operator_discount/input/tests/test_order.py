from shop.order import Order


def test_small_order_has_no_discount():
    assert Order("new").add(10, 2).total() == 20


def test_large_line_is_cheaper():
    assert Order("new").add(100, 2).total() == 190


def test_staff():
    assert Order("staff").add(40).total() == 30
