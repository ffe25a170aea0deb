"""Dictionaries that keep their keys in order and show them as attributes."""

from textview import indent, one_line


class Container(dict):
    """The values of a parsed record, in the order of its fields.

    Moving a key to another place is possible with `move`; otherwise a key stays where it
    was when it was first set.
    """

    __slots__ = ["_order", "__weakref__"]

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        object.__setattr__(self, "_order", [])
        return self

    def __init__(self, *sources, **values):
        object.__setattr__(self, "_order", [])
        dict.clear(self)
        for source in sources:
            self.update(source)
        self.update(values)

    def __reduce__(self):
        return _blank, (type(self),), self.__getstate__()

    def __getstate__(self):
        return list(self.items())

    def __setstate__(self, state):
        object.__setattr__(self, "_order", [])
        dict.clear(self)
        self.update(state)

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value

    def __delattr__(self, name):
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setitem__(self, key, value):
        if key not in self:
            self._order.append(key)
        super().__setitem__(key, value)

    def __delitem__(self, key):
        super().__delitem__(key)
        self._order.remove(key)

    def __iter__(self):
        return iter(list(self._order))

    def keys(self):
        return list(self._order)

    def values(self):
        return [self[key] for key in self._order]

    def items(self):
        return [(key, self[key]) for key in self._order]

    def update(self, source=(), **values):
        pairs = source.items() if hasattr(source, "items") else source
        for key, value in pairs:
            self[key] = value
        for key, value in values.items():
            self[key] = value

    def clear(self):
        super().clear()
        del self._order[:]

    def pop(self, key, *default):
        if key not in self and default:
            return default[0]
        value = self[key]
        del self[key]
        return value

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def move(self, key, index):
        """Put `key` at the place `index` in the order."""
        if key not in self:
            raise KeyError(key)
        self._order.remove(key)
        self._order.insert(index, key)

    def copy(self):
        duplicate = _blank(type(self))
        duplicate.update(self)
        return duplicate

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in self.items())})"

    def __str__(self):
        lines = [f"{type(self).__name__}:"]
        for key, value in self.items():
            shown = str(value) if isinstance(value, Container) else one_line(value)
            lines.append(indent(f"{key} = {shown}"))
        return "\n".join(lines)


class Header(Container):
    """The container for the head of a file; its magic number is always there."""

    __slots__ = []

    def __init__(self, magic, version=1):
        super().__init__(magic=magic, version=version)


class Flags(Container):
    """Switches by name; those named to the constructor are on."""

    __slots__ = []

    def __init__(self, *names):
        super().__init__((name, True) for name in names)

    def active(self):
        return [name for name, value in self.items() if value]


def _blank(cls):
    return cls.__new__(cls)
