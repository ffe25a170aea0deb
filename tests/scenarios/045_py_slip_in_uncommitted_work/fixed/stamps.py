"""Reads the stamps that the scales print."""

import re

STAMP = re.compile(r"^(?P<site>[A-Z]{2})-(?P<day>\d{4}-\d{2}-\d{2})#(?P<grams>\d+)g$")
UNITS = {"kg": 1000, "g": 1, "t": 1_000_000}


def parse(text):
    """The site, the day and the grams of a stamp."""
    found = STAMP.match(text.strip())
    if found is None:
        raise ValueError(f"not a stamp: {text!r}")
    return found["site"], found["day"], int(found["grams"])


def total(stamps):
    """Grams of all stamps together."""
    return sum(parse(stamp)[2] for stamp in stamps)


def by_site(stamps):
    """Grams of each site."""
    grams = {}
    for stamp in stamps:
        site, _, weight = parse(stamp)
        grams[site] = grams.get(site, 0) + weight
    return grams


def within(stamps, site, unit):
    """The weight of a site in a unit."""
    return by_site(stamps)[site] / UNITS[unit]
