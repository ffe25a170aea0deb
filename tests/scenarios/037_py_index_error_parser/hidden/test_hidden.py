from rules.tokens import tokens


def test_ends():
    assert tokens("") == []
    assert tokens("a_1") == ["a_1"]
    assert tokens("a =") == ["a", "="]
