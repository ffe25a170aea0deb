"""Sort keys that order the numbers inside a text by their value."""

import re

DIGITS = re.compile(r"(\d+)")
INTEGER = re.compile(r"([-+]?\d+)")
REAL = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))")

PATTERNS = {"digit": (DIGITS, int), "int": (INTEGER, int), "float": (REAL, float)}


def natural_key(text, kind="digit"):
    """Alternating pieces of text and number."""
    pattern, convert = PATTERNS[kind]
    pieces = pattern.split(text)
    pieces[1::2] = [convert(piece) for piece in pieces[1::2]]
    return pieces


def natural_sorted(texts, kind="digit"):
    return sorted(texts, key=lambda text: natural_key(text, kind))
