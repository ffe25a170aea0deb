import pytest
from invoice_text import line


@pytest.mark.parametrize(
    "number, text",
    [(0, "zero"), (7, "seven"), (13, "thirteen"), (21, "twenty-one"), (105, "one hundred and five")],
)
def test_words(number, text):
    assert line("rent", number) == f"rent: {text} euros"
