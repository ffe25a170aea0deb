"""Half-open spans with data attached, and a collection of them."""

from collections import namedtuple


class Span(namedtuple("Span", "begin end data")):
    __slots__ = ()

    def __new__(cls, begin, end, data=None):
        return super().__new__(cls, begin, end, data)

    def is_empty(self):
        """Whether no point lies in the span."""
        return self.begin >= self.end

    def contains(self, point):
        return self.begin <= point < self.end

    def overlaps(self, begin, end):
        return begin < self.end and end > self.begin

    def length(self):
        return 0 if self.is_empty() else self.end - self.begin


class SpanSet:
    """A collection of spans, none of which may be empty."""

    def __init__(self, spans=()):
        self._spans = []
        for span in spans:
            self.add(span)

    def add(self, span):
        if span.is_empty():
            raise ValueError(f"{span} is empty")
        if span not in self._spans:
            self._spans.append(span)

    def at(self, point):
        return sorted(span for span in self._spans if span.contains(point))

    def between(self, begin, end):
        return sorted(span for span in self._spans if span.overlaps(begin, end))

    def covered(self):
        """Total length of the union of all spans."""
        total = 0
        reached = None
        for span in sorted(self._spans, key=lambda span: span[:2]):
            if reached is None or span.begin > reached:
                total += span.length()
                reached = span.end
            elif span.end > reached:
                total += span.end - reached
                reached = span.end
        return total

    def __iter__(self):
        return iter(sorted(self._spans))

    def __len__(self):
        return len(self._spans)
