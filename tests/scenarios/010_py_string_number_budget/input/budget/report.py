from budget.ledger import read_entries


def per_account(text, month):
    totals = {}
    for entry in read_entries(text):
        if entry["month"] != month:
            continue
        name = entry["account"]
        totals[name] = totals.get(name, 0) + entry["amount"]
    return totals


def overdrawn(text, month, limits):
    totals = per_account(text, month)
    return sorted(name for name, limit in limits.items() if totals.get(name, 0) > limit)
