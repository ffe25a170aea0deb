"""Helpers that treat mappings and sequences alike."""

import itertools

MISSING = object()


def iterate(obj):
    """Pairs of key and value of a mapping, or of index and item of a sequence."""
    if hasattr(obj, "items"):
        return iter(obj.items())
    return iter(enumerate(obj))


def get_item(obj, key, default=MISSING):
    """The item of `obj` at `key`, or `default` when there is none."""
    try:
        return obj[key]
    except (KeyError, IndexError, TypeError):
        if default is MISSING:
            raise
        return default


def set_item(obj, key, value):
    """Store `value` at `key`, padding a list with None as far as needed."""
    if isinstance(obj, list):
        missing = key + 1 - len(obj)
        obj.extend(itertools.repeat(None, missing))
    obj[key] = value
    return obj


def empty_like(obj):
    return {} if hasattr(obj, "items") else []


def keys(obj):
    """The keys of a mapping, or the indexes of a sequence."""
    return [key for key, _ in iterate(obj)]


def values(obj):
    """The values of a mapping, or the items of a sequence."""
    return list(obj.values())


def pairs(obj):
    """A list of [key, value] pairs."""
    return [[key, value] for key, value in iterate(obj)]


def has(obj, key):
    return get_item(obj, key, None) is not None or key in keys(obj)


def find_key(obj, predicate):
    """The first key whose value satisfies `predicate`, else None."""
    for key, value in iterate(obj):
        if predicate(value):
            return key
    return None


def invert(obj):
    """A mapping from each value to its key; of equal values the last one wins."""
    return {value: key for key, value in iterate(obj)}


def map_values(obj, function):
    """The same keys with `function` applied to each value."""
    result = empty_like(obj)
    for key, value in iterate(obj):
        set_item(result, key, function(value))
    return result


def pick(obj, *wanted):
    return {key: value for key, value in iterate(obj) if key in wanted}


def omit(obj, *unwanted):
    return {key: value for key, value in iterate(obj) if key not in unwanted}


def pick_by(obj, predicate):
    return {key: value for key, value in iterate(obj) if predicate(value, key)}


def transform(obj, function, accumulator=None):
    """Feed each value and key to `function` with an accumulator, until it returns False."""
    if accumulator is None:
        accumulator = empty_like(obj)
    for key, value in iterate(obj):
        if function(accumulator, value, key) is False:
            break
    return accumulator


def deep_values(obj):
    """All values that are no containers themselves, outermost first at each level."""
    found = []
    level = [obj]
    while level:
        below = []
        for container in level:
            for value in values(container):
                if isinstance(value, (dict, list, tuple)):
                    below.append(value)
                else:
                    found.append(value)
        level = below
    return found
