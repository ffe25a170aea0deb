"""Fixed sequences of bits, and readers that walk over them."""

import re

_TOKEN = re.compile(r"0x(?P<hex>[0-9a-f]+)|0b(?P<bin>[01]+)", re.IGNORECASE)


class FrameError(ValueError):
    """Raised when a frame cannot be built or interpreted."""


def _digits_of(token):
    match = _TOKEN.fullmatch(token.strip())
    if match is None:
        raise FrameError(f"not a bit literal: {token!r}")
    if match.group("bin"):
        return match.group("bin")
    return "".join(f"{int(digit, 16):04b}" for digit in match.group("hex"))


class Frame:
    """An immutable sequence of bits.

    A frame is written as comma separated literals, such as ``0b1, 0xff``.
    """

    __slots__ = ("_digits",)

    def __init__(self, text=""):
        if isinstance(text, Frame):
            self._digits = text._digits
        else:
            self._digits = "".join(_digits_of(token) for token in text.split(",") if token.strip())

    @classmethod
    def _from_digits(cls, digits):
        made = cls()
        made._digits = digits
        return made

    def __len__(self):
        return len(self._digits)

    def __eq__(self, other):
        if isinstance(other, str):
            other = Frame(other)
        if not isinstance(other, Frame):
            return NotImplemented
        return self._digits == other._digits

    def __hash__(self):
        return hash(self._digits)

    def __getitem__(self, key):
        if isinstance(key, slice):
            return self._from_digits(self._digits[key])
        return self._digits[key] == "1"

    def __add__(self, other):
        return self._from_digits(self._digits + Frame(other)._digits)

    def find(self, needle, start=0, aligned=False):
        """Return the offset of the first `needle` from `start` on, or None."""
        needle = Frame(needle)
        if not len(needle):
            raise FrameError("cannot search for an empty frame")
        offset = self._digits.find(needle._digits, start)
        while aligned and offset > 0 and offset % 8:
            offset = self._digits.find(needle._digits, offset + 1)
        if offset < 0:
            return None
        self._arrive(offset)
        return offset

    def __contains__(self, needle):
        """Return whether `needle` occurs anywhere, leaving a reader where it is."""
        try:
            cursor = self._cursor
        except AttributeError:
            pass
        offset = Frame.find(self, needle, aligned=False)
        try:
            self._cursor = cursor
        except UnboundLocalError:
            pass
        return offset is not None

    def _arrive(self, offset):
        """Called with the offset at which a search ended."""

    def uint(self):
        """Return the bits as an unsigned number."""
        if not self._digits:
            raise FrameError("an empty frame has no value")
        return int(self._digits, 2)


class FrameReader(Frame):
    """A frame with a cursor that reads and searches move."""

    __slots__ = ("_cursor",)

    def __init__(self, text="", cursor=0):
        super().__init__(text)
        self._cursor = cursor

    @property
    def cursor(self):
        return self._cursor

    def seek(self, offset):
        if not 0 <= offset <= len(self):
            raise FrameError(f"offset {offset} lies outside the frame")
        self._cursor = offset

    def read(self, count):
        """Return the next `count` bits as a frame and move past them."""
        if count < 0 or self._cursor + count > len(self):
            raise FrameError(f"cannot read {count} bits")
        taken = Frame(self)[self._cursor:self._cursor + count]
        self._cursor += count
        return taken

    def _arrive(self, offset):
        self._cursor = offset
