import pytest
from billing.totals import invoice_total


def test_zero_quantity():
    assert invoice_total("bolt; 0; 9.99") == 0


def test_unknown_tax_still_fails():
    with pytest.raises(KeyError):
        invoice_total("bolt; 1; 1", tax="luxury")
