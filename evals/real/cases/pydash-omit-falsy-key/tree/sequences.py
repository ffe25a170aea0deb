"""Helpers for lists."""


def flatten(items):
    """Return a flat list of `items`, whatever the depth of the lists and tuples in it."""
    result = []
    for item in items:
        if isinstance(item, (list, tuple)):
            result.extend(flatten(item))
        else:
            result.append(item)
    return result
