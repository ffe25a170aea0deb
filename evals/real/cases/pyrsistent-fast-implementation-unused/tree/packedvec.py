"""Vectors of machine integers, kept in one block of memory.

Optional companion of `vectors`: installations that have to be small leave it out.
"""

from array import array


class PackedVector:
    """An immutable vector of integers of at most 64 bits."""

    __slots__ = ("_cells",)

    def __init__(self, cells=()):
        self._cells = cells if isinstance(cells, array) else array("q", cells)

    def append(self, value):
        return self.extend((value,))

    def extend(self, values):
        cells = self._cells[:]
        cells.extend(array("q", values))
        return PackedVector(cells)

    def set(self, index, value):
        cells = self._cells[:]
        cells[index] = value
        return PackedVector(cells)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return PackedVector(self._cells[index])
        return self._cells[index]

    def __iter__(self):
        return iter(self._cells)

    def __len__(self):
        return len(self._cells)

    def __eq__(self, other):
        return isinstance(other, PackedVector) and self._cells == other._cells

    def __hash__(self):
        return hash(tuple(self._cells))

    def __repr__(self):
        return f"vector({list(self._cells)})"

    def memory(self):
        """Bytes taken by the elements."""
        return len(self._cells) * self._cells.itemsize


EMPTY = PackedVector()


def vector(values=()):
    return EMPTY.extend(values)
