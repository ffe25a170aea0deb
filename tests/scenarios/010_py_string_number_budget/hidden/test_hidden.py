from budget.report import per_account


def test_refund():
    text = "account,month,amount\nfood,3, -50\nfood,3,75\n"
    assert per_account(text, 3) == {"food": 25}
