from datetime import date, timedelta


def next_weekday(day, weekday):
    """The first day after `day` that falls on `weekday` (Monday is 0)."""
    ahead = (weekday - day.weekday() + 7) % 7
    return day + timedelta(days=ahead or 6)


def working_days(first, last):
    """Mondays to Fridays from `first` to `last`, both included."""
    count = 0
    day = first
    while day <= last:
        if day.weekday() < 5:
            count += 1
        day += timedelta(days=1)
    return count


def payday(year, month):
    """The last working day of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    day = following - timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day
