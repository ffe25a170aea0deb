from chunks import Sender


def test_exact_and_one():
    assert list(Sender(2).chunks("abcd")) == ["ab", "cd"]
    assert list(Sender(1).chunks("xyz")) == ["x", "y", "z"]
    assert list(Sender(9).chunks("xyz")) == ["xyz"]
