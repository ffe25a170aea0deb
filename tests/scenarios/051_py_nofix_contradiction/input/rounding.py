def to_quarter(hours):
    """Round working time to quarter hours."""
    return round(hours * 4) / 4


def bill(hours, rate):
    return to_quarter(hours) * rate
