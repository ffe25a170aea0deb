"""Keys for sorting texts with numbers in them."""

import enum
import re

from collation import Collation


class Style(enum.IntFlag):
    DEFAULT = 0
    SIGNED = 1
    REAL = 2
    IGNORE_CASE = 4
    LOWERCASE_FIRST = 8
    GROUP_LETTERS = 16
    LOCALE = 32


NUMBERS = {
    Style.DEFAULT: (re.compile(r"(\d+)"), int),
    Style.SIGNED: (re.compile(r"([-+]?\d+)"), int),
    Style.REAL: (re.compile(r"(\d+(?:\.\d+)?)"), float),
    Style.SIGNED | Style.REAL: (re.compile(r"([-+]?\d+(?:\.\d+)?)"), float),
}


def group_letters(text):
    """Put the small form before each letter, so that a and A stay together."""
    return "".join(letter.lower() + letter for letter in text)


class KeyMaker:
    """Makes sort keys of one style.

    `collation` answers questions about the locale and turns text into its collation form;
    the style says whether the locale has a say.
    """

    def __init__(self, style=Style.DEFAULT, collation=None):
        self.style = style
        self.collation = collation or Collation()
        self.pattern, self.convert = NUMBERS[style & (Style.SIGNED | Style.REAL)]

    def __call__(self, value):
        if isinstance(value, (tuple, list)):
            return tuple(self(item) for item in value)
        if isinstance(value, (int, float)):
            return ("", value)
        return self.text_key(value)

    def text_key(self, text):
        """Text pieces and numbers in turn, beginning with text."""
        use_locale = bool(self.style & Style.LOCALE)
        text = self.prepare(text, use_locale)
        key = []
        for position, piece in enumerate(self.pattern.split(text)):
            if position % 2:
                key.append(self.convert(piece))
            else:
                key.append(self.text_piece(piece, use_locale))
        if key[-1] == "" and len(key) > 1:
            key.pop()
        return tuple(key)

    def prepare(self, text, use_locale):
        """Apply the letter case rules of the style to the whole text."""
        lower_first = bool(self.style & Style.LOWERCASE_FIRST)
        capitals_first = self.collation.capitals_first() if use_locale else False
        if use_locale and capitals_first and not lower_first:
            text = text.swapcase()
        elif lower_first and not (use_locale and capitals_first):
            text = text.swapcase()
        if self.style & Style.IGNORE_CASE:
            text = text.casefold()
        return text

    def text_piece(self, piece, use_locale):
        if self.style & Style.GROUP_LETTERS:
            piece = group_letters(piece)
        if use_locale and piece:
            return self.collation.transform(piece)
        return piece


def natural_sorted(values, style=Style.DEFAULT, key=None, collation=None, reverse=False):
    """The values as a list in natural order; `key` gives what each value is sorted by."""
    make = KeyMaker(style, collation)
    if key is None:
        return sorted(values, key=make, reverse=reverse)
    return sorted(values, key=lambda value: make(key(value)), reverse=reverse)
