def test_salt(book):
    assert book.shopping("bread", 6)["salt"] == 30


def test_pounds(book):
    book.add("jam", 1, {"fruit": (1, "lb")})
    assert book.shopping("jam", 3)["fruit"] == 1361
