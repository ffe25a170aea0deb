import pytest
from rules.match import matches
from rules.tokens import tokens


def test_tokens():
    assert tokens("price >= 10 ") == ["price", ">=", "10"]


def test_word_at_the_end():
    assert matches("stock<5", {"stock": 3})


def test_junk():
    with pytest.raises(ValueError, match="unexpected '!'"):
        tokens("a ! b ")
