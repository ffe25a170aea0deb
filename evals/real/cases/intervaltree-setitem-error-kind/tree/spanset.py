"""A set of labelled spans that can be asked for points and ranges."""

from bisect import insort

from spans import Span


class SpanSet:
    """Spans ordered by their beginning.

    Slices are short for ranges: ``spans[2:5]`` gives the spans that overlap the range,
    ``spans[2:5] = label`` adds one, and ``del spans[2:5]`` takes those away that overlap.
    """

    def __init__(self, spans=()):
        self._spans = []
        for span in spans:
            self.add(span)

    def __len__(self):
        return len(self._spans)

    def __iter__(self):
        return iter(list(self._spans))

    def __eq__(self, other):
        return isinstance(other, SpanSet) and self._spans == other._spans

    def add(self, span):
        """Add a span; one that is already there is not added again."""
        if span.is_empty():
            raise ValueError(f"nothing lies in {span!r}")
        if span not in self._spans:
            insort(self._spans, span)

    def add_range(self, begin, end, label=None):
        """Add a span from `begin` to `end`."""
        self.add(Span(begin, end, label))

    def remove(self, span):
        """Take a span away that must be there."""
        if span not in self._spans:
            raise KeyError(span)
        self._spans.remove(span)

    def discard(self, span):
        """Take a span away if it is there."""
        if span in self._spans:
            self._spans.remove(span)

    def at(self, point):
        """Return the spans that contain a point."""
        return [span for span in self._spans if span.contains(point)]

    def within(self, begin, end):
        """Return the spans that overlap a range."""
        return [span for span in self._spans if span.overlaps(begin, end)]

    def begin(self):
        return self._spans[0].begin if self._spans else 0

    def end(self):
        return max((span.end for span in self._spans), default=0)

    def chop(self, begin, end):
        """Cut a range out of all spans."""
        for span in self.within(begin, end):
            self.remove(span)
            if span.begin < begin:
                self.add_range(span.begin, begin, span.label)
            if end < span.end:
                self.add_range(end, span.end, span.label)

    def _bounds(self, index):
        begin = self.begin() if index.start is None else index.start
        end = self.end() if index.stop is None else index.stop
        return begin, end

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self.within(*self._bounds(index))
        return self.at(index)

    def __setitem__(self, index, label):
        try:
            self.add(Span(index.start, index.stop, label))
        except Exception:
            raise IndexError(index)

    def __delitem__(self, index):
        found = self[index]
        for span in found:
            self.remove(span)

    def __contains__(self, span):
        return span in self._spans
