from expenses.split import balances, shares


def test_even():
    assert shares(300, ["a", "b", "c"]) == {"a": 100, "b": 100, "c": 100}


def test_uneven():
    assert shares(101, ["a", "b", "c"]) == {"a": 34, "b": 34, "c": 33}


def test_balances():
    assert balances([("a", 10)], ["a", "b"]) == {"a": 5, "b": -5}
