"""Free slots in a day's calendar, in minutes since midnight."""


def overlaps(a, b, touching=False):
    """Whether two (start, end) slots share time. Slots that only touch share none."""
    if touching:
        return a[0] <= b[1] and b[0] <= a[1]
    return a[0] < b[1] and b[0] < a[1]


class Calendar:
    def __init__(self):
        self.booked = []

    def free(self, slot):
        return not any(overlaps(slot, other) for other in self.booked)

    def book(self, start, end):
        slot = (start, end)
        if start >= end:
            raise ValueError("a slot ends after it starts")
        if not self.free(slot):
            return False
        self.booked.append(slot)
        self.booked.sort()
        return True
