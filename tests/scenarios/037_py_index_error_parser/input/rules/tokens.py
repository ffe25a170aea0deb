"""Splits rule text such as `price >= 10 and stock` into tokens."""

OPERATORS = (">=", "<=", ">", "<", "=")


def tokens(text):
    found = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        operator = next((o for o in OPERATORS if text.startswith(o, at)), None)
        if operator:
            found.append(operator)
            at += len(operator)
            continue
        start = at
        while at <= len(text) and (text[at].isalnum() or text[at] == "_"):
            at += 1
        if at == start:
            raise ValueError(f"unexpected {text[at]!r} at {at}")
        found.append(text[start:at])
    return found
