from ini import parse


def test_numbers_and_flags():
    assert parse("[net]\nport = 80\nipv6 = yes") == {"": {}, "net": {"port": 80, "ipv6": True}}


def test_text_value():
    assert parse("name = tulip ; comment")[""] == {"name": "tulip"}
