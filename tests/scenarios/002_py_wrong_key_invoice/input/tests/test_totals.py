from billing.totals import invoice_total


def test_single_line():
    assert invoice_total("bolt; 4; 0.25", tax="none") == 1.0


def test_tax_is_added():
    assert invoice_total("bolt; 4; 0.25\nnut; 2; 2.00") == 6.0
