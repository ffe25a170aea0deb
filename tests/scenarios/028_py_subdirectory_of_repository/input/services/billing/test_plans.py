from datetime import date

from plans import Subscription


def test_inside():
    assert Subscription(date(2024, 1, 1), 30).active(date(2024, 1, 15))


def test_first_day_counts():
    assert Subscription(date(2024, 1, 1), 30).active(date(2024, 1, 1))


def test_day_of_end_does_not():
    assert not Subscription(date(2024, 1, 1), 30).active(date(2024, 1, 31))
