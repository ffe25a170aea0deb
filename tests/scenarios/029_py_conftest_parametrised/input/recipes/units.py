GRAMS = {"g": 1, "kg": 1000, "oz": 28.35, "lb": 453.6}


def to_grams(amount, unit):
    return amount * GRAMS[unit]
