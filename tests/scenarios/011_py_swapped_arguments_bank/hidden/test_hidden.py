from bank.branch import Branch


def test_log_texts():
    b = Branch()
    b.open("x", 5)
    b.open("y")
    b.transfer("x", "y", 5)
    assert b.accounts["x"].log == [(-5, "to y")]
    assert b.accounts["y"].log == [(5, "from x")]
