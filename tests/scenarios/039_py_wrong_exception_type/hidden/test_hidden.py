from ini import convert


def test_convert():
    assert convert("") == ""
    assert convert("1.5") == "1.5"
    assert convert("-3") == -3
    assert convert("NO") is False
