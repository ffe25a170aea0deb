import pytest

from recipes.book import Book


@pytest.fixture
def book():
    b = Book()
    b.add("bread", 4, {"flour": (1, "kg"), "salt": (20, "g")})
    return b


@pytest.fixture(params=["flour", "salt"])
def ingredient(request):
    return request.param
