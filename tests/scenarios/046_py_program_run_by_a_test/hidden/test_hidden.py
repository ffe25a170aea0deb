from datetime import date

from ledger.entries import Entry
from ledger.reports import between


def days(first, last):
    entries = [Entry(date(2023, 5, day), "a", 1) for day in (1, 2, 3)]
    return [line.split()[0][-2:] for line in between(entries, date(2023, 5, first), date(2023, 5, last))]


def test_ends_belong_to_it():
    assert days(1, 3) == ["01", "02", "03"]
    assert days(2, 2) == ["02"]
    assert days(3, 2) == []


def test_others_do_not():
    assert days(2, 3) == ["02", "03"]
    assert days(1, 1) == ["01"]
