from collections import deque


class Window:
    """The readings of the last `span` seconds."""

    def __init__(self, span):
        self.span = span
        self.readings = deque()

    def push(self, at, value):
        self.readings.append((at, value))

    def expire(self, now):
        while self.readings and self.readings[0][0] <= now - self.span:
            self.readings.popleft()

    def mean(self):
        """The mean reading, 0 when the window is empty."""
        values = [value for _, value in self.readings]
        return sum(values) / len(values) if values else 0
