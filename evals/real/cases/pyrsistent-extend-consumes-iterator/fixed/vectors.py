"""Immutable vectors, and ones that check the type of their items.

Changes to a vector make a new one. Many changes in a row are made on an evolver.
"""


class CheckError(TypeError):
    """An item has a type which the vector does not allow."""


class InvariantError(Exception):
    """One or more items break the invariant of the vector; see `codes`."""

    def __init__(self, codes):
        self.codes = tuple(codes)
        super().__init__("invariant broken: " + ", ".join(map(str, self.codes)))


class Vector:
    __slots__ = ("_items",)

    def __init__(self, items=()):
        self._items = tuple(items)

    def __len__(self):
        return len(self._items)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(self._items[index])
        return self._items[index]

    def __iter__(self):
        return iter(self._items)

    def __eq__(self, other):
        return list(self) == list(other) if isinstance(other, (Vector, list)) else NotImplemented

    def __hash__(self):
        return hash(self._items)

    def __repr__(self):
        return f"{type(self).__name__}({list(self._items)!r})"

    def evolver(self):
        return Evolver(self)

    def append(self, item):
        return self.evolver().append(item).persistent()

    def extend(self, items):
        return self.evolver().extend(items).persistent()

    def set(self, index, item):
        evolver = self.evolver()
        evolver[index] = item
        return evolver.persistent()


class Evolver:
    """Collects changes to a vector; `persistent` makes a vector of them."""

    def __init__(self, vector):
        self._original = vector
        self._changed = {}
        self._extra = []

    def __len__(self):
        return len(self._original) + len(self._extra)

    def __getitem__(self, index):
        index = range(len(self))[index]
        if index in self._changed:
            return self._changed[index]
        known = len(self._original)
        return self._original[index] if index < known else self._extra[index - known]

    def __setitem__(self, index, item):
        self._changed[range(len(self))[index]] = item

    def append(self, item):
        self._extra.append(item)
        return self

    def extend(self, items):
        self._extra.extend(items)
        return self

    def is_dirty(self):
        return bool(self._changed or self._extra)

    def persistent(self):
        if not self.is_dirty():
            return self._original
        return self._finish([self[index] for index in range(len(self))])

    def _finish(self, items):
        return Vector(items)


class CheckedVector(Vector):
    """A vector whose subclasses say in `item_type` what the items must be.

    A subclass may also have an `invariant`: a function that returns for an item whether it
    is right, and a code which tells what is wrong.
    """

    __slots__ = ()
    item_type = object
    invariant = None

    def __init__(self, items=()):
        super().__init__(CheckedEvolver(type(self), Vector()).extend(items).persistent())

    def evolver(self):
        return CheckedEvolver(type(self), self)


class CheckedEvolver(Evolver):
    def __init__(self, destination, vector):
        super().__init__(vector)
        self._destination = destination
        self._codes = []

    def _check(self, items):
        wanted = self._destination.item_type
        invariant = self._destination.invariant
        for item in items:
            if not isinstance(item, wanted):
                raise CheckError(f"{self._destination.__name__} cannot hold {type(item).__name__}")
            if invariant is not None:
                right, code = invariant(item)
                if not right:
                    self._codes.append(code)

    def __setitem__(self, index, item):
        self._check([item])
        super().__setitem__(index, item)

    def append(self, item):
        self._check([item])
        return super().append(item)

    def extend(self, items):
        items = list(items)
        self._check(items)
        return super().extend(items)

    def _finish(self, items):
        if self._codes:
            raise InvariantError(self._codes)
        if isinstance(self._original, self._destination):
            result = self._destination.__new__(self._destination)
            Vector.__init__(result, items)
            return result
        return Vector(items)
