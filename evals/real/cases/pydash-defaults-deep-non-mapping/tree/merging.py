"""Combines nested settings that come from several sources."""

import copy

_MISSING = object()


def is_nested(value):
    return isinstance(value, (dict, list))


def pairs_of(value):
    """Return the pairs (key, item) of a dictionary, or (index, item) of a list."""
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value))


def item_at(obj, key, default=None):
    if isinstance(obj, dict):
        return obj.get(key, default)
    if isinstance(obj, list) and isinstance(key, int) and key < len(obj):
        return obj[key]
    return default


def put(obj, key, value):
    """Set an item of a dictionary or list; a list grows as needed."""
    if isinstance(obj, list):
        while len(obj) <= key:
            obj.append(None)
    obj[key] = value


def assign(obj, *sources):
    """Copy the items of all `sources` into `obj`, one level deep."""
    for source in sources:
        obj.update(source)
    return obj


def defaults(obj, *sources):
    """Copy the items of all `sources` for whose key `obj` has nothing yet."""
    for source in sources:
        for key, value in source.items():
            obj.setdefault(key, value)
    return obj


def merge_with(obj, *sources, setter=put):
    """Merge `sources` into `obj` at all levels, storing plain items by `setter`.

    The setter is called with (target, key, value). Containers missing in the target are
    created empty by the setter too and filled afterwards.
    """
    for source in sources:
        _merge_one(obj, copy.deepcopy(source), setter)
    return obj


def _merge_one(obj, source, setter):
    for key, value in pairs_of(source):
        if is_nested(value):
            if item_at(obj, key, _MISSING) is _MISSING:
                setter(obj, key, type(value)())
            _merge_one(item_at(obj, key), value, setter)
        else:
            setter(obj, key, value)


def merge(obj, *sources):
    """Merge `sources` into `obj`; later ones win. The shapes must agree."""
    return merge_with(obj, *sources)


def defaults_deep(obj, *sources):
    """Fill in at all levels what `obj` lacks; what it has is kept."""

    def setter(target, key, value):
        target.setdefault(key, value)

    return merge_with(obj, *sources, setter=setter)


def difference(obj, base):
    """Return the items of `obj` that are not the same in `base`, at all levels."""
    result = {}
    for key, value in obj.items():
        old = base.get(key, _MISSING)
        if isinstance(value, dict) and isinstance(old, dict):
            nested = difference(value, old)
            if nested:
                result[key] = nested
        elif old is _MISSING or old != value:
            result[key] = value
    return result


class Settings:
    """Values given by the user on top of the ones a program comes with."""

    def __init__(self, shipped):
        self._shipped = shipped
        self._given = {}

    def load(self, *layers):
        merge(self._given, *layers)

    def effective(self):
        return defaults_deep(copy.deepcopy(self._given), self._shipped)

    def changed(self):
        return difference(self.effective(), self._shipped)
