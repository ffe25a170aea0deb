"""Writes values as JSON text."""

import re
from math import inf

from escapes import SHORT, escape_ascii

ESCAPE = re.compile(r'[\x00-\x1f\\"]')


def encode_string(text):
    """Return `text` as a JSON string, characters beyond ASCII as they are."""

    def replace(match):
        return SHORT[match.group(0)]

    return '"' + ESCAPE.sub(replace, text) + '"'


def encode_string_ascii(text):
    """Return `text` as a JSON string that consists of ASCII characters."""
    return '"' + escape_ascii(text) + '"'


def encode_float(number, allow_nan=True):
    if number != number:
        text = "NaN"
    elif number == inf:
        text = "Infinity"
    elif number == -inf:
        text = "-Infinity"
    else:
        return repr(number)
    if not allow_nan:
        raise ValueError(f"out of range float value: {number!r}")
    return text


class Encoder:
    """Turns dictionaries, lists and plain values into JSON.

    `default` is called with any other object and returns something that can be encoded.
    """

    def __init__(self, ascii_only=True, sort_keys=False, indent=None, allow_nan=True, default=None):
        self.ascii_only = ascii_only
        self.sort_keys = sort_keys
        self.indent = indent
        self.allow_nan = allow_nan
        self.default = default
        self._string = encode_string_ascii if ascii_only else encode_string

    def encode(self, value):
        return "".join(self._chunks(value, 0, set()))

    def _chunks(self, value, level, open_ids):
        if isinstance(value, str):
            yield self._string(value)
        elif value is None:
            yield "null"
        elif value is True:
            yield "true"
        elif value is False:
            yield "false"
        elif isinstance(value, int):
            yield int.__repr__(value)
        elif isinstance(value, float):
            yield encode_float(value, self.allow_nan)
        else:
            if id(value) in open_ids:
                raise ValueError("circular reference")
            open_ids.add(id(value))
            if isinstance(value, dict):
                yield from self._items(value, level, open_ids)
            elif isinstance(value, (list, tuple)):
                yield from self._list(value, level, open_ids)
            elif self.default is not None:
                yield from self._chunks(self.default(value), level, open_ids)
            else:
                raise TypeError(f"{value!r} cannot be encoded")
            open_ids.discard(id(value))

    def _break(self, level):
        return "" if self.indent is None else "\n" + " " * (self.indent * level)

    def _list(self, values, level, open_ids):
        if not values:
            yield "[]"
            return
        separator = "["
        for value in values:
            yield separator + self._break(level + 1)
            yield from self._chunks(value, level + 1, open_ids)
            separator = ", " if self.indent is None else ","
        yield self._break(level) + "]"

    def _items(self, mapping, level, open_ids):
        if not mapping:
            yield "{}"
            return
        items = sorted(mapping.items()) if self.sort_keys else mapping.items()
        separator = "{"
        for key, value in items:
            yield separator + self._break(level + 1)
            yield self._string(self._key(key)) + ": "
            yield from self._chunks(value, level + 1, open_ids)
            separator = ", " if self.indent is None else ","
        yield self._break(level) + "}"

    def _key(self, key):
        if isinstance(key, str):
            return key
        if key is None or isinstance(key, (bool, int, float)):
            return "".join(self._chunks(key, 0, set()))
        raise TypeError(f"key {key!r} is not a string")


def dumps(value, **options):
    return Encoder(**options).encode(value)
