"""Streaming JSON writer: yields the text of a document in chunks."""

ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def quote(text):
    """The JSON string literal of `text`."""
    out = []
    for char in text:
        if char in ESCAPES:
            out.append(ESCAPES[char])
        elif ord(char) < 0x20:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


class Writer:
    """Turns Python values into JSON text.

    `indent` is the string put in front of each line once per level, or None for one line.
    With `iterators`, any iterable that is nothing else is written as an array; otherwise such
    values go to `default`, which returns something that can be written instead.
    """

    def __init__(self, indent=None, iterators=False, default=None, item_separator=None):
        if isinstance(indent, int):
            indent = " " * indent
        self.indent = indent
        self.iterators = iterators
        self.default = default
        if item_separator is None:
            item_separator = "," if indent is not None else ", "
        self.item_separator = item_separator

    def dumps(self, value):
        return "".join(self.chunks(value))

    def chunks(self, value):
        return self._value(value, 0, [])

    def _value(self, value, level, open_values):
        atom = self._atom(value)
        if atom is not None:
            yield atom
            return
        if any(value is other for other in open_values):
            raise ValueError("circular reference detected")
        open_values.append(value)
        if isinstance(value, dict):
            yield from self._object(value, level, open_values)
        elif isinstance(value, (list, tuple)):
            yield from self._array(value, level, open_values)
        elif self.iterators and hasattr(value, "__iter__"):
            yield from self._array(value, level, open_values)
        elif self.default is not None:
            yield from self._value(self.default(value), level, open_values)
        else:
            raise TypeError(f"{value!r} cannot be written as JSON")
        open_values.pop()

    def _atom(self, value):
        if value is None:
            return "null"
        if value is True:
            return "true"
        if value is False:
            return "false"
        if isinstance(value, str):
            return quote(value)
        if isinstance(value, int):
            return int.__repr__(value)
        if isinstance(value, float):
            return self._float(value)
        return None

    @staticmethod
    def _float(value):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{value!r} has no JSON form")
        return float.__repr__(value)

    def _line(self, level):
        return "\n" + self.indent * level

    def _array(self, items, level, open_values):
        if isinstance(items, (list, tuple)) and not items:
            yield "[]"
            return
        opening = "["
        between = self.item_separator
        if self.indent is not None:
            level += 1
            opening += self._line(level)
            between += self._line(level)
        first = True
        for item in items:
            yield opening if first else between
            first = False
            yield from self._value(item, level, open_values)
        if self.indent is not None:
            level -= 1
            yield self._line(level)
        yield "]"

    def _object(self, members, level, open_values):
        if not members:
            yield "{}"
            return
        opening = "{"
        between = self.item_separator
        if self.indent is not None:
            level += 1
            opening += self._line(level)
            between += self._line(level)
        first = True
        for key, item in members.items():
            yield opening if first else between
            first = False
            yield quote(self._key(key)) + ": "
            yield from self._value(item, level, open_values)
        if self.indent is not None:
            level -= 1
            yield self._line(level)
        yield "}"

    def _key(self, key):
        if isinstance(key, str):
            return key
        text = self._atom(key)
        if text is None:
            raise TypeError(f"{key!r} cannot be a member name")
        return text


def dumps(value, **options):
    return Writer(**options).dumps(value)
