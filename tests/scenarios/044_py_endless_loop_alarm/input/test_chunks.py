from chunks import Sender


def test_nothing_to_send():
    assert Sender(4).send("") == 0


def test_numbers():
    s = Sender(4)
    assert s.send("hello world") == 3
    assert s.sent == ["1/3 hell", "2/3 o wo", "3/3 rld"]
