"""The nodes of an interval tree."""

from collections import namedtuple

Interval = namedtuple("Interval", "begin end data", defaults=[None])


class Node:
    """Holds the intervals that cover `center`; the others are left or right of it."""

    def __init__(self, center):
        self.center = center
        self.here = []
        self.left = None
        self.right = None

    @classmethod
    def from_intervals(cls, intervals):
        """Return the root of a tree, or None if there are no intervals."""
        ordered = sorted(intervals, key=lambda interval: interval[:2])
        if not ordered:
            return None
        node = cls(ordered[len(ordered) // 2].begin)
        node.here = [item for item in ordered if item.begin <= node.center < item.end]
        node.left = cls.from_intervals(item for item in ordered if item.end <= node.center)
        node.right = cls.from_intervals(item for item in ordered if item.begin > node.center)
        return node

    def add(self, interval):
        if interval.begin <= self.center < interval.end:
            self.here.append(interval)
            return
        side = "left" if interval.end <= self.center else "right"
        child = getattr(self, side)
        if child is None:
            setattr(self, side, Node.from_intervals([interval]))
        else:
            child.add(interval)

    def search_point(self, point, found):
        """Add to `found` the intervals that cover `point`, and return it."""
        found.update(item for item in self.here if item.begin <= point < item.end)
        child = self.left if point < self.center else self.right
        return child.search_point(point, found) if child is not None else found

    def ending_at(self, bound, found):
        found.update(item for item in self.here if item.end == bound)
        for child in (self.left, self.right):
            if child is not None:
                child.ending_at(bound, found)
        return found
