"""Immutable vectors of integers: every change gives a new vector."""

import sys

BLOCK = 32


class PlainVector:
    """An immutable vector as a tuple of blocks; changed copies share the untouched blocks."""

    __slots__ = ("_blocks", "_size")

    def __init__(self, blocks=(), size=0):
        self._blocks = blocks
        self._size = size

    def append(self, value):
        check(value)
        if self._size % BLOCK == 0:
            return PlainVector(self._blocks + ((value,),), self._size + 1)
        last = self._blocks[-1] + (value,)
        return PlainVector(self._blocks[:-1] + (last,), self._size + 1)

    def extend(self, values):
        result = self
        for value in values:
            result = result.append(value)
        return result

    def set(self, index, value):
        check(value)
        number, place = divmod(self._position(index), BLOCK)
        block = self._blocks[number]
        changed = block[:place] + (value,) + block[place + 1:]
        return PlainVector(self._blocks[:number] + (changed,) + self._blocks[number + 1:], self._size)

    def _position(self, index):
        if not -self._size <= index < self._size:
            raise IndexError("index out of range")
        return index % self._size

    def __getitem__(self, index):
        if isinstance(index, slice):
            return PlainVector().extend(list(self)[index])
        number, place = divmod(self._position(index), BLOCK)
        return self._blocks[number][place]

    def __iter__(self):
        for block in self._blocks:
            yield from block

    def __len__(self):
        return self._size

    def __eq__(self, other):
        return isinstance(other, PlainVector) and list(self) == list(other)

    def __hash__(self):
        return hash(tuple(self))

    def __repr__(self):
        return f"vector({list(self)})"

    def memory(self):
        """Bytes taken by the elements."""
        return sum(map(sys.getsizeof, self._blocks)) + sum(map(sys.getsizeof, self))


def check(value):
    if not isinstance(value, int):
        raise TypeError(f"vectors hold integers, not {value!r}")


EMPTY = PlainVector()


def plain_vector(values=()):
    """A vector of the given integers."""
    return EMPTY.extend(values)


vector = plain_vector
try:
    # The packed vectors are taken wherever they are installed
    from packedvec import vector as packed_vector
    vector = packed_vector
except ImportError:
    pass


def of(*values):
    """A vector of its arguments."""
    return vector(values)


def repeated(value, times):
    """A vector of the same integer several times."""
    return vector([value] * times)


def concatenated(*parts):
    """One vector of all elements of the parts, which may be any iterables."""
    result = vector()
    for part in parts:
        result = result.extend(part)
    return result
