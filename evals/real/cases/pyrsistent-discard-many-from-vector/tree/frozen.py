"""Frozen maps and rows: containers that are changed by making new ones."""

from collections.abc import Hashable


class FrozenMap:
    """A mapping that cannot be changed in place."""

    def __init__(self, entries=()):
        self._entries = dict(entries)

    def __getitem__(self, key):
        return self._entries[key]

    def __iter__(self):
        return iter(self._entries)

    def __len__(self):
        return len(self._entries)

    def __eq__(self, other):
        if isinstance(other, FrozenMap):
            return self._entries == other._entries
        return self._entries == other if isinstance(other, dict) else NotImplemented

    def __hash__(self):
        return hash(frozenset((key, value) for key, value in self.items() if isinstance(value, Hashable)))

    def __repr__(self):
        return f"FrozenMap({self._entries!r})"

    def get(self, key, default=None):
        return self._entries.get(key, default)

    def items(self):
        return list(self._entries.items())

    def editor(self):
        return MapEditor(self)


class FrozenRow:
    """A sequence that cannot be changed in place."""

    def __init__(self, values=()):
        self._values = tuple(values)

    def __getitem__(self, index):
        return self._values[index]

    def __len__(self):
        return len(self._values)

    def __eq__(self, other):
        if isinstance(other, FrozenRow):
            return self._values == other._values
        return list(self._values) == other if isinstance(other, list) else NotImplemented

    def __hash__(self):
        return hash(self._values)

    def __repr__(self):
        return f"FrozenRow({list(self._values)!r})"

    def get(self, index, default=None):
        return self._values[index] if 0 <= index < len(self._values) else default

    def items(self):
        return list(enumerate(self._values))

    def editor(self):
        return RowEditor(self)


class _Editor:
    """Collects changes to a container and gives the changed one, or the same if nothing changed."""

    def __init__(self, original, copy):
        self._original = original
        self._copy = copy
        self._changed = False

    def __setitem__(self, key, value):
        self._copy[key] = value
        self._changed = True

    def __delitem__(self, key):
        del self._copy[key]
        self._changed = True

    def frozen(self):
        return type(self._original)(self._copy) if self._changed else self._original


class MapEditor(_Editor):
    def __init__(self, original):
        super().__init__(original, dict(original.items()))


class RowEditor(_Editor):
    def __init__(self, original):
        super().__init__(original, [value for _, value in original.items()])

    def __setitem__(self, index, value):
        if index == len(self._copy):
            self._copy.append(None)
        super().__setitem__(index, value)


def freeze(value):
    """Make frozen containers of dictionaries and lists, all the way down."""
    if isinstance(value, dict):
        return FrozenMap((key, freeze(each)) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return FrozenRow(freeze(each) for each in value)
    return value


def thaw(value):
    """Make dictionaries and lists of frozen containers, all the way down."""
    if isinstance(value, FrozenMap):
        return {key: thaw(each) for key, each in value.items()}
    if isinstance(value, FrozenRow):
        return [thaw(each) for _, each in value.items()]
    return value
