"""Describe changes deep inside of frozen containers.

A change is a path and a command. A path is a list of steps: a key or an index, or a function
that says for each key whether to go there. A command is a new value, a function of the old
value, or `discard`.
"""

import re

from frozen import FrozenMap, FrozenRow


def discard(editor, key):
    """Command: take the entry away. An entry that is not there is no error."""
    try:
        del editor[key]
    except (KeyError, IndexError):
        pass


def any_key(_):
    """Step: every key."""
    return True


def matching(pattern):
    """Return a step to every text key that the pattern matches from its beginning."""
    regex = re.compile(pattern)
    return lambda key: isinstance(key, str) and regex.match(key) is not None


def increase(number):
    """Command: add one."""
    return number + 1


def transform(structure, *changes):
    """Return `structure` with the changes made; paths and commands take turns."""
    if len(changes) % 2:
        raise ValueError("every path needs a command")
    for path, command in zip(changes[::2], changes[1::2]):
        structure = _apply(structure, list(path), command)
    return structure


def _apply(structure, path, command):
    if not path:
        return command(structure) if callable(command) else command
    step, rest = path[0], path[1:]
    return _update(structure, _entries(structure, step), rest, command)


def _entries(structure, step):
    """Return the keys and values that a step leads to."""
    if not isinstance(structure, (FrozenMap, FrozenRow)):
        raise TypeError(f"there is no way into {structure!r}")
    if callable(step):
        return [(key, value) for key, value in structure.items() if step(key)]
    return [(step, structure.get(step, FrozenMap()))]


def _update(structure, entries, path, command):
    editor = structure.editor()
    for key, value in entries:
        if not path and command is discard:
            discard(editor, key)
        else:
            result = _apply(value, path, command)
            if result is not value:
                editor[key] = result
    return editor.frozen()
