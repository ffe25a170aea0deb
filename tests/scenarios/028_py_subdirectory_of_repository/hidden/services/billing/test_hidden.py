from datetime import date

from plans import Subscription


def test_before():
    assert not Subscription(date(2024, 1, 2), 1).active(date(2024, 1, 1))
    assert Subscription(date(2024, 1, 2), 1).active(date(2024, 1, 2))
    assert not Subscription(date(2024, 1, 2), 1).active(date(2024, 1, 3))
