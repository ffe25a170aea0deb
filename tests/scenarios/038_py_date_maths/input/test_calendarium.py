from datetime import date

from calendarium import next_weekday, payday, working_days


def test_next_weekday():
    assert next_weekday(date(2024, 5, 15), 4) == date(2024, 5, 17)
    assert next_weekday(date(2024, 5, 15), 0) == date(2024, 5, 20)


def test_same_weekday_is_a_week_later():
    assert next_weekday(date(2024, 5, 15), 2) == date(2024, 5, 22)


def test_working_days():
    assert working_days(date(2024, 5, 13), date(2024, 5, 19)) == 5


def test_payday():
    assert payday(2024, 6) == date(2024, 6, 28)
    assert payday(2024, 12) == date(2024, 12, 31)
