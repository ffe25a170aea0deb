from paging import Pager


def test_pages_of_one():
    assert [p.items for p in Pager([7, 8], size=1)] == [[7], [8]]


def test_empty():
    assert Pager([]).page(1).items == []
    assert list(Pager([])) == []
