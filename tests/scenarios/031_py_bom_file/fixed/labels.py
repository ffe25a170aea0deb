"""Shelf labels: `name — price €`."""


def price(cents):
    euros, rest = divmod(cents, 100)
    return f"{euros},{rest:02} €"


def label(name, cents, width=24):
    room = width - len(price(cents)) - 3
    if len(name) > room:
        name = name[: room - 1] + "…"
    return f"{name} — {price(cents)}"
