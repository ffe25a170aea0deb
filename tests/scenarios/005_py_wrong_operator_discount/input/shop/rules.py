TIERS = ((500, 0.10), (100, 0.05))


def discount_for(customer, amount):
    if customer == "staff":
        return 0.25
    for floor, rate in TIERS:
        if amount >= floor:
            return rate
    return 0.0
