from rounding import bill, to_quarter


def test_sales_view():
    assert to_quarter(1.1) == 1.25


def test_customer_view():
    assert to_quarter(1.1) == 1.0


def test_bill():
    assert bill(2.0, 80) == 160
