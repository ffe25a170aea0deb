"""Turn the short forms accepted by the sequence tools into functions."""

import re
from collections.abc import Mapping, Set
from operator import itemgetter


def _from_pattern(pattern):
    regex = re.compile(pattern)

    def search(text):
        match = regex.search(text)
        if match is None:
            return None
        groups = match.groups()
        return match.group() if not groups else groups[0] if len(groups) == 1 else groups

    return search


def to_function(spec, test=False):
    """Return the function meant by `spec`.

    None stands for the value itself (or its truth, for a test), a string or compiled pattern for
    the part of the value that it matches, a number or slice for an item, a mapping for a
    look-up, and a set for membership.
    """
    if callable(spec):
        return spec
    if spec is None:
        return bool if test else lambda value: value
    if isinstance(spec, (str, bytes, re.Pattern)):
        return _from_pattern(spec)
    if isinstance(spec, (int, slice)):
        return itemgetter(spec)
    if isinstance(spec, Mapping):
        return spec.get
    if isinstance(spec, Set):
        return spec.__contains__
    raise TypeError(f"cannot make a function of {type(spec).__name__}")


def to_predicate(spec):
    """Return a function that answers True or False by `spec`."""
    function = to_function(spec, test=True)
    return lambda value: bool(function(value))
