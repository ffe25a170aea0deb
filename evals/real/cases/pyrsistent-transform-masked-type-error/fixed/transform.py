"""Change something deep inside an immutable structure.

    transform(order, ["lines", any_key, "price"], lambda price: price * 2)

gives a copy of `order` with each price doubled; all that is untouched is shared.
"""

import re

from frozen import FrozenMap

DISCARD = object()


def any_key(key):
    """Matches every key at its level."""
    return True


def matching(pattern):
    """Matches the text keys that `pattern` is found in."""
    compiled = re.compile(pattern)
    return lambda key: isinstance(key, str) and compiled.search(key) is not None


def increase(value):
    return value + 1


def discard(value):
    """A command that takes the element away."""
    return DISCARD


def transform(structure, *steps):
    """Apply pairs of path and command, one after the other.

    A path is a sequence of keys, indexes and field names; a function in it selects all keys
    it accepts. A command is a function of the old value, or the new value itself. Levels of
    the path that do not exist become maps.
    """
    if len(steps) % 2:
        raise ValueError("each path needs a command")
    for path, command in zip(steps[::2], steps[1::2]):
        structure = apply_command(structure, list(path), command)
    return structure


def apply_command(structure, path, command):
    if not path:
        return command(structure) if callable(command) else command
    key_spec, rest = path[0], path[1:]
    for key, value in select(structure, key_spec):
        result = apply_command(value, rest, command)
        if result is DISCARD:
            structure = without(structure, key)
        elif result is not value:
            structure = with_item(structure, key, result)
    return structure


def items_of(structure):
    try:
        return list(structure.items())
    except AttributeError:
        return list(enumerate(structure))


def lookup(structure, key, default):
    try:
        if hasattr(structure, "__getitem__"):
            return structure[key]

        return getattr(structure, key)

    except (IndexError, KeyError):
        return default


def select(structure, key_spec):
    """The pairs of key and value that one step of a path stands for."""
    if callable(key_spec):
        return [(key, value) for key, value in items_of(structure) if key_spec(key)]
    return [(key_spec, lookup(structure, key_spec, FrozenMap()))]


def with_item(structure, key, value):
    if isinstance(structure, tuple):
        if key == len(structure):
            return structure + (value,)
        changed = list(structure)
        changed[key] = value
        return tuple(changed)
    return structure.with_item(key, value)


def without(structure, key):
    if isinstance(structure, tuple):
        return structure[:key] + structure[key + 1:]
    return type(structure)({name: value for name, value in structure.items() if name != key})
