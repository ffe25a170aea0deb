"""Immutable building blocks."""

from collections.abc import Mapping


class FrozenMap(Mapping):
    """A mapping that is never changed in place; `with_item` makes a changed copy."""

    def __init__(self, *args, **kwargs):
        self._items = dict(*args, **kwargs)

    def __getitem__(self, key):
        return self._items[key]

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def __hash__(self):
        return hash(frozenset(self._items.items()))

    def __repr__(self):
        return f"{type(self).__name__}({self._items!r})"

    def with_item(self, key, value):
        return type(self)({**self._items, key: value})


class NameMap(FrozenMap):
    """A frozen map that takes nothing but text as keys."""

    def __getitem__(self, key):
        if not isinstance(key, str):
            raise TypeError(f"names are text, not {key!r}")
        return super().__getitem__(key)


class Struct:
    """An object with a fixed set of fields, given in the class attribute `fields`."""

    fields = ()

    def __init__(self, **values):
        for name in values:
            if name not in self.fields:
                raise AttributeError(f"{type(self).__name__} has no field {name}")
        for name in self.fields:
            self.__dict__[name] = values.get(name)

    def __setattr__(self, name, value):
        raise AttributeError("the fields of a struct cannot be assigned to")

    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self):
        return hash(tuple(self.__dict__.items()))

    def __repr__(self):
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({shown})"

    def items(self):
        return list(self.__dict__.items())

    def with_item(self, name, value):
        return type(self)(**{**self.__dict__, name: value})
