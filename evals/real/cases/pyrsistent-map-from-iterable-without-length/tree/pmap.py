"""An immutable mapping made of buckets.

Changes return a new map; the parts that are the same are shared with the old one.
"""

from collections.abc import Mapping

from buckets import find, replaced, without

GROW_AT = 0.67


class PMap(Mapping):
    """Made by `pmap` and `m`, not directly."""

    __slots__ = ("_size", "_buckets", "_hash")

    def __init__(self, size, buckets):
        self._size = size
        self._buckets = buckets
        self._hash = None

    def __getitem__(self, key):
        bucket = self._buckets[hash(key) % len(self._buckets)]
        found, value = find(bucket, key)
        if not found:
            raise KeyError(key)
        return value

    def __iter__(self):
        for bucket in self._buckets:
            for key, _ in bucket or ():
                yield key

    def __len__(self):
        return self._size

    def __hash__(self):
        if self._hash is None:
            self._hash = hash(frozenset(self.items()))
        return self._hash

    def __repr__(self):
        return f"pmap({dict(self)!r})"

    def set(self, key, value):
        return self.evolver().set(key, value).persistent()

    def remove(self, key):
        return self.evolver().remove(key).persistent()

    def discard(self, key):
        return self.remove(key) if key in self else self

    def update(self, *others):
        """Return a map with the items of `others` too; later ones win."""
        return self.update_with(lambda old, new: new, *others)

    def update_with(self, combine, *others):
        evolver = self.evolver()
        for other in others:
            for key, value in other.items():
                evolver.set(key, combine(evolver[key], value) if key in evolver else value)
        return evolver.persistent()

    def evolver(self):
        return Evolver(self)


class Evolver:
    """Makes many changes on one copy of a map."""

    def __init__(self, original):
        self._original = original
        self._size = len(original)
        self._buckets = original._buckets
        self._own = False

    def __contains__(self, key):
        return find(self._buckets[hash(key) % len(self._buckets)], key)[0]

    def __getitem__(self, key):
        found, value = find(self._buckets[hash(key) % len(self._buckets)], key)
        if not found:
            raise KeyError(key)
        return value

    def _put(self, index, bucket):
        if not self._own:
            self._buckets = list(self._buckets)
            self._own = True
        self._buckets[index] = bucket

    def _grow(self):
        size = 2 * len(self._buckets)
        buckets = size * [None]
        for bucket in self._buckets:
            for key, value in bucket or ():
                index = hash(key) % size
                buckets[index] = replaced(buckets[index], key, value)
        self._buckets = buckets
        self._own = True

    def set(self, key, value):
        if self._size >= GROW_AT * len(self._buckets):
            self._grow()
        index = hash(key) % len(self._buckets)
        bucket = self._buckets[index]
        found, old = find(bucket, key)
        if not (found and old is value):
            self._put(index, replaced(bucket, key, value))
            self._size += not found
        return self

    def remove(self, key):
        index = hash(key) % len(self._buckets)
        bucket = self._buckets[index]
        if not find(bucket, key)[0]:
            raise KeyError(key)
        self._put(index, without(bucket, key))
        self._size -= 1
        return self

    def persistent(self):
        if self._own:
            self._original = PMap(self._size, self._buckets)
            self._own = False
        return self._original


def _filled(initial, pre_size):
    size = pre_size or (2 * len(initial)) or 8
    buckets = size * [None]

    if not isinstance(initial, Mapping):
        initial = dict(initial)

    for key, value in initial.items():
        index = hash(key) % size
        bucket = buckets[index]
        if bucket:
            bucket.append((key, value))
        else:
            buckets[index] = [(key, value)]
    return PMap(len(initial), buckets)


def pmap(initial=(), pre_size=0):
    """Make a map of a mapping or of pairs (key, value).

    `pre_size` is the number of buckets to start with, if it is known better than by the
    amount of the initial data.
    """
    return _filled(initial, pre_size)


def m(**items):
    return pmap(items)
