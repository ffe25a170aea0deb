from receipt import footer


def test_footer():
    assert len(footer(100, 100, 10)) == 1
    assert footer(100, 105, 12)[1] == "CHANGE  0.05"


def test_underpaid():
    assert len(footer(100, 40, 10)) == 1
