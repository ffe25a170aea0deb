"""Amounts in cents, as people write them."""


def shown(cents):
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return "%s%s.%02d" % (sign, grouped(whole), rest)


def grouped(number):
    text = str(number)
    parts = []
    while len(text) > 3:
        parts.insert(0, text[-3:])
        text = text[:-3]
    parts.insert(0, text)
    return " ".join(parts)


def share(part, whole):
    if whole == 0:
        return "-"
    return "%d%%" % round(100 * part / whole)
