import pytest


@pytest.mark.parametrize("people, grams", [(4, 1000), (2, 500), (8, 2000)])
def test_flour(book, people, grams):
    assert book.shopping("bread", people)["flour"] == grams


def test_all_listed(book, ingredient):
    assert ingredient in book.shopping("bread", 4)
