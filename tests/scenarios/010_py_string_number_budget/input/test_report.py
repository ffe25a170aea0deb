from budget.report import overdrawn, per_account

TEXT = """account,month,amount
rent,1,90000
food,1,12050
food,1,7950
food,2,100
"""


def test_per_account():
    assert per_account(TEXT, 1) == {"rent": 90000, "food": 20000}


def test_no_entries():
    assert per_account(TEXT, 7) == {}


def test_overdrawn():
    assert overdrawn(TEXT, 1, {"food": 19999, "rent": 95000}) == ["food"]
