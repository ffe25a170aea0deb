"""Rows of bits that can be read in various ways."""

from store import ByteStore


class InterpretError(ValueError):
    """The bits cannot be read in the way wanted."""


class Bits:
    """An immutable row of bits."""

    def __init__(self, raw=b"", length=None, offset=0):
        if length is None:
            length = len(raw) * 8 - offset
        self._store = ByteStore(raw, length, offset)

    @classmethod
    def from_text(cls, text):
        """Make bits of zeros and ones; blanks do not count."""
        digits = "".join(text.split())
        count = (len(digits) + 7) // 8
        raw = int(digits.ljust(count * 8, "0") or "0", 2).to_bytes(count, "big")
        return cls(raw, len(digits))

    @classmethod
    def _of(cls, store):
        made = cls()
        made._store = store
        return made

    def __len__(self):
        return self._store.length

    def __eq__(self, other):
        return isinstance(other, Bits) and len(self) == len(other) and self.to_bytes() == other.to_bytes()

    def __hash__(self):
        return hash((len(self), self.to_bytes()))

    def __repr__(self):
        return f"Bits.from_text({self.text!r})"

    def __getitem__(self, key):
        if isinstance(key, slice):
            start, end, step = key.indices(len(self))
            if step != 1:
                raise ValueError("steps are not supported")
            return self._of(self._store.part(start, max(end - start, 0)))
        if not -len(self) <= key < len(self):
            raise IndexError("there is no such bit")
        return bool(self._store.bit(key % len(self)))

    def __add__(self, other):
        return self.from_text(self.text + other.text)

    def to_bytes(self):
        """Return the bits as bytes, the last of which may be filled up with zeros."""
        return self._store.aligned()

    @property
    def text(self):
        return "".join(str(self._store.bit(position)) for position in range(len(self)))

    @property
    def uint(self):
        return self.read_uint(len(self), 0)

    @property
    def bytes(self):
        if len(self) % 8:
            raise InterpretError("the bits are not a whole number of bytes")
        return self.read_bytes(len(self), 0)

    def read_uint(self, length, start):
        """Read `length` bits from `start` on as an unsigned number."""
        self._check_range(length, start)
        if not length:
            raise InterpretError("no bits to make a number of")
        number = int.from_bytes(self[start:start + length].to_bytes(), "big")
        return number >> (-length % 8)

    def read_int(self, length, start):
        """Read `length` bits from `start` on as a number in two's complement."""
        number = self.read_uint(length, start)
        return number - (1 << length) if number >> (length - 1) else number

    def read_bytes(self, length, start):
        """Read `length` bits from `start` on as bytes."""
        self._check_range(length, start)
        if length % 8:
            raise InterpretError(f"{length} bits are not a whole number of bytes")
        offset = self._store.offset
        if (start + offset) % 8 == 0:
            return self._store.byte_slice(start + offset // 8, (start + offset + length) // 8)
        return self[start:start + length].to_bytes()

    def read_words(self, size):
        """Return the whole pieces of `size` bytes, from the beginning on."""
        width = size * 8
        return [self.read_bytes(width, start) for start in range(0, len(self) - width + 1, width)]

    def _check_range(self, length, start):
        if start < 0 or length < 0 or start + length > len(self):
            raise InterpretError(f"there are no {length} bits at {start}")
