def shares(cents, people):
    """Split an amount so that the shares add up; the first ones pay the odd cents."""
    each, odd = divmod(cents, len(people))
    out = {}
    for place, person in enumerate(people):
        out[person] = each + (1 if place > odd else 0)
    return out


def balances(payments, people):
    """Positive: is owed money. Negative: owes."""
    owed = {person: 0 for person in people}
    for payer, cents in payments:
        owed[payer] += cents
        for person, share in shares(cents, people).items():
            owed[person] -= share
    return owed
