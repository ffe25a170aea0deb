from datetime import date, timedelta

from calendarium import next_weekday


def test_all():
    for offset in range(30):
        day = date(2023, 12, 20) + timedelta(days=offset)
        for weekday in range(7):
            found = next_weekday(day, weekday)
            assert found.weekday() == weekday
            assert 1 <= (found - day).days <= 7
