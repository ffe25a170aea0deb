"""Functions on sequences: those named with a leading `i` are lazy, the others give lists."""

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice, tee


def is_nested(value):
    """Whether a value is a collection to go into, which texts and mappings are not."""
    return isinstance(value, (list, tuple, range, Iterator))


# Taking and leaving

def take(count, seq):
    return list(islice(seq, count))


def drop(count, seq):
    return islice(seq, count, None)


def first(seq, default=None):
    return next(iter(seq), default)


def last(seq, default=None):
    tail = deque(seq, maxlen=1)
    return tail[0] if tail else default


# Joining

def cat(seqs):
    return list(icat(seqs))


icat = chain.from_iterable


def iflatten(seq, follow=is_nested):
    """The elements of a sequence and of those in it that `follow` accepts, at any depth."""
    for item in seq:
        if follow(item):
            yield from iflatten(item, is_nested)
        else:
            yield item


def flatten(seq, follow=is_nested):
    return list(iflatten(seq, follow))


def itree_leaves(root, follow=is_nested, children=iter):
    """The nodes of a tree that are not followed, from left to right."""
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        if follow(node):
            waiting.extendleft(reversed(list(children(node))))
        else:
            yield node


def tree_leaves(root, follow=is_nested, children=iter):
    return list(itree_leaves(root, follow, children))


def imapcat(function, *seqs):
    return icat(map(function, *seqs))


def mapcat(function, *seqs):
    return list(imapcat(function, *seqs))


def interleave(*seqs):
    return icat(zip(*seqs))


# Grouping

def isplit(predicate, seq):
    """Two lazy sequences: of what satisfies the predicate, and of the rest."""
    yes, no = tee((predicate(item), item) for item in seq)
    return (item for good, item in yes if good), (item for good, item in no if not good)


def split(predicate, seq):
    good, bad = isplit(predicate, seq)
    return list(good), list(bad)


def ichunks(size, seq):
    """Lists of `size` elements; the last may be shorter."""
    iterator = iter(seq)
    chunk = take(size, iterator)
    while chunk:
        yield chunk
        chunk = take(size, iterator)


def chunks(size, seq):
    return list(ichunks(size, seq))


def distinct(seq, key=None):
    """The elements without repetitions, in their order."""
    seen = set()
    result = []
    for item in seq:
        mark = item if key is None else key(item)
        if mark not in seen:
            seen.add(mark)
            result.append(item)
    return result
