"""Ordered records with attribute access, as returned by the frame decoder."""

INDENT = "    "


class Record(dict):
    """A mapping that remembers insertion order and lets its keys be read as attributes.

    Keys whose name starts with an underscore are private: they are kept, but neither printed
    nor considered when two records are compared.
    """

    __slots__ = ["_order", "_rendering"]

    def __init__(self, *sources, **entries):
        object.__setattr__(self, "_order", [])
        for source in sources:
            self.update(source)
        self.update(entries)

    def __getattr__(self, name):
        try:
            if name in self.__slots__:
                return object.__getattribute__(self, name)
            else:
                return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        if name in self.__slots__:
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __delattr__(self, name):
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setitem__(self, key, value):
        if key not in self:
            self._order.append(key)
        dict.__setitem__(self, key, value)

    def __delitem__(self, key):
        dict.__delitem__(self, key)
        self._order.remove(key)

    def __iter__(self):
        return iter(self._order)

    def __eq__(self, other):
        if not isinstance(other, dict):
            return NotImplemented
        return public_items(self) == public_items(other)

    def __ne__(self, other):
        same = self.__eq__(other)
        return same if same is NotImplemented else not same

    __hash__ = None

    def keys(self):
        return list(self._order)

    def values(self):
        return [self[key] for key in self._order]

    def items(self):
        return [(key, self[key]) for key in self._order]

    def update(self, source):
        pairs = source.items() if isinstance(source, dict) else source
        for key, value in pairs:
            self[key] = value

    def pop(self, key, *default):
        if key not in self:
            if default:
                return default[0]
            raise KeyError(key)
        value = self[key]
        del self[key]
        return value

    def clear(self):
        dict.clear(self)
        self._order = []

    def copy(self):
        return type(self)(self)

    def promote(self, key):
        """Move `key` to the front, as the header fields of a frame are."""
        self._order.remove(key)
        self._order.insert(0, key)

    def __repr__(self):
        fields = ", ".join(f"{key}={value!r}" for key, value in self.items())
        return f"{type(self).__name__}({fields})"

    def __str__(self):
        return "\n".join(render(self, 0))


def public_items(mapping):
    """The comparable part of a mapping."""
    return {
        key: value
        for key, value in mapping.items()
        if not (isinstance(key, str) and key.startswith("_"))
    }


def render(record, level):
    """Lines of the human-readable form of a record, nested records indented."""
    if getattr(record, "_rendering", False):
        yield INDENT * level + "<recursion>"
        return
    record._rendering = True
    try:
        for key, value in public_items(record).items():
            if isinstance(value, Record):
                yield f"{INDENT * level}{key}:"
                yield from render(value, level + 1)
            else:
                yield f"{INDENT * level}{key} = {value!r}"
    finally:
        record._rendering = False
