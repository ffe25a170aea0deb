class Meter:
    """Consumption from readings of a counter that only grows."""

    def __init__(self, start):
        self.last = start
        self.used = []

    def read(self, value):
        if value < self.last:
            raise ValueError("the counter ran backwards")
        self.used.append(value - self.last)
        self.last = value
        return self.used[-1]

    def average(self):
        if not self.used:
            return 0
        return sum(self.used) / len(self.used)
