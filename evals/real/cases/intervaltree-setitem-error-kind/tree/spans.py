"""Half-open spans on a line."""

from functools import total_ordering


@total_ordering
class Span:
    """The points from `begin` up to, but not including, `end`, with a label."""

    __slots__ = ("begin", "end", "label")

    def __init__(self, begin, end, label=None):
        self.begin = begin
        self.end = end
        self.label = label

    def _key(self):
        return self.begin, self.end, repr(self.label)

    def __eq__(self, other):
        if not isinstance(other, Span):
            return NotImplemented
        return (self.begin, self.end, self.label) == (other.begin, other.end, other.label)

    def __lt__(self, other):
        return self._key() < other._key()

    def __hash__(self):
        return hash((self.begin, self.end))

    def __repr__(self):
        label = "" if self.label is None else f", {self.label!r}"
        return f"Span({self.begin}, {self.end}{label})"

    def is_empty(self):
        return self.begin >= self.end

    def contains(self, point):
        return self.begin <= point < self.end

    def overlaps(self, begin, end):
        return begin < self.end and self.begin < end
