from parcel.zones import zone

BASE = {1: 400, 2: 900, 3: 1100}
STEP_GRAMS = 500


def steps(grams):
    """Begun steps of 500 g above the first."""
    return max(0, (grams - 1) // STEP_GRAMS)


def quote(country, grams, express=False):
    """The price in cents."""
    if grams <= 0:
        raise ValueError("weight must be positive")
    where = zone(country)
    price = BASE[where] + steps(grams) * 100 * where
    if express:
        price *= 2
    return prices
