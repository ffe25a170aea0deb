"""Sets of bookings: time ranges with a label, and the usual operations on such sets."""

from bisect import bisect_left
from collections import namedtuple


class Booking(namedtuple("Booking", "begin end label")):
    """A half-open range of minutes."""

    __slots__ = ()

    def __new__(cls, begin, end, label=None):
        if begin >= end:
            raise ValueError(f"a booking from {begin} to {end} has no length")
        return super().__new__(cls, begin, end, label)

    def overlaps(self, other):
        return self.begin < other.end and other.begin < self.end

    def sort_key(self):
        return self.begin, self.end, str(self.label)


class Timetable:
    """A set of bookings that can be searched by time."""

    def __init__(self, bookings=None):
        self._bookings = set(bookings) if bookings is not None else set()
        self._ordered = None

    @classmethod
    def from_tuples(cls, tuples):
        return cls(Booking(*values) for values in tuples)

    def copy(self):
        return Timetable(self._bookings)

    # Changes in place

    def add(self, booking):
        self._bookings.add(booking)
        self._ordered = None

    def discard(self, booking):
        self._bookings.discard(booking)
        self._ordered = None

    def update(self, bookings):
        for booking in bookings:
            self.add(booking)

    def difference_update(self, other):
        """Remove all bookings of the other timetable from this one."""
        for booking in list(other):
            self.discard(booking)

    def intersection_update(self, other):
        """Keep only the bookings that are in the other timetable too."""
        for booking in list(self):
            if booking not in other:
                self.discard(booking)

    # New timetables

    def union(self, other):
        """A new timetable with the bookings of both."""
        return Timetable(set(self).union(other))

    def difference(self, other):
        """A new timetable with the bookings that are not in the other one."""
        return Timetable(booking for booking in self if booking not in other)

    def intersection(self, other):
        """A new timetable with the bookings that are in both."""
        shorter, longer = sorted([self, other], key=len)
        return Timetable(booking for booking in shorter if booking in longer)

    def symmetric_difference(self, other):
        """A new timetable with the bookings that are in exactly one of the two."""
        common = self.intersection(other)
        return self.difference(common).union(other.difference(common))

    __or__ = union
    __sub__ = difference
    __and__ = intersection
    __xor__ = symmetric_difference

    # Searching

    def ordered(self):
        """The bookings by begin, end and label."""
        if self._ordered is None:
            self._ordered = sorted(self._bookings, key=Booking.sort_key)
        return self._ordered

    def at(self, minute):
        return [booking for booking in self.ordered() if booking.begin <= minute < booking.end]

    def starting_from(self, minute):
        ordered = self.ordered()
        return ordered[bisect_left([booking.begin for booking in ordered], minute):]

    def conflicts(self):
        """Pairs of bookings that overlap."""
        ordered = self.ordered()
        return [
            (first, second)
            for place, first in enumerate(ordered)
            for second in ordered[place + 1:]
            if first.overlaps(second)
        ]

    def __contains__(self, booking):
        return booking in self._bookings

    def __iter__(self):
        return iter(self._bookings)

    def __len__(self):
        return len(self._bookings)

    def __eq__(self, other):
        return isinstance(other, Timetable) and self._bookings == other._bookings

    __hash__ = None

    def __repr__(self):
        return f"Timetable({self.ordered()!r})"
