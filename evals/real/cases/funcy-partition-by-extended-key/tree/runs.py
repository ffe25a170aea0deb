"""Split, group and filter sequences.

Wherever a function is expected, the short forms of `callables.to_function` will do.
"""

from collections import defaultdict
from itertools import groupby, islice, takewhile, tee

from callables import to_function, to_predicate


def select(spec, items):
    """Return the items that pass."""
    return list(filter(to_predicate(spec), items))


def reject(spec, items):
    """Return the items that do not pass."""
    passes = to_predicate(spec)
    return [item for item in items if not passes(item)]


def split(spec, items):
    """Return the items that pass, and those that do not."""
    passes = to_predicate(spec)
    sides = [], []
    for item in items:
        sides[not passes(item)].append(item)
    return sides


def head_while(spec, items):
    """Return the items up to the first that does not pass."""
    return list(takewhile(to_predicate(spec), items))


def group_by(spec, items):
    """Return a dictionary of lists, the items under what the function gives for them."""
    key = to_function(spec)
    groups = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)


def count_by(spec, items):
    """Return how many items the function gives each value for."""
    return {value: len(group) for value, group in group_by(spec, items).items()}


def iter_chunks(size, items):
    """Yield lists of `size` items; the last one may be shorter."""
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk


def iter_partition_by(spec, items):
    """Yield runs of neighbouring items; a new run begins where the function's value changes."""
    key = to_predicate(spec)
    for _, run in groupby(items, key):
        yield run


def partition_by(spec, items):
    """Return the runs of `iter_partition_by` as lists."""
    return [list(run) for run in iter_partition_by(spec, items)]


def pairwise(items):
    """Return the pairs of neighbours."""
    left, right = tee(items)
    next(right, None)
    return list(zip(left, right))
