def money(cents):
    return f"{cents // 100}.{cents % 100:02}"


def pad(left, right, width):
    return left + right.rjust(width - len(left))


def footer(total, paid, width):
    """The closing lines: the total, and the change when too much was paid."""
    lines = [pad("TOTAL", money(total), width)]
    change = 0
    if paid > total:
        change = paid - total
    if change:
        lines.append(pad("CHANGE", money(change), width))
    return lines


def receipt(items, paid, width=20):
    lines = []
    total = 0
    for name, cents in items:
        lines.append(pad(name, money(cents), width))
        total += cents
    lines.append("-" * width)
    return lines + footer(total, paid, width)
