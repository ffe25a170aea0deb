"""Choosing, dropping and reshaping the items of dictionaries and lists."""

from sequences import flatten


def iterate(obj):
    """Yield the pairs (key, value) of a dictionary, or (index, item) of a list."""
    if hasattr(obj, "items"):
        yield from obj.items()
    else:
        yield from enumerate(obj)


def keys(obj):
    return [key for key, _ in iterate(obj)]


def values(obj):
    return [value for _, value in iterate(obj)]


def pairs(obj):
    return [[key, value] for key, value in iterate(obj)]


def from_pairs(items):
    """Build a dictionary from `items`; the first of two equal keys wins."""
    result = {}
    for key, value in items:
        result.setdefault(key, value)
    return result


def invert(obj, multiple=False):
    """Swap keys and values; with `multiple`, collect all keys of a value in a list."""
    result = {}
    for key, value in iterate(obj):
        if multiple:
            result.setdefault(value, []).append(key)
        else:
            result[value] = key
    return result


def find_key(obj, predicate=None):
    """Return the first key whose item satisfies `predicate`, or None."""
    predicate = predicate or (lambda value, key, source: value)
    for key, value in iterate(obj):
        if predicate(value, key, obj):
            return key
    return None


def map_values(obj, callback):
    return {key: callback(value, key, obj) for key, value in iterate(obj)}


def map_keys(obj, callback):
    return {callback(value, key, obj): value for key, value in iterate(obj)}


def pick(obj, callback=None, *properties):
    """Return a dictionary of the items with the named keys.

    The keys are given one by one or in lists. If the first argument is a function, it is
    called with (value, key, obj) and decides alone.
    """
    if not callable(callback):
        wanted = flatten([callback, properties])
        callback = lambda value, key, source: key in wanted

    return {key: value for key, value in iterate(obj) if callback(value, key, obj)}


def omit(obj, callback=None, *properties):
    """Return a dictionary of the items without the named keys.

    The arguments are those of `pick`.
    """
    if not callable(callback):
        dropped = flatten([callback or [], properties])
        callback = lambda value, key, source: key in dropped

    return {key: value for key, value in iterate(obj) if not callback(value, key, obj)}


def compact(obj):
    """Return a dictionary of the items whose value is not None."""
    return omit(obj, lambda value, key, source: value is None)


def partition(obj, *properties):
    """Split `obj` in two dictionaries: the items with the named keys, and the rest."""
    return pick(obj, *properties), omit(obj, *properties)
