import pytest
from paging import Pager


def test_first_page():
    assert Pager(range(25)).page(1).items == list(range(10))


def test_last_page_is_short():
    page = Pager(range(25)).page(3)
    assert page.items == [20, 21, 22, 23, 24]
    assert page.last


def test_all_records_once():
    seen = [i for page in Pager("abcdefg", size=3) for i in page.items]
    assert "".join(seen) == "abcdefg"


def test_out_of_range():
    with pytest.raises(IndexError):
        Pager([1, 2]).page(2)
