"""A set of intervals that can be asked which of them cover a point or meet a range.

Intervals are half open: the begin belongs to them, the end does not.
"""

from numbers import Number

from node import Interval, Node


class IntervalTree:
    def __init__(self, intervals=()):
        self.intervals = set()
        for interval in intervals:
            self._checked(interval)
            self.intervals.add(interval)
        self.top_node = Node.from_intervals(self.intervals)
        self.bounds = {}
        for interval in self.intervals:
            self._count_bounds(interval, 1)

    @classmethod
    def from_tuples(cls, tuples):
        return cls(Interval(*values) for values in tuples)

    @staticmethod
    def _checked(interval):
        if not interval.begin < interval.end:
            raise ValueError(f"empty interval: {interval}")

    def _count_bounds(self, interval, change):
        for bound in (interval.begin, interval.end):
            count = self.bounds.get(bound, 0) + change
            if count:
                self.bounds[bound] = count
            else:
                del self.bounds[bound]

    def __len__(self):
        return len(self.intervals)

    def __contains__(self, interval):
        return interval in self.intervals

    def __iter__(self):
        return iter(sorted(self.intervals, key=lambda interval: interval[:2]))

    def __eq__(self, other):
        return isinstance(other, IntervalTree) and self.intervals == other.intervals

    def __getitem__(self, index):
        """Return what covers the point `index`, or meets the range if it is a slice."""
        if not isinstance(index, slice):
            return self.search(index)
        if not self.intervals:
            return set()
        start = self.begin() if index.start is None else index.start
        stop = self.end() if index.stop is None else index.stop
        return self.search(start, stop)

    def begin(self):
        return min(self.bounds, default=0)

    def end(self):
        return max(self.bounds, default=0)

    def add(self, interval):
        self._checked(interval)
        if interval in self.intervals:
            return
        if self.top_node is None:
            self.top_node = Node.from_intervals([interval])
        else:
            self.top_node.add(interval)
        self.intervals.add(interval)
        self._count_bounds(interval, 1)

    def remove(self, interval):
        if interval not in self.intervals:
            raise ValueError(f"not in the tree: {interval}")
        self.intervals.remove(interval)
        self._count_bounds(interval, -1)
        self.top_node = Node.from_intervals(self.intervals)

    def remove_overlap(self, begin, end=None):
        """Remove all intervals that cover the point, or meet the range."""
        for interval in self.search(begin, end):
            self.remove(interval)

    def search(self, begin, end=None, strict=False):
        """Return the set of intervals that meet the range, or cover the point `begin`.

        The range is given by its bounds or as an interval. If `strict` is true, only
        intervals that lie inside the range are returned.
        """
        if self.top_node is None:
            return set()
        if end is None:
            if isinstance(begin, Number):
                return self.top_node.search_point(begin, set())
            return self.search(begin.begin, begin.end, strict=strict)
        found = self.top_node.search_point(begin, set())
        for bound in self.bounds:
            if begin < bound < end:
                found.update(self.top_node.search_point(bound, set()))
                found.update(self.top_node.ending_at(bound, set()))
        if strict:
            return {item for item in found if begin <= item.begin and item.end <= end}
        return found

    def overlaps(self, begin, end=None):
        """Tell whether an interval covers the point, or meets the range."""
        return bool(self.search(begin, end))

    def chop(self, begin, end):
        """Cut the range out of all intervals."""
        for interval in self.search(begin, end):
            self.remove(interval)
            if interval.begin < begin:
                self.add(interval._replace(end=begin))
            if interval.end > end:
                self.add(interval._replace(begin=end))
