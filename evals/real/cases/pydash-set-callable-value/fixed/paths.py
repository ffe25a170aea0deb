"""Reading and changing nested dictionaries and lists by path.

A path is a string such as ``servers[0].name`` or a list of keys. Integer keys address
list items; missing containers are created on the way when something is written.
"""

import re
from collections.abc import MutableMapping, MutableSequence

from functional import constant, identity, invoke

_PART = re.compile(r"\[(-?\d+)\]|([^.\[\]]+)")
_MISSING = object()


def parse_path(path):
    """Return `path` as a list of keys."""
    if isinstance(path, (list, tuple)):
        return list(path)
    if isinstance(path, int):
        return [path]
    keys = []
    for index, name in _PART.findall(path):
        keys.append(int(index) if index else name)
    if not keys:
        raise ValueError(f"empty path: {path!r}")
    return keys


def _read(container, key, default):
    if isinstance(container, MutableSequence) and isinstance(key, int):
        return container[key] if -len(container) <= key < len(container) else default
    if isinstance(container, MutableMapping):
        return container.get(key, default)
    return default


def _write(container, key, value):
    if isinstance(container, MutableSequence):
        while len(container) <= key:
            container.append(None)
    container[key] = value


def _container_for(key):
    return [] if isinstance(key, int) else {}


def get(obj, path, default=None):
    """Return the value at `path`, or `default` where there is none."""
    for key in parse_path(path):
        obj = _read(obj, key, _MISSING)
        if obj is _MISSING:
            return default
    return obj


def has(obj, path):
    return get(obj, path, _MISSING) is not _MISSING


def update_with(obj, path, updater, customizer=None):
    """Replace the value at `path` by what `updater` returns for it.

    `customizer`, if given, is called with the key that follows and returns a new container
    for a missing step of the path, or None for the usual one.
    """
    keys = parse_path(path)
    target = obj
    for key, following in zip(keys, keys[1:]):
        child = _read(target, key, None)
        if not isinstance(child, (MutableMapping, MutableSequence)):
            child = customizer(following) if customizer else None
            if child is None:
                child = _container_for(following)
            _write(target, key, child)
        target = child
    last = keys[-1]
    _write(target, last, invoke(updater, _read(target, last, None)))
    return obj


def update(obj, path, updater):
    return update_with(obj, path, updater)


def set_with(obj, path, value, customizer=None):
    """Put `value` at `path`, creating containers by `customizer` where needed."""
    return update_with(obj, path, constant(value), customizer=customizer)


def set_(obj, path, value):
    return set_with(obj, path, value)


def unset(obj, path):
    """Remove what is at `path`; tell whether there was something."""
    *parents, last = parse_path(path)
    target = get(obj, parents) if parents else obj
    if _read(target, last, _MISSING) is _MISSING:
        return False
    del target[last]
    return True


def rename(obj, old, new, convert=identity):
    """Move the value at `old` to `new`, passing it through `convert`."""
    if not has(obj, old):
        raise KeyError(old)
    value = convert(get(obj, old))
    unset(obj, old)
    return set_with(obj, new, value)
